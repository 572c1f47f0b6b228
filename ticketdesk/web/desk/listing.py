"""The list in the middle: one page of tickets, the one with least time left first."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import load_only

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.ticket import Ticket
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
    Ticket.next_due_at,
    Ticket.next_due_metric,
    Ticket.next_due_state,
    Ticket.next_due_started_at,
    Ticket.assignee_id,
)


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


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and the key of the next ones."""

    rows: list[Row]
    after: str | None


def page(
    wanted: Select[Ticket], agent: Agent, now: datetime, after: str | None = None, *, newest_first: bool = False
) -> Page:
    """The next rows of the wanted tickets; `after` is the key of an earlier page. Raises Invalid for a made-up key.

    Open tickets come by the time that is left, past ones by their number, the newest first.
    """
    order = (Ticket.id.desc(),) if newest_first else (Ticket.due_order, Ticket.id)
    query = wanted.order_by(*order).limit(PAGE + 1)
    if after is not None:
        at, ticket_id = _opened(after)
        here = Ticket.id < ticket_id if newest_first else tuple_(Ticket.due_order, Ticket.id) > tuple_(at, ticket_id)
        query = query.where(here)
    found = _rows(query, agent, now)
    if len(found) <= PAGE:
        return Page([row for _, row in found], None)
    last, _ = found[PAGE - 1]
    return Page([row for _, row in found[:PAGE]], _key(last))


def _rows(query: Select[Ticket], agent: Agent, now: datetime) -> list[tuple[Ticket, Row]]:
    """Run a query for tickets together with what a row needs beside them."""
    joined = (
        query.options(load_only(*SHOWN, raiseload=True))
        .join(Identity, Identity.id == Ticket.requester_id)
        .outerjoin(Agent, Agent.id == Ticket.assignee_id)
        .outerjoin(Reading, (Reading.ticket_id == Ticket.id) & (Reading.agent_id == agent.id))
        .add_columns(Identity.name, Identity.value, Agent.name, Reading.seq)
    )
    found = []
    for ticket, name, address, assignee, read in db.session.execute(joined):
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
        )
        found.append((ticket, row))
    return found


def _key(ticket: Ticket) -> str:
    """Where a page ends, as a short word for an address."""
    return base64.urlsafe_b64encode(f"{ticket.due_order.isoformat()} {ticket.id}".encode()).decode().rstrip("=")


def _opened(key: str) -> tuple[datetime, int]:
    try:
        words = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode().split(" ")
        at, ticket_id = datetime.fromisoformat(words[0]), int(words[1])
    except (ValueError, IndexError, binascii.Error) as error:
        raise Invalid("This is not a place in a list.") from error
    if at.tzinfo is None:
        raise Invalid("This is not a place in a list.")
    return at, ticket_id
