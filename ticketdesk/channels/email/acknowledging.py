"""Telling a customer that their mail has come: once a ticket, never in a circle, and never in a stranger's words."""

from datetime import datetime, timedelta

from babel import dates
from sqlalchemy import func, select

from ticketdesk.brands.brand import Brand
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.delivery import sending_mailbox
from ticketdesk.channels.email import letters
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import turns
from ticketdesk.core.db import db
from ticketdesk.tickets import messages
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

PURPOSE = "acknowledgement"
CHANNELS = ("email", "form")
ANSWERS = ("first_response", "next_response")
"""Clocks that end with an answer."""
MOST = 10
WITHIN = timedelta(hours=3)
"""At most so many automatic mails to one address in this time (SEMANTICS 1)."""
MOST_TICKETS = 500
"""The newest tickets of a requester that are looked at for that."""


def acknowledge(event: Event, now: datetime) -> None:
    """When a customer opened a ticket: write to them that it has come, if that is safe and wanted."""
    if event.data["by_agent"] or event.data["channel"] not in CHANNELS:
        return
    ticket = lock_one(event.ticket_id)
    mailbox = sending_mailbox(ticket)
    if mailbox is None or not mailbox.acknowledges or ticket.spam_at is not None or ticket.trashed_at is not None:
        return
    requester = db.session.get_one(Identity, ticket.requester_id)
    if requester.kind != "email" or requester.undeliverable_since is not None or _is_ours(requester.value):
        return
    first = _first_message(ticket.id)
    if first is None or first.inert is not None or first.unanswerable is not None or _is_told(ticket.id):
        return
    if automatic_mails(requester.id, now - WITHIN) >= MOST:
        return
    brand = db.session.get_one(Brand, ticket.brand_id)
    promise = {"number": ticket.number, "brand": brand, "by": _promised(ticket, brand, now)}
    words = letters.words_of(PURPOSE, brand.locale, promise)
    messages.tell_automatically(ticket, words, ((requester.value, ""),), PURPOSE, now)


def _promised(ticket: Ticket, brand: Brand, now: datetime) -> str:
    """By when an answer was promised, on the brand's clock; empty when none was, or that is over."""
    due = ticket.next_due_at
    if due is None or ticket.next_due_metric not in ANSWERS or ticket.next_due_state != "running" or due <= now:
        return ""
    zone = dates.get_timezone(brand.timezone)
    day = dates.format_datetime(due, "EEEE d MMMM", tzinfo=zone, locale=brand.locale)
    time = dates.format_time(due, "short", tzinfo=zone, locale=brand.locale)
    return f"{day}, {time} ({dates.get_timezone_gmt(due.astimezone(zone), locale=brand.locale)})"


def automatic_mails(identity_id: int, since: datetime) -> int:
    """How many automatic mails an address was written since then; the count stands still until the transaction ends."""
    turns.take(turns.Turn.AUTOMATIC_MAIL, identity_id)
    recent = select(Ticket.id).where(Ticket.requester_id == identity_id).order_by(Ticket.id.desc()).limit(MOST_TICKETS)
    return db.session.execute(
        select(func.count())
        .select_from(Message)
        .join(Placement, Placement.message_id == Message.id)
        .where(
            Placement.ticket_id.in_(recent), Message.direction == "out", Message.automatic, Message.written_at > since
        )
    ).scalar_one()


def _is_ours(address: str) -> bool:
    return bool({address, without_token(address)} & mailboxes.addresses())


def _first_message(ticket_id: int) -> Message | None:
    return db.session.scalar(
        select(Message)
        .join(Placement, Placement.message_id == Message.id)
        .where(Placement.ticket_id == ticket_id, Placement.ended_at.is_(None), Message.direction == "in")
        .order_by(Placement.written_at, Placement.message_id)
        .limit(1)
    )


def _is_told(ticket_id: int) -> bool:
    told = (
        select(Message.id)
        .join(Placement, Placement.message_id == Message.id)
        .where(Placement.ticket_id == ticket_id, Message.automatic, Message.facts["purpose"].astext == PURPOSE)
    )
    return db.session.scalar(told.limit(1)) is not None
