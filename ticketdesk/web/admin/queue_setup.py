"""What a queue is set up to be, as its verbs take it."""

from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.queues import Setup


def of(queue: Queue) -> Setup:
    """How it works now."""
    return Setup(queue.name, queue.team_id, queue.icon, queue.strategy, queue.closes_after_days)
