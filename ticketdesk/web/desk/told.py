"""An agent's notices as pages show them: by ticket, the newest first, with what happened and why they are told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.notifications import inbox
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web.desk import notice_words

SIZE = 40
"""Notices on a page."""
FEW = 8
"""Notices in the menu of the bell."""


@dataclass(frozen=True, slots=True)
class Told:
    """One notice."""

    id: int
    icon: str
    words: str
    why: str
    at: datetime
    is_unread: bool


@dataclass(frozen=True, slots=True)
class OfTicket:
    """The notices of one ticket that stand together."""

    number: int
    subject: str
    notices: list[Told]

    @property
    def is_unread(self) -> bool:
        """Whether any of them is."""
        return any(one.is_unread for one in self.notices)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of them, and the way to the older ones."""

    tickets: list[OfTicket]
    newest: int  # the newest that was there as the page was opened
    fresh: int  # that came since
    unread: int
    after: int | None


def page(agent: Agent, *, only_unread: bool, after: int | None, newest: int | None) -> Page:
    """A page of notices: those before `after`, and none that came after `newest`, which the page shows the first of.

    What came since is counted and not put in between, so that nothing moves under whoever reads.
    """
    wanted: list[ColumnElement[bool]] = [Notification.read_at.is_(None)] if only_unread else []
    if after is not None:
        wanted.append(Notification.id < after)
    elif newest is not None:
        wanted.append(Notification.id <= newest)
    rows = _rows(agent, wanted, SIZE + 1)
    top = newest if newest is not None else (rows[0].id if rows else 0)
    unread = inbox.unread(agent)
    return Page(
        by_ticket(rows[:SIZE]),
        top,
        _since(agent, top) if newest is not None else 0,
        unread,
        rows[SIZE - 1].id if len(rows) > SIZE else None,
    )


def latest(agent: Agent) -> list[OfTicket]:
    """The newest unread ones."""
    return by_ticket(_rows(agent, [Notification.read_at.is_(None)], FEW))


def by_ticket(rows: Iterable[Row[Any]]) -> list[OfTicket]:
    """Put together by ticket, in the order of the first of each."""
    found: dict[int, OfTicket] = {}
    for row in rows:
        of = found.setdefault(row.number, OfTicket(row.number, row.subject, []))
        icon, words = notice_words.happened(row.kind, row.reason, row.agent_name or row.contact_name, row.data)
        of.notices.append(Told(row.id, icon, words, notice_words.why(row.reason), row.created_at, row.read_at is None))
    return list(found.values())


def _rows(agent: Agent, which: list[ColumnElement[bool]], most: int) -> list[Row[Any]]:
    by_agent = and_(Event.actor_kind == "agent", Agent.id == Event.actor_id)
    by_contact = and_(Event.actor_kind == "contact", Identity.id == Event.actor_id)
    wanted = (
        inbox.shown_to(agent)
        .join(Event, Event.id == Notification.event_id)
        .outerjoin(Agent, by_agent)
        .outerjoin(Identity, by_contact)
        .where(*which)
        .with_only_columns(
            Notification.id,
            Notification.kind,
            Notification.reason,
            Notification.created_at,
            Notification.read_at,
            Ticket.number,
            Ticket.subject,
            Event.data,
            Agent.name.label("agent_name"),
            func.nullif(Identity.name, "").label("contact_name"),
        )
        .order_by(Notification.id.desc())
        .limit(most)
    )
    return list(db.session.execute(wanted))


def _since(agent: Agent, newest: int) -> int:
    some = inbox.shown_to(agent).where(Notification.id > newest).with_only_columns(Notification.id).limit(inbox.MOST)
    return db.session.execute(select(func.count()).select_from(some.subquery())).scalar_one()
