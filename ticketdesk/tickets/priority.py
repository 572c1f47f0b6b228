"""Priority: how much it matters that the answer comes soon."""

from datetime import datetime

from ticketdesk.core.actor import Actor
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.status import PRIORITIES
from ticketdesk.tickets.ticket import Ticket


def change_priority(ticket: Ticket, priority: str, by: Actor, at: datetime) -> Ticket:
    """Set the priority; raises Invalid for a word that is none."""
    if priority not in PRIORITIES:
        raise Invalid("Choose low, normal, high or urgent.", "priority")
    ticket = lock_standing(ticket.id)
    if ticket.priority == priority:
        return ticket
    was, ticket.priority = ticket.priority, priority
    timeline.record(ticket, "priority_changed", by, at, {"from": was, "to": priority})
    return ticket
