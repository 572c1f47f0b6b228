"""Moving a ticket to another queue."""

from datetime import datetime

from ticketdesk.core import bell
from ticketdesk.core.actor import Actor
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket


def move(ticket: Ticket, queue: Queue, by: Actor, at: datetime) -> Ticket:
    """Hand the ticket to another queue; its assignee stays. Raises Invalid for an archived queue."""
    if queue.archived_at is not None:
        raise Invalid(f"The queue {queue.name} is no longer used.", "queue")
    ticket = lock_standing(ticket.id)
    if ticket.queue_id == queue.id:
        return ticket
    was, ticket.queue_id = ticket.queue_id, queue.id
    timeline.record(ticket, "queue_changed", by, at, {"from": was, "to": queue.id})
    bell.ring(f"queue:{was}")
    return ticket
