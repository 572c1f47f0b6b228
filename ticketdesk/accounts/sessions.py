"""Being signed in: a cookie holds the secret, a row its digest, so that it can be listed and ended."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, bindparam, delete, literal, select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.session import AgentSession
from ticketdesk.core import bell, tokens
from ticketdesk.core.db import db

LONGEST = timedelta(days=30)
"""From signing in to having to do it again."""
IDLE = timedelta(days=3)
"""Without a single page in between."""
ROUGHLY = timedelta(minutes=1)
LONGEST_BROWSER = 300


def begin(agent: Agent, address: str, browser: str, now: datetime) -> tuple[AgentSession, str]:
    """Start a session under a secret that was never used before; returns the row and the secret."""
    secret = tokens.fresh()
    session = AgentSession(
        agent_id=agent.id,
        digest=tokens.digest(secret),
        created_at=now,
        seen_at=now,
        expires_at=now + LONGEST,
        ended_at=None,
        address=address,
        browser=browser[:LONGEST_BROWSER],
    )
    db.session.add(session)
    db.session.flush()
    return session, secret


def find(secret: str, now: datetime) -> tuple[AgentSession, Agent] | None:
    """The live session of a secret with its agent as both stand now, or None."""
    if not secret:
        return None
    of = {"digest": tokens.digest(secret), "now": now, "idle_since": now - IDLE}
    found = db.session.execute(_FIND, of).one_or_none()
    return None if found is None else (found[0], found[1])


def living(session_ids: Iterable[int], now: datetime) -> dict[int, int]:
    """Of many sessions those that hold at this moment, each with its agent's id."""
    wanted = any_(literal(sorted(set(session_ids)), ARRAY(BigInteger)))
    found = db.session.execute(
        select(AgentSession.id, AgentSession.agent_id)
        .join(Agent, Agent.id == AgentSession.agent_id)
        .where(AgentSession.id == wanted, Agent.disabled_at.is_(None), *_live(now))
    )
    return {row.id: row.agent_id for row in found}


def is_stale(session: AgentSession, now: datetime) -> bool:
    """Whether it is time to note again that the session is in use."""
    return now - session.seen_at >= ROUGHLY


def seen(session: AgentSession, now: datetime) -> None:
    """Note that the session is in use."""
    db.session.execute(
        update(AgentSession).where(AgentSession.id == session.id, AgentSession.seen_at < now).values(seen_at=now)
    )


def of(agent_id: int, now: datetime) -> list[AgentSession]:
    """Where an agent is signed in, the latest used first."""
    return list(
        db.session.scalars(
            select(AgentSession)
            .where(AgentSession.agent_id == agent_id, *_live(now))
            .order_by(AgentSession.seen_at.desc(), AgentSession.id.desc())
        )
    )


def end(session: AgentSession, at: datetime) -> None:
    """Sign one browser out; its sockets are told by the bell."""
    if session.ended_at is None:
        session.ended_at = at
        bell.ring(f"agent:{session.agent_id}")


def end_all(agent_id: int, at: datetime) -> None:
    """Sign an agent out everywhere."""
    db.session.execute(
        update(AgentSession)
        .where(AgentSession.agent_id == agent_id, AgentSession.ended_at.is_(None))
        .values(ended_at=at)
    )
    bell.ring(f"agent:{agent_id}")


def sweep(before: datetime) -> None:
    """Remove sessions that were over before a moment."""
    db.session.execute(
        delete(AgentSession).where((AgentSession.ended_at < before) | (AgentSession.expires_at < before)),
        execution_options={"synchronize_session": False},
    )


# Built once: every request of an agent asks it, and building costs more than asking.
_FIND = (
    select(AgentSession, Agent)
    .join(Agent, Agent.id == AgentSession.agent_id)
    .where(
        AgentSession.digest == bindparam("digest"),
        Agent.disabled_at.is_(None),
        AgentSession.ended_at.is_(None),
        AgentSession.expires_at > bindparam("now"),
        AgentSession.seen_at > bindparam("idle_since"),
    )
)


def _live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        AgentSession.ended_at.is_(None),
        AgentSession.expires_at > now,
        AgentSession.seen_at > now - IDLE,
    )
