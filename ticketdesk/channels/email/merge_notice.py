"""Telling a customer that their request goes on under another number: only when an agent wished it, and once."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.delivery import sending_mailbox
from ticketdesk.channels.email import letters
from ticketdesk.channels.email.acknowledging import MOST, WITHIN, automatic_mails
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets import replying
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

PURPOSE = "merged"


def tell(event: Event, now: datetime) -> None:
    """Listener of soon: another ticket was merged into this one; write to whoever asked there, if that was wished."""
    if not event.data["tell"]:
        return
    survivor = lock_one(event.ticket_id)
    source = db.session.get_one(Ticket, event.data["source_id"])
    requester = db.session.get_one(Identity, source.requester_id)
    if source.merged_into_id != survivor.id or survivor.merged_into_id is not None or sending_mailbox(survivor) is None:
        return
    if requester.kind != "email" or requester.undeliverable_since is not None or _is_told(survivor, requester):
        return
    if automatic_mails(requester.id, now - WITHIN) >= MOST:
        return
    brand = db.session.get_one(Brand, survivor.brand_id)
    words = letters.words_of(
        PURPOSE, brand.locale, {"number": survivor.number, "source": source.number, "brand": brand}
    )
    replying.tell_automatically(survivor, words, ((requester.value, ""),), PURPOSE, now)


def _is_told(survivor: Ticket, requester: Identity) -> bool:
    told = (
        select(Message.id)
        .join(Placement, Placement.message_id == Message.id)
        .join(Recipient, Recipient.message_id == Message.id)
        .where(
            Placement.ticket_id == survivor.id,
            Message.automatic,
            Message.facts["purpose"].astext == PURPOSE,
            Recipient.address == requester.value,
        )
    )
    return db.session.scalar(told.limit(1)) is not None
