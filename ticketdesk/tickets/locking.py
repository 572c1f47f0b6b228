"""Locking: whoever changes a ticket holds its row, and several rows are always taken in the same order."""

from collections.abc import Iterable

from sqlalchemy import select

from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets.ticket import Ticket


def lock(ids: Iterable[int]) -> list[Ticket]:
    """The tickets of these ids, fresh and locked until the transaction ends, in ascending order.

    Raises NotFound when one of them does not exist.
    """
    wanted = sorted(set(ids))
    found = list(
        db.session.scalars(
            select(Ticket)
            .where(Ticket.id.in_(wanted))
            .order_by(Ticket.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )
    if len(found) != len(wanted):
        raise NotFound("There is no such ticket.")
    return found


def lock_one(ticket_id: int) -> Ticket:
    """One ticket, fresh and locked; raises NotFound."""
    return lock([ticket_id])[0]
