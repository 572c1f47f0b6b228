"""What a visitor is told whose chat waits as a ticket, and that it was promised thereby."""

from datetime import datetime

from ticketdesk.channels.chat import unanswered
from ticketdesk.sla import acknowledging, promising
from ticketdesk.tickets.timeline import Event


def tell(event: Event, now: datetime) -> None:
    """Listener of soon: say in the talk when an answer may be expected; the time named in it is a promise."""
    ticket = unanswered.tell(event, now, acknowledging.words)
    if ticket is not None:
        promising.make(ticket, "chat", now)
