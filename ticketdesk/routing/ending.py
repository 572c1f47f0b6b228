"""When ringing is over by what happens to the ticket: somebody has it, the visitor is gone, or it is settled."""

from datetime import datetime

from sqlalchemy import or_

from ticketdesk.core.db import db
from ticketdesk.routing import offering
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.routing.projection import waits_as_chat
from ticketdesk.tickets.ticket import CHAT, Ticket
from ticketdesk.tickets.timeline import Event

KINDS = frozenset(
    [
        "assigned",
        "released",
        "status_changed",
        "medium_changed",
        "queue_changed",
        "marked_spam",
        "trashed",
        "merged_into",
        "message_received",
        "reply_sent",
    ]
)
SPOKEN = ("message_received", "reply_sent")


def follow(event: Event) -> None:
    """Listener of now: withdraw what rings of a chat and makes no sense any more; its agent looks at their chats."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if ticket.channel != CHAT:
        return
    offering.ring([ticket.assignee_id])
    if event.kind == "assigned" or event.kind == "released":
        offering.ring([event.data["from"]])
    if event.kind not in SPOKEN:
        _withdraw(ticket, event.kind, event.at)


def _withdraw(ticket: Ticket, why: str, now: datetime) -> None:
    if not ticket.is_active:
        offering.withdraw(ticket, RoutingOffer.purpose.is_not(None), why, now)
        return
    if not waits_as_chat(ticket) or why == "queue_changed":
        offering.withdraw(ticket, RoutingOffer.purpose == "chat", why, now)
    if ticket.assignee_id is None or ticket.medium != CHAT:
        offering.withdraw(ticket, RoutingOffer.purpose == "transfer", why, now)
    elif why == "assigned":
        from_others = or_(RoutingOffer.from_id.is_(None), RoutingOffer.from_id != ticket.assignee_id)
        offering.withdraw(ticket, (RoutingOffer.purpose == "transfer") & from_others, why, now)
