"""The visitors' bell: it rings for what they may read, and for nothing else that happens to their ticket."""

from collections.abc import Iterable

from ticketdesk.core import bell
from ticketdesk.core.db import db
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

KINDS = frozenset(["message_received", "message_accepted", "reply_sent"])
"""The events by which a letter comes into a talk."""


def ring(event: Event) -> None:
    """When something public was said: after the commit, let those who talk look. It rings without a number."""
    if event.data.get("held") or event.data.get("inert"):
        return
    bell.ring(_topic(db.session.get_one(Ticket, event.ticket_id).reference))


def topics(references: Iterable[str]) -> frozenset[str]:
    """What a visitor hears whose talk stands in these tickets."""
    return frozenset(_topic(reference) for reference in references)


def _topic(reference: str) -> str:
    return f"talk:{reference}"
