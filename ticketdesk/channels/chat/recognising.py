"""When a chat goes on by mail: whoever answered what we wrote to an address is whom the visitor said they were."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.contacts import joining
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.timeline import Event

PROOFS = frozenset(["recipient_token", "reference_token"])
"""Ways into a ticket that only somebody has who read what we sent to that address."""
EVIDENCE = "replied"


def recognise(event: Event, now: datetime) -> None:
    """When a mail came into a visitor's ticket from the address they gave, by a token of ours: join the two contacts.

    A typed address alone, or a sender who guessed a number, joins nothing (SEMANTICS 2).
    """
    if event.data.get("channel") != "email" or event.data.get("held") or event.data.get("inert"):
        return
    message = db.session.get_one(Message, event.data["message_id"])
    if message.threaded_by not in PROOFS or message.identity_id is None:
        return
    visitors = db.session.scalars(
        select(Visitor)
        .join(Participant, Participant.identity_id == Visitor.identity_id)
        .where(
            Participant.ticket_id == event.ticket_id,
            Participant.state == "active",
            Visitor.email_identity_id == message.identity_id,
        )
        .order_by(Visitor.id)
    ).all()
    if not visitors:
        return
    address = db.session.get_one(Identity, message.identity_id)
    if address.verification == "none":
        address.verification = EVIDENCE
    for visitor in visitors:
        if visitor.identity_id is not None:
            joining.join(db.session.get_one(Identity, visitor.identity_id), address, EVIDENCE, now)
