"""Mailing the code by which a customer proves an address: to addresses that take part in a ticket, and to no other."""

from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.brands.brand import Brand
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email import letters
from ticketdesk.channels.email.composing import Outgoing, Person
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.email.sending import hand_over
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.contacts import entering
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import outbox, tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets.participant import Participant

TASK = "mail.code"
LANE = "mail"
WAITS = (timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4))
"""No longer than a code lives."""


def ask(brand_id: int, address: str, asked: str, now: datetime) -> None:
    """Somebody typed an address: leave the rest to the background, so that nobody can tell whether we know it."""
    payload = {"brand_id": brand_id, "address": address, "asked": asked, "at": now.isoformat()}
    outbox.add(TASK, payload, due_at=now, lane=LANE)


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: mail a code to an address that we know; raises DeliveryFailed."""
    expires_at = datetime.fromisoformat(claim.payload["at"]) + entering.LIFE
    if now >= expires_at:
        return "cancelled", "The time of the code is over."
    identity = _known(claim.payload["address"])
    if identity is None:
        return "done", None
    brand = db.session.get_one(Brand, claim.payload["brand_id"])
    mailbox = _mailbox_of(brand)
    code = entering.make(identity, claim.payload["asked"], now, expires_at)
    minutes = max(1, int((expires_at - now).total_seconds()) // 60)
    words = {"brand": brand, "code": f"{code[:4]} {code[4:]}", "minutes": minutes, "title": brand.name, "mark": None}
    subject, text, html = letters.rendered("code", brand.locale, words)
    key, domain = tokens.signing_keys()[0], mailbox.address.rpartition("@")[2]
    outgoing = Outgoing(
        message_id=f"code.{claim.id}.{tokens.sign(key, 'code mail', str(claim.id))}@{domain}",
        sender=Person(mailbox.address, mailbox.name),
        reply_to=Person(mailbox.address, mailbox.name),
        to=(Person(identity.value),),
        subject=subject,
        text=text,
        html=html,
        date=now,
        automatic="auto-generated",
    )
    return hand_over(claim, outgoing, mailbox, identity.value, now)


def _known(address: str) -> Identity | None:
    """The identity of an address that takes part in some ticket and that mail reaches, unless it is one of ours."""
    if {address, without_token(address)} & mailboxes.addresses():
        return None
    takes_part = select(Participant.id).where(Participant.identity_id == Identity.id, Participant.state == "active")
    return db.session.scalar(
        select(Identity).where(
            Identity.kind == "email",
            Identity.value == address,
            Identity.undeliverable_since.is_(None),
            takes_part.exists(),
        )
    )


def _mailbox_of(brand: Brand) -> Mailbox:
    """The brand's mailbox, the default one first."""
    found = db.session.scalar(
        select(Mailbox)
        .where(Mailbox.brand_id == brand.id, Mailbox.disabled_at.is_(None))
        .order_by(Mailbox.is_default.desc(), Mailbox.id)
        .limit(1)
    )
    found = found or mailboxes.default_mailbox()
    if found is None:
        raise DeliveryFailed("There is no mailbox to send from.", permanent=True)
    return found
