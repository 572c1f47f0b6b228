"""Telling a customer that their mail has come: once a ticket, never in a circle, and never in a stranger's words."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from ticketdesk.brands.brand import Brand
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.delivery import sending_mailbox
from ticketdesk.channels.email import letters
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import turns
from ticketdesk.core.db import db
from ticketdesk.tickets import replying
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

PURPOSE = "acknowledgement"
CHANNELS = ("email", "form")
MOST = 10
WITHIN = timedelta(hours=3)
"""At most so many automatic mails to one address in this time (SEMANTICS 1)."""
AT_ONCE = timedelta(seconds=30)
"""Who writes anew so soon after a mail of ours is a machine that answers it and hides that."""
MOST_TICKETS = 500
"""The newest tickets of a requester that are looked at for that."""
Promised = Callable[[Ticket, Brand, datetime], Mapping[str, str]]
"""Gives words of the letter that are known further up: `by` when an answer is promised, when it usually comes."""


def acknowledge(event: Event, now: datetime, promised: Promised) -> Ticket | None:
    """When a customer opened a ticket: write to them that it has come, if that is safe and wanted.

    Returns the ticket when it was written; `promised` gives the words on when an answer comes.
    """
    if event.data["by_agent"] or event.data["channel"] not in CHANNELS:
        return None
    ticket = lock_one(event.ticket_id)
    mailbox = sending_mailbox(ticket)
    if mailbox is None or not mailbox.acknowledges or ticket.spam_at is not None or ticket.trashed_at is not None:
        return None
    address = answerable(ticket)
    if address is None or _is_told(ticket.id):
        return None
    written, newest = _automatic(ticket.requester_id, now - WITHIN)
    if written >= MOST or (newest is not None and newest < event.at < newest + AT_ONCE):
        return None
    brand = db.session.get_one(Brand, ticket.brand_id)
    promise = {"number": ticket.number, "brand": brand, **promised(ticket, brand, now)}
    words = letters.words_of(PURPOSE, brand.locale, promise)
    replying.tell_automatically(ticket, words, ((address, ""),), PURPOSE, now)
    return ticket


def answerable(ticket: Ticket) -> str | None:
    """The requester's address where a machine may write: it takes mail, is not ours, and a person wrote first."""
    requester = db.session.get_one(Identity, ticket.requester_id)
    if requester.kind != "email" or requester.undeliverable_since is not None or _is_ours(requester.value):
        return None
    first = _first_message(ticket.id)
    if first is None or first.inert is not None or first.unanswerable is not None:
        return None
    return requester.value


def automatic_mails(identity_id: int, since: datetime) -> int:
    """How many automatic mails an address was written since then; the count stands still until the transaction ends."""
    return _automatic(identity_id, since)[0]


def _automatic(identity_id: int, since: datetime) -> tuple[int, datetime | None]:
    """How many automatic mails an address was written since then, and when the newest was."""
    turns.take(turns.Turn.AUTOMATIC_MAIL, identity_id)
    found = db.session.execute(_AUTOMATIC, {"identity_id": identity_id, "since": since}).one()
    return found[0], found[1]


def _is_ours(address: str) -> bool:
    return bool({address, without_token(address)} & mailboxes.addresses())


def _first_message(ticket_id: int) -> Message | None:
    return db.session.scalar(_FIRST, {"ticket_id": ticket_id})


def _is_told(ticket_id: int) -> bool:
    return db.session.scalar(_TOLD, {"ticket_id": ticket_id}) is not None


# Built once: they are asked for each new ticket, and building costs more than asking.
_RECENT = (
    select(Ticket.id)
    .where(Ticket.requester_id == bindparam("identity_id"))
    .order_by(Ticket.id.desc())
    .limit(MOST_TICKETS)
)
_AUTOMATIC = (
    select(func.count(), func.max(Message.written_at))
    .select_from(Message)
    .join(Placement, Placement.message_id == Message.id)
    .where(
        Placement.ticket_id.in_(_RECENT),
        Message.direction == "out",
        Message.automatic,
        Message.written_at > bindparam("since"),
    )
)
_FIRST = (
    select(Message)
    .join(Placement, Placement.message_id == Message.id)
    .where(Placement.ticket_id == bindparam("ticket_id"), Placement.ended_at.is_(None), Message.direction == "in")
    .order_by(Placement.written_at, Placement.message_id)
    .limit(1)
)
_TOLD = (
    select(Message.id)
    .join(Placement, Placement.message_id == Message.id)
    .where(
        Placement.ticket_id == bindparam("ticket_id"),
        Message.automatic,
        Message.facts["purpose"].astext == PURPOSE,
    )
    .limit(1)
)
