"""Which counts a ticket is in, kept right by whatever happens to it."""

from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def buckets(ticket: Ticket) -> list[str]:
    """The keys under which this ticket counts as it stands now."""
    if not ticket.is_active:
        return []
    if ticket.snoozed_until is not None:
        return [f"queue:{ticket.queue_id}:snoozed"]
    keys = [f"queue:{ticket.queue_id}"]
    if ticket.assignee_id is None:
        keys.append(f"queue:{ticket.queue_id}:unassigned")
    else:
        keys.append(f"agent:{ticket.assignee_id}")
    return keys


def recount(event: Event) -> None:
    """Listener of now: move the ticket between counts when an event moved it."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    becomes = buckets(ticket)
    if becomes != ticket.counted_in:
        counters.move(ticket.counted_in, becomes)
        ticket.counted_in = becomes
