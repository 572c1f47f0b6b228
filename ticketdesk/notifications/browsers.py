"""Browsers that may be pushed to: allowed by their agents, taken off, and asked to show a notice."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts import sessions
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.session import AgentSession
from ticketdesk.core import outbox, outgoing, webpush
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.notifications.push_subscription import PushSubscription

TASK = "push.notice"
MOST = 20
"""Browsers of one agent."""


def allow(agent: Agent, session: AgentSession, endpoint: str, p256dh: str, auth: str, at: datetime) -> PushSubscription:
    """Push to the browser of a session from now on; one that was known before is this agent's alone then.

    Raises Invalid for what no browser gives, and Conflict for too many browsers.
    """
    try:
        webpush.browser_keys(p256dh, auth)
    except ValueError:
        raise Invalid("This browser gave no keys that we understand.", "p256dh") from None
    if not endpoint.isascii() or outgoing.place(endpoint).scheme != "https":
        raise Invalid("A browser's address for pushing begins with https://.", "endpoint")
    others = select(func.count()).where(
        PushSubscription.agent_id == agent.id,
        PushSubscription.revoked_at.is_(None),
        PushSubscription.endpoint != endpoint,
    )
    if db.session.execute(others).scalar_one() >= MOST:
        raise Conflict(f"At most {MOST} browsers can be pushed to. Remove one first.")
    values = {
        "agent_id": agent.id,
        "session_id": session.id,
        "p256dh": p256dh,
        "auth": auth,
        "browser": session.browser,
        "created_at": at,
        "last_ok_at": None,
        "revoked_at": None,
    }
    kept = insert(PushSubscription).values(endpoint=endpoint, **values)
    kept = kept.on_conflict_do_update(index_elements=[PushSubscription.endpoint], set_=values)
    return db.session.scalars(kept.returning(PushSubscription), execution_options={"populate_existing": True}).one()


def take_off(agent: Agent, subscription_id: int, at: datetime) -> None:
    """Push no longer to one of an agent's browsers; raises NotFound."""
    own = PushSubscription.id == subscription_id, PushSubscription.agent_id == agent.id
    if not _end(at, *own):
        raise NotFound("There is no such browser.")


def is_gone(subscription_id: int, at: datetime) -> None:
    """Its service knows it no longer: it is never asked again."""
    _end(at, PushSubscription.id == subscription_id)


def took(subscription_id: int, at: datetime) -> None:
    """Its service took something."""
    db.session.execute(update(PushSubscription).where(PushSubscription.id == subscription_id).values(last_ok_at=at))


def of(agent_ids: Collection[int], now: datetime) -> list[PushSubscription]:
    """The browsers of these agents, the oldest first, but those that were signed out since."""
    found = db.session.scalars(
        select(PushSubscription)
        .where(PushSubscription.agent_id.in_(agent_ids), PushSubscription.revoked_at.is_(None))
        .order_by(PushSubscription.id)
    ).all()
    holding = sessions.living([one.session_id for one in found], now) if found else {}
    return [one for one in found if holding.get(one.session_id) == one.agent_id]


def holds(one: PushSubscription, now: datetime) -> bool:
    """Whether it may be pushed to at this moment."""
    return one.revoked_at is None and sessions.living([one.session_id], now).get(one.session_id) == one.agent_id


def ask(notices: Mapping[int, int], due: Mapping[int, datetime], now: datetime) -> int:
    """Leave a push for each browser of these agents, each with the notice it tells of, for its time; returns how many.

    A notice is pushed to a browser once.
    """
    found = of(notices, now)
    for one in found:
        notice_id = notices[one.agent_id]
        outbox.add(
            TASK,
            {"notification_id": notice_id, "subscription_id": one.id},
            due_at=due[one.agent_id],
            lane="mail",
            channel="push",
            purpose="notice",
            once=f"push:{notice_id}:{one.id}",
        )
    return len(found)


def _end(at: datetime, *which: ColumnElement[bool]) -> bool:
    ended = update(PushSubscription).where(PushSubscription.revoked_at.is_(None), *which)
    return bool(db.session.scalars(ended.values(revoked_at=at).returning(PushSubscription.id)).all())
