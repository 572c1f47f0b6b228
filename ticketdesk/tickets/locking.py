"""Locking: whoever changes a ticket holds its row, and several rows are always taken in the same order."""

from collections.abc import Iterable

from sqlalchemy import select

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
        found = db.session.scalars(
            select(Ticket)
            .where(Ticket.id.in_(missing))
            .order_by(Ticket.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()
        if len(found) != len(missing):
            raise NotFound("There is no such ticket.")
        held.update({ticket.id: ticket for ticket in found})
    return [held[ticket_id] for ticket_id in wanted]


def hold(ticket: Ticket) -> None:
    """Count a ticket that this transaction has just made as locked: nobody else can see it yet."""
    kept("tickets")[ticket.id] = ticket


def lock_one(ticket_id: int) -> Ticket:
    """One ticket, fresh and locked; raises NotFound."""
    return lock([ticket_id])[0]


def lock_standing(ticket_id: int) -> Ticket:
    """One ticket, locked, that stands for itself; raises NotFound, or Conflict when it was merged into another."""
    ticket = lock_one(ticket_id)
    if ticket.merged_into_id is not None:
        raise Conflict(f"#{ticket.number} was merged into another ticket; change that one.")
    return ticket
