"""Hard evidence of who a visitor is: they answered a mail to the address they gave, or their site signs for it."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.contacts import joining, organizations, resolving
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.timeline import Event

PROOFS = frozenset(["recipient_token", "reference_token"])
"""Ways into a ticket that only somebody has who read what we sent to that address."""
EVIDENCE = "replied"
SIGNED = "signed"


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
        organizations.settle(address)
    for visitor in visitors:
        if visitor.identity_id is not None:
            joining.join(db.session.get_one(Identity, visitor.identity_id), address, EVIDENCE, now)


def by_signature(visitor: Visitor, now: datetime) -> None:
    """Where a site answers for a visitor and for their address, both are one person.

    An address of many people joins nobody, nor does one that belongs to somebody else the site signed for.
    """
    if visitor.external_id is None or visitor.identity_id is None or visitor.signed_email is None:
        return
    address = resolving.resolve("email", visitor.signed_email, visitor.name, now)
    person = db.session.get_one(Identity, visitor.identity_id)
    if _are_one(person, address) or joining.join(person, address, SIGNED, now) is None:
        return
    if address.verification in ("none", "replied"):
        address.verification = "confirmed"
        organizations.settle(address)


def _are_one(one: Identity, other: Identity) -> bool:
    """Whether two identities belong to the same contact already."""
    links = select(IdentityLink.contact_id).where(
        IdentityLink.identity_id.in_((one.id, other.id)), IdentityLink.ended_at.is_(None)
    )
    return len(set(db.session.scalars(links))) == 1
