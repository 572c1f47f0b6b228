"""A visitor whom nobody answers at once is told when to expect an answer, and that they need not wait."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.chat import belonging, missed
from ticketdesk.channels.email import letters
from ticketdesk.core.db import db
from ticketdesk.tickets import replying
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import CHAT, Ticket
from ticketdesk.tickets.timeline import Event

PURPOSE = "chat_waits"
KIND = "chat_unanswered"
LONG_BEFORE = timedelta(days=1)
Promised = Callable[[Ticket, Brand, datetime], Mapping[str, str]]
"""Gives words that are known further up: `by` when an answer is promised, when it usually comes."""


def tell(event: Event, now: datetime, promised: Promised) -> Ticket | None:
    """When a chat waits as a ticket: say so in the talk, once until somebody answers; the ticket when it was said."""
    ticket = lock_one(event.ticket_id)
    if not ticket.is_active or ticket.medium == CHAT:
        return None
    if ticket.answered_at is not None and ticket.answered_at >= event.at:
        return None
    visitor = belonging.of_ticket(ticket)
    if visitor is None or _is_told(ticket):
        return None
    brand = db.session.get_one(Brand, ticket.brand_id)
    words = letters.words_of(
        PURPOSE,
        brand.locale,
        {
            "brand": brand,
            "why": event.data["why"],
            "has_address": missed.address_of(visitor, ticket) is not None,
            **promised(ticket, brand, now),
        },
    )
    replying.tell_automatically(ticket, words, (), PURPOSE, now, channel=CHAT)
    return ticket


def waits(ticket: Ticket) -> bool:
    """Whether a chat waits as a ticket since the last answer, so that a further word makes it no chat by itself."""
    since = select(func.max(Event.at)).where(Event.ticket_id == ticket.id, Event.kind == KIND)
    at = db.session.scalar(since)
    return at is not None and (ticket.answered_at is None or ticket.answered_at < at)


def _is_told(ticket: Ticket) -> bool:
    told = (
        select(Message.id)
        .join(Placement, Placement.message_id == Message.id)
        .where(
            Placement.ticket_id == ticket.id,
            Placement.ended_at.is_(None),
            Message.automatic,
            Message.facts["purpose"].astext == PURPOSE,
            Message.written_at > (ticket.answered_at or ticket.opened_at - LONG_BEFORE),
        )
    )
    return db.session.scalar(told.limit(1)) is not None
