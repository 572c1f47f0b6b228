"""The visitors' bell: it rings for what they may read, and for nothing else that happens to their ticket."""

from collections.abc import Iterable

from ticketdesk.channels import delivery
from ticketdesk.core import bell
from ticketdesk.core.db import db
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import CHAT, Ticket
from ticketdesk.tickets.timeline import Event

KINDS = frozenset(["message_received", "message_accepted", "reply_sent", "status_changed", "chat_accepted"])
"""The events by which a letter comes into a talk, and by which a talk is over, goes on, or gets an agent."""
SEEN = "seen"
"""The kind of ring that says that one of us has read further."""


def ring(event: Event) -> None:
    """When something public was said: after the commit, let those who talk look. It rings without a number."""
    if event.data.get("held") or event.data.get("inert"):
        return
    if event.kind == "status_changed" and (event.data["from_category"] in DONE) == (event.data["to_category"] in DONE):
        return  # what we wait for is none of a visitor's business
    bell.ring(_topic(db.session.get_one(Ticket, event.ticket_id).reference))


def seen(ticket: Ticket) -> None:
    """After the commit, let those who talk in a ticket know that one of us has read further."""
    if CHAT in (ticket.channel, ticket.last_channel):
        bell.ring(_topic(ticket.reference), kind=SEEN)


def read(references: Iterable[str]) -> None:
    """After the commit, let the desk ask what became of its answers, for a visitor has read further."""
    for reference in references:
        bell.ring(f"ticket:{reference}", kind=delivery.RING)


def topics(references: Iterable[str]) -> frozenset[str]:
    """What a visitor hears whose talk stands in these tickets."""
    return frozenset(_topic(reference) for reference in references)


def _topic(reference: str) -> str:
    return f"talk:{reference}"
