"""The list in the middle: one page of tickets, the one with least time left first."""

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, tuple_
from sqlalchemy.orm import InstrumentedAttribute, load_only

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import Instant, db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.highlighting import Piece
from ticketdesk.tickets import drafts, visibility
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Known
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
    stands: bool = False,
) -> Page:
    """The next rows of the wanted tickets in one of ORDERS; `after` is the key of an earlier page.

    `stands` says that `wanted` stands built and will be asked again as it is, so that all of its page is kept with it.
    Raises Invalid for a made-up key.
    """
    build = _standing if stands else _asked
    query = build(wanted, visibility.reader(agent), order, size, is_next=after is not None)
    found = _rows(query, now, {} if after is None else _opened(after))
    if len(found) <= size:
        return Page([row for _, row in found], None)
    last, _ = found[size - 1]
    return Page([row for _, row in found[:size]], _key(last, ORDERS[order][0]))


def _asked(wanted: Select[Ticket], agent: Known, order: str, size: int, *, is_next: bool) -> Select[Any]:
    """The question for one page and one row more; with `is_next` for what comes behind `after_at` and `after_id`."""
    column, is_falling = ORDERS[order]
    query = ordered(wanted, order).limit(size + 1)
    if is_next:
        keys = (Ticket.id,) if column is None else (column, Ticket.id)
        at, number = bindparam("after_at", type_=Instant()), bindparam("after_id", type_=BigInteger())
        here, there = tuple_(*keys), tuple_(number) if column is None else tuple_(at, number)
        query = query.where(here < there if is_falling else here > there)
    return _with_more(query, agent)


_standing = lru_cache(maxsize=2_000)(_asked)
"""Building it costs more than asking."""


def ordered(wanted: Select[Ticket], order: str) -> Select[Ticket]:
    """Tickets in one of ORDERS."""
    column, is_falling = ORDERS[order]
    keys = (Ticket.id,) if column is None else (column, Ticket.id)
    return wanted.order_by(*(key.desc() if is_falling else key for key in keys))


def of_ids(ids: Collection[int], agent: Agent, now: datetime) -> dict[int, Row]:
    """The rows of some tickets, among those that the agent may see, by their id."""
    wanted = visibility.visible_tickets(agent).where(Ticket.id.in_(ids))
    return {row.id: row for _, row in _rows(_with_more(wanted, visibility.reader(agent)), now)} if ids else {}


def _with_more(query: Select[Ticket], agent: Known) -> Select[Any]:
    """A question for tickets with what a row needs beside them."""
    return (
        query.options(load_only(*SHOWN, raiseload=True))
        .join(Identity, Identity.id == Ticket.requester_id)
        .outerjoin(Agent, Agent.id == Ticket.assignee_id)
        .outerjoin(Reading, (Reading.ticket_id == Ticket.id) & (Reading.agent_id == agent.id))
        .add_columns(Identity.name, Identity.value, Agent.name, Reading.seq, drafts.is_begun(agent))
    )


def _rows(query: Select[Any], now: datetime, place: Mapping[str, object] | None = None) -> list[tuple[Ticket, Row]]:
    """Run such a question."""
    found = []
    for ticket, name, address, assignee, read, has_draft in db.session.execute(query, place or {}):
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


def _opened(key: str) -> dict[str, object]:
    try:
        words = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode().split(" ")
        at, ticket_id = datetime.fromisoformat(words[0]), int(words[1])
    except (ValueError, IndexError, binascii.Error) as error:
        raise Invalid("This is not a place in a list.") from error
    if at.tzinfo is None:
        raise Invalid("This is not a place in a list.")
    return {"after_at": at, "after_id": ticket_id}
