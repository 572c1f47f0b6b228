"""What the operators of a search ask of a ticket, or of one of its messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from ticketdesk.accounts.agent import Agent
from ticketdesk.tickets import search_fields, visibility
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.search_query import Term
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.status import CATEGORIES, UNSOLVED, Status
from ticketdesk.tickets.tag import Tag, TicketTag
from ticketdesk.tickets.ticket import Ticket

OF_TICKETS = ("tag", "status", "queue", "assignee", "is", "field", "number")
"""Operators that ask something of the ticket; the others ask it of a message."""
ALTERNATIVES = ("status", "queue", "channel", "assignee", "number")
"""What there is one of: who names several of them means any."""
CHANNELS: Mapping[str, str] = {
    "mail": "email",
    **{name: name for name in ("email", "chat", "form", "phone", "portal", "api")},
}
NOBODY = ("nobody", "none", "no")
FILES = ("attachment", "attachments", "file", "files")
STATES = ("unread", "spam")
FIRST_YEAR, LAST_YEAR = 1900, 9000


@dataclass(frozen=True, slots=True)
class Problem:
    """An operator whose value says nothing: what was typed, and what would do."""

    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and in which time zone their days begin."""

    agent: Agent
    zone: tzinfo


def problems(terms: Sequence[Term]) -> list[Problem]:
    """The operators among them that cannot be understood; a search with one of these is not made."""
    return [Problem(term.kind, term.value) for term in terms if not _is_understood(term)]


def of_ticket(term: Term, asker: Asker) -> ColumnElement[bool]:
    """As a condition on Ticket."""
    value = term.value.lower()
    if term.kind == "number":
        return Ticket.number == int(value)
    if term.kind == "field":
        return search_fields.of_ticket(term.value, asker.agent)
    if term.kind == "tag":
        tagged = select(TicketTag.ticket_id).join(Tag, Tag.id == TicketTag.tag_id)
        return Ticket.id.in_(tagged.where(Tag.name == value))
    if term.kind == "status":
        return _status(value)
    if term.kind == "queue":
        named = visibility.visible_queues(asker.agent).with_only_columns(Queue.id).order_by(None)
        return Ticket.queue_id.in_(named.where(_begins(Queue.name, value)))
    if term.kind == "assignee":
        return _assignee(value, asker.agent)
    if value == "spam":
        return Ticket.spam_at.is_not(None)
    read = select(Reading.seq).where(Reading.ticket_id == Ticket.id, Reading.agent_id == asker.agent.id)
    return Ticket.last_seq > func.coalesce(read.scalar_subquery(), 0)


def of_message(term: Term, row: type[SearchRow], asker: Asker) -> ColumnElement[bool]:
    """As a condition on a row of the search; for those that ask for no words."""
    if term.kind == "channel":
        return row.channel == CHANNELS.get(term.value.lower(), "")
    if term.kind == "has":
        return row.has_files.is_(True)
    day = _day(term.value)
    if day is None:
        return false()
    begins = datetime.combine(day, time(), asker.zone)
    return row.written_at < begins if term.kind == "before" else row.written_at >= begins


def _is_understood(term: Term) -> bool:
    value = term.value.lower()
    if term.kind in ("before", "after"):
        return _day(value) is not None
    if term.kind == "has":
        return value in FILES
    if term.kind == "is":
        return value in STATES
    if term.kind == "channel":
        return value in CHANNELS
    if term.kind == "field":
        return search_fields.is_understood(term.value)
    return True


def _day(value: str) -> date | None:
    """The first day of "2026-03-01", "2026-03" or "2026"; None for what is no date."""
    parts = value.split("-")
    if not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts) or len(parts) > 3:
        return None
    year, month, day = (*map(int, parts), 1, 1)[:3]
    try:
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


def _status(value: str) -> ColumnElement[bool]:
    category = value.replace(" ", "_").replace("-", "_")
    if category == "unsolved":
        return Ticket.category.in_(UNSOLVED)
    if category in CATEGORIES:
        return Ticket.category == category
    return Ticket.status_id.in_(select(Status.id).where(func.lower(Status.name) == value))


def _assignee(value: str, agent: Agent) -> ColumnElement[bool]:
    if value == "me":
        return Ticket.assignee_id == agent.id
    if value in NOBODY:
        return Ticket.assignee_id.is_(None)
    return Ticket.assignee_id.in_(select(Agent.id).where(or_(_begins(Agent.name, value), _begins(Agent.email, value))))


def _begins(name: InstrumentedAttribute[str], value: str) -> ColumnElement[bool]:
    return func.lower(name).startswith(value, autoescape=True)
