"""The list in the middle: one page of tickets, the one with least time left first."""

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, load_only

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.highlighting import Piece
from ticketdesk.tickets import drafts, visibility
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.desk import due

PAGE = 50

SHOWN = (
    Ticket.number,
    Ticket.subject,
    Ticket.category,
    Ticket.last_words,
    Ticket.last_author,
    Ticket.last_channel,
    Ticket.last_seq,
    Ticket.due_order,
    Ticket.updated_at,
    Ticket.next_due_at,
    Ticket.next_due_metric,
    Ticket.next_due_state,
    Ticket.next_due_started_at,
    Ticket.assignee_id,
    Ticket.snoozed_until,
    Ticket.woken_at,
)


ORDERS: Mapping[str, tuple[InstrumentedAttribute[datetime] | None, bool]] = {
    "due": (Ticket.due_order, False),
    "newest": (None, True),
    "oldest": (None, False),
    "updated": (Ticket.updated_at, True),
    "untouched": (Ticket.updated_at, False),
}
"""By which column before the number, and whether the greatest comes first; there is an index for each."""


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket as the list shows it."""

    id: int
    number: int
    subject: str
    channel: str
    author: str
    words: str
    due: due.Due | None
    is_unread: bool
    assignee: str | None
    has_draft: bool = False  # the reader has begun to write there
    away: str | None = None  # until when it is put away
    is_back: bool = False  # from there, and nobody has done anything since
    found_subject: tuple[Piece, ...] = ()  # the subject, where words of it were looked for
    found_words: tuple[Piece, ...] = ()  # what was found, in place of the newest words
    facts: tuple[str, ...] = ()  # what its list shows besides


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and the key of the next ones."""

    rows: list[Row]
    after: str | None


def page(
    wanted: Select[Ticket],
    agent: Agent,
    now: datetime,
    after: str | None = None,
    *,
    order: str = "due",
    size: int = PAGE,
) -> Page:
    """The next rows of the wanted tickets in one of ORDERS; `after` is the key of an earlier page.

    Raises Invalid for a made-up key.
    """
    column, is_falling = ORDERS[order]
    keys = (Ticket.id,) if column is None else (column, Ticket.id)
    query = wanted.order_by(*(key.desc() if is_falling else key for key in keys)).limit(size + 1)
    if after is not None:
        at, ticket_id = _opened(after)
        here = tuple_(*keys)
        there = tuple_(ticket_id) if column is None else tuple_(at, ticket_id)
        query = query.where(here < there if is_falling else here > there)
    found = _rows(query, agent, now)
    if len(found) <= size:
        return Page([row for _, row in found], None)
    last, _ = found[size - 1]
    return Page([row for _, row in found[:size]], _key(last, column))


def of_ids(ids: Collection[int], agent: Agent, now: datetime) -> dict[int, Row]:
    """The rows of some tickets, among those that the agent may see, by their id."""
    wanted = visibility.visible_tickets(agent).where(Ticket.id.in_(ids))
    return {row.id: row for _, row in _rows(wanted, agent, now)} if ids else {}


def _rows(query: Select[Ticket], agent: Agent, now: datetime) -> list[tuple[Ticket, Row]]:
    """Run a query for tickets together with what a row needs beside them."""
    joined = (
        query.options(load_only(*SHOWN, raiseload=True))
        .join(Identity, Identity.id == Ticket.requester_id)
        .outerjoin(Agent, Agent.id == Ticket.assignee_id)
        .outerjoin(Reading, (Reading.ticket_id == Ticket.id) & (Reading.agent_id == agent.id))
        .add_columns(Identity.name, Identity.value, Agent.name, Reading.seq, drafts.is_begun(agent))
    )
    found = []
    for ticket, name, address, assignee, read, has_draft in db.session.execute(joined):
        row = Row(
            id=ticket.id,
            number=ticket.number,
            subject=ticket.subject,
            channel=ticket.last_channel,
            author=ticket.last_author or name or address,
            words=ticket.last_words,
            due=due.of_ticket(ticket, now),
            is_unread=ticket.last_seq > (read or 0),
            assignee=assignee,
            has_draft=has_draft,
            away=None if ticket.snoozed_until is None else formatting.until(ticket.snoozed_until, now),
            is_back=ticket.woken_at is not None,
        )
        found.append((ticket, row))
    return found


def _key(ticket: Ticket, column: InstrumentedAttribute[datetime] | None) -> str:
    """Where a page ends, as a short word for an address."""
    at = ticket.updated_at if column is Ticket.updated_at else ticket.due_order
    return base64.urlsafe_b64encode(f"{at.isoformat()} {ticket.id}".encode()).decode().rstrip("=")


def _opened(key: str) -> tuple[datetime, int]:
    try:
        words = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode().split(" ")
        at, ticket_id = datetime.fromisoformat(words[0]), int(words[1])
    except (ValueError, IndexError, binascii.Error) as error:
        raise Invalid("This is not a place in a list.") from error
    if at.tzinfo is None:
        raise Invalid("This is not a place in a list.")
    return at, ticket_id
