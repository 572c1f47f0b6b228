"""Locking: whoever changes a ticket holds its row, and several rows are always taken in the same order."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound
from ticketdesk.core.kept import kept
from ticketdesk.tickets.ticket import Ticket


def lock(ids: Iterable[int]) -> list[Ticket]:
    """The tickets of these ids, fresh and locked until the transaction ends, in ascending order.

    One that this transaction holds already is as fresh as it was then: nobody else can have changed it, so it is not
    read again. Raises NotFound when one of them does not exist.
    """
    wanted = sorted(set(ids))
    held = kept("tickets")
    missing = [ticket_id for ticket_id in wanted if ticket_id not in held]
    if missing:
        found = db.session.scalars(_LOCKED, {"ids": missing}).all()
        if len(found) != len(missing):
            raise NotFound("There is no such ticket.")
        held.update({ticket.id: ticket for ticket in found})
    return [held[ticket_id] for ticket_id in wanted]


# Built once: whoever changes a ticket asks it, and building costs more than asking.
_LOCKED = (
    select(Ticket)
    .where(Ticket.id.in_(bindparam("ids", expanding=True)))
    .order_by(Ticket.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def hold(ticket: Ticket) -> None:
    """Count a ticket as locked: this transaction has just made it, so that nobody else sees it, or read it locked."""
    kept("tickets")[ticket.id] = ticket


def lock_one(ticket_id: int) -> Ticket:
    """One ticket, fresh and locked; raises NotFound."""
    return lock([ticket_id])[0]


def lock_unmerged(ticket_id: int) -> Ticket | None:
    """One ticket, fresh and locked, if it was merged into no other; else nothing is locked."""
    held = kept("tickets")
    found: Ticket | None = held.get(ticket_id)
    if found is None:
        found = db.session.scalar(_UNMERGED, {"ticket_id": ticket_id})
        if found is not None:
            held[ticket_id] = found
    return found if found is not None and found.merged_into_id is None else None


def lock_standing(ticket_id: int) -> Ticket:
    """One ticket, locked, that stands for itself; raises NotFound, or Conflict when it was merged into another."""
    ticket = lock_one(ticket_id)
    if ticket.merged_into_id is not None:
        raise Conflict(f"#{ticket.number} was merged into another ticket; change that one.")
    return ticket


# Built once: it is asked for every message that comes in.
_UNMERGED = (
    select(Ticket)
    .where(Ticket.id == bindparam("ticket_id"), Ticket.merged_into_id.is_(None))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
