"""The tickets that wait for an agent, found by what they need: cheap however many there are.

Tickets of one queue with the same needs are a group; whether anybody can take one is the same for all of a group but
for how long each has waited. So candidates are looked for once for a group, and only its first tickets are read.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    lateral,
    literal,
    select,
    union,
)

from ticketdesk.core.db import db
from ticketdesk.core.kept import kept
from ticketdesk.routing import needs, offering
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import CHAT, Ticket

MOST_GROUPS = 300
AFTER_CHATS, LAST = "d", "z"
"""What comes after the needs of all chats ("chat:…"), and after those of everything ("email:…")."""

_ours: BindParameter[str] = bindparam("ours", ("new", "open"), expanding=True, literal_execute=True)


@dataclass(frozen=True, slots=True)
class Group:
    """Waiting tickets of one queue with the same needs."""

    queue_id: int
    needs: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The first tickets of a group, of all or of those that have waited since `since` or longer."""

    group: Group
    since: datetime | None
    most: int


def waits() -> ColumnElement[bool]:
    """Whether a ticket is with us and nobody's, written so that the index of these fits."""
    return and_(
        Ticket.category.in_(_ours),
        Ticket.spam_at.is_(None),
        Ticket.trashed_at.is_(None),
        Ticket.merged_into_id.is_(None),
        Ticket.assignee_id.is_(None),
        Ticket.snoozed_until.is_(None),
    )


def waiting_since() -> ColumnElement[datetime]:
    """Since when a ticket waits for an agent."""
    return func.coalesce(Ticket.unassigned_since, Ticket.opened_at)


def groups(queue_ids: Collection[int] | Select[int], *, chosen: bool = True) -> list[Group]:
    """The groups of tickets that wait in these queues; jumps from one to the next in the index.

    Without `chosen`, of queues where agents choose themselves only the chats: those ring there, too.
    """
    if not isinstance(queue_ids, Select):
        if not queue_ids:
            return []
        queue_ids = tuple(sorted(queue_ids))
    rows = db.session.execute(_grouping(queue_ids, chosen=chosen))
    return [Group(row.queue_id, row.needs) for row in rows]


@lru_cache(maxsize=500)
def _grouping(queue_ids: tuple[int, ...] | Select[int], *, chosen: bool) -> Select[int, str]:
    """Built once for each set of queues: it is asked after every answer, and building costs more than asking."""
    # Words of chats come before all others, so that the index ends the search instead of reading past them.
    end = literal(LAST) if chosen else case((Queue.strategy == "manual", AFTER_CHATS), else_=LAST)
    queues = select(Queue.id.label("queue_id"), end.label("until")).where(Queue.id.in_(queue_ids)).subquery()
    first = lateral(
        select(Ticket.needs.label("needs"))
        .where(waits(), Ticket.queue_id == queues.c.queue_id, Ticket.needs < queues.c.until)
        .order_by(Ticket.needs)
        .limit(1)
    )
    found = (
        select(queues.c.queue_id, queues.c.until, first.c.needs)
        .select_from(queues.join(first, literal(True)))
        .cte(recursive=True)
    )
    further = lateral(
        select(Ticket.needs.label("needs"))
        .where(
            waits(),
            Ticket.queue_id == found.c.queue_id,
            Ticket.needs > found.c.needs,
            Ticket.needs < found.c.until,
        )
        .order_by(Ticket.needs)
        .limit(1)
    )
    found = found.union_all(
        select(found.c.queue_id, found.c.until, further.c.needs).select_from(found.join(further, literal(True)))
    )
    return select(found.c.queue_id, found.c.needs).limit(MOST_GROUPS)


def first(wanted: Sequence[Wanted], passed: Collection[int], most: int) -> list[int]:
    """The ids of the tickets with least time left, then the oldest, without those in `passed`."""
    if not wanted:
        return []
    parts = [_of_group(one, passed).subquery() for one in wanted]
    together = union(*(select(part.c.id, part.c.due_order) for part in parts)).subquery()
    return list(
        db.session.scalars(select(together.c.id).order_by(together.c.due_order, together.c.id).limit(most)).all()
    )


def lock_waiting(ids: Iterable[int], *further: ColumnElement[bool]) -> list[Ticket]:
    """Those of the tickets that still wait and that nobody else holds, locked, in the order in which they are due.

    Never waits for anybody, so it may be called while the turns of agents are held.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return []
    tickets = db.session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(wanted), *(further or (waits(),)))
        .order_by(Ticket.id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    kept("tickets").update({ticket.id: ticket for ticket in tickets})
    return sorted(tickets, key=lambda ticket: (ticket.due_order, ticket.id))


def lock_first(ids: Sequence[int]) -> Iterator[Ticket]:
    """The tickets in this order, each locked when it is asked for; what nobody looks at is not held."""
    for ticket_id in ids:
        yield from lock_waiting([ticket_id])


def _of_group(one: Wanted, passed: Collection[int]) -> Select[int, datetime]:
    query = (
        select(Ticket.id, Ticket.due_order)
        .where(waits(), Ticket.queue_id == one.group.queue_id, Ticket.needs == one.group.needs)
        .order_by(Ticket.due_order, Ticket.id)
        .limit(one.most)
    )
    if needs.channel_of(one.group.needs) == CHAT:  # what rings already has its turn
        query = query.where(~offering.is_ringing())
    if one.since is not None:
        query = query.where(waiting_since() <= one.since)
    return query.where(Ticket.id.not_in(passed)) if passed else query
