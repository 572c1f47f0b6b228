"""An agent's own notices: those that may still be seen, and what is read and unread again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import bell
from ticketdesk.core.db import db
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

RUNG = "notice"
"""The kind of ring by which an agent's pages learn that their notices changed."""
MOST = 100
"""Unread notices are counted up to here."""


def shown_to(agent: Agent) -> Select[Notification, Ticket]:
    """Their notices with the tickets, of which they see no more than the desk shows them at this moment (R14)."""
    return (
        select(Notification, Ticket)
        .join(Ticket, Ticket.id == Notification.ticket_id)
        .where(
            Notification.agent_id == agent.id,
            Notification.in_app,
            is_shown(),
            visibility.sees(visibility.reader(agent)),
        )
    )


def is_shown() -> ColumnElement[bool]:
    """Nobody is told of what was put away since, but that their own words came back from there."""
    whole = and_(Ticket.spam_at.is_(None), Ticket.trashed_at.is_(None))
    return or_(whole, Notification.kind == "reply_handed_back")


def unread(agent: Agent) -> int:
    """How many are unread, up to `MOST`."""
    some = shown_to(agent).where(Notification.read_at.is_(None)).with_only_columns(Notification.id).limit(MOST)
    return db.session.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def read_one(agent: Agent, notification_id: int, at: datetime) -> bool:
    """Mark one; tells whether there was such an unread notice of theirs."""
    return _read(agent, at, Notification.in_app.is_(True), Notification.id == notification_id) > 0


def read_up_to(agent: Agent, notification_id: int, at: datetime) -> int:
    """Mark all that are shown up to one, so that what came since, or comes by mail only, stays unread; how many."""
    return _read(agent, at, Notification.in_app.is_(True), Notification.id <= notification_id)


def read_ticket(agent: Agent, ticket: Ticket, seq: int, at: datetime) -> int:
    """Mark what tells of a ticket's events up to one, because they were seen there; returns how many."""
    seen = select(Event.id).where(Event.ticket_id == ticket.id, Event.seq <= seq, Event.id == Notification.event_id)
    return _read(agent, at, Notification.ticket_id == ticket.id, seen.exists())


def unread_again(agent: Agent, read_at: datetime) -> int:
    """Take back what was marked at one moment; returns how many."""
    return _change(agent, None, Notification.read_at == read_at)


def unread_one(agent: Agent, notification_id: int) -> bool:
    """Take one back; tells whether there was such a notice of theirs that was read."""
    return _change(agent, None, Notification.id == notification_id, Notification.read_at.is_not(None)) > 0


def ring(agent_ids: Sequence[int]) -> None:
    """After the commit, let the pages of these agents look again."""
    for agent_id in agent_ids:
        bell.ring(f"agent:{agent_id}", kind=RUNG)


def _read(agent: Agent, at: datetime, *which: ColumnElement[bool]) -> int:
    return _change(agent, at, Notification.read_at.is_(None), *which)


def _change(agent: Agent, read_at: datetime | None, *which: ColumnElement[bool]) -> int:
    changed = db.session.scalars(
        update(Notification)
        .where(Notification.agent_id == agent.id, *which)
        .values(read_at=read_at)
        .returning(Notification.id),
        execution_options={"synchronize_session": False},
    ).all()
    if changed:
        ring([agent.id])
    return len(changed)
