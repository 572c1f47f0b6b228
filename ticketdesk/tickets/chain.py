"""Where a ticket's number leads: through whatever it was merged into, to the one that survived."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ticketdesk.core.db import db
from ticketdesk.tickets.locking import lock_one, lock_unmerged
from ticketdesk.tickets.ticket import Ticket

LONGEST = 50
"""Merges one after the other; more is a fault."""


def end(ticket_id: int) -> Ticket | None:
    """The ticket itself, or what it was merged into through any chain; None for a circle or a ticket that is gone."""
    seen: set[int] = set()
    found = db.session.get(Ticket, ticket_id)
    while found is not None and found.merged_into_id is not None:
        if found.id in seen or len(seen) > LONGEST:
            return None
        seen.add(found.id)
        found = db.session.get(Ticket, found.merged_into_id)
    return found


def parts(ticket: Ticket) -> set[int]:
    """The ticket itself and whatever became part of it through any chain, by id."""
    found = select(Ticket.id).where(Ticket.id == ticket.id).cte("parts", recursive=True)
    merged = aliased(Ticket)
    found = found.union(select(merged.id).join(found, merged.merged_into_id == found.c.id))
    return set(db.session.scalars(select(found.c.id)))


def locked_end(ticket_id: int) -> Ticket | None:
    """The same, fresh and locked; a merge that was quicker is followed as well."""
    alone = lock_unmerged(ticket_id)
    if alone is not None:
        return alone
    found = end(ticket_id)
    for _step in range(LONGEST):
        if found is None:
            return None
        locked = lock_one(found.id)
        if locked.merged_into_id is None:
            return locked
        found = end(locked.id)
    return None
