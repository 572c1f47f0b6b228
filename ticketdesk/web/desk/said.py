"""What was said since: the news of a ticket in which nothing else happened, as in most of a chat."""

from dataclasses import dataclass
from datetime import datetime

from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import conversation, due, running


@dataclass(frozen=True, slots=True)
class Said:
    """As much of an open ticket as its new letters need; they change nothing of what one may do with it."""

    ticket: Ticket
    conversation: conversation.Conversation
    due: due.Due | None
    clocks: list[running.Clock]
    may: frozenset[str] = frozenset({"ticket.reply"})  # only who may answer gets a composer back
    joined: None = None


def read(ticket: Ticket, after: int, now: datetime) -> Said | None:
    """The letters after an event; None where anything else happened too."""
    talk = conversation.words_since(ticket, after)
    return None if talk is None else Said(ticket, talk, due.of_ticket(ticket, now), running.of(ticket, now))
