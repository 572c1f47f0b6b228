"""From a message of a side conversation to the mail that carries it: it says nothing of the ticket it belongs to."""

from datetime import datetime

from sqlalchemy import Row, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.channels import signing
from ticketdesk.channels.email import identifiers, letters
from ticketdesk.channels.email.composing import File, Outgoing, Person, answering, html_of, line
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.email.sending import hand_over
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import storage, tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage
from ticketdesk.tickets.ticket import Ticket

TEMPLATE = "side"
MOST_BEFORE = 50
"""Earlier messages that a mail refers to."""


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: carry one message to one recipient; raises DeliveryFailed."""
    if claim.recipient is None:
        raise DeliveryFailed("The row names no recipient.", permanent=True)
    message = db.session.get(SideMessage, claim.payload["side_message_id"])
    if message is None or message.withdrawn_at is not None:
        return "cancelled", "The message was taken away before it left."
    outgoing, mailbox = of_message(message)
    return hand_over(claim, outgoing, mailbox, claim.recipient, now)


def of_message(message: SideMessage) -> tuple[Outgoing, Mailbox]:
    """The mail, and the mailbox it leaves from; raises DeliveryFailed where there is none."""
    side = db.session.get_one(SideConversation, message.side_id)
    ticket = db.session.get_one(Ticket, side.ticket_id)
    mailbox = letters.mailbox_of(ticket)
    brand = db.session.get_one(Brand, ticket.brand_id)
    agent = db.session.get_one(Agent, message.agent_id)
    key, domain = tokens.signing_keys()[0], mailbox.address.rpartition("@")[2]
    if message.rfc_id is None:
        message.rfc_id = identifiers.message_id(Named("o", message.id), domain, key)
    before = _before(message)
    answered = next((one.rfc_id for one in reversed(before) if one.direction == "in"), None)
    words = {
        "text": message.text,
        "html": html_of(message.text),
        **letters.signed(signing.below_outside(ticket, agent)),
        "subject": answering(side.subject) if before else line(side.subject, 200),
        "title": line(side.subject, 200),
        "brand": brand,
        "mark": None,
    }
    subject, text, html = letters.rendered(TEMPLATE, brand.locale, words)
    outgoing = Outgoing(
        message_id=message.rfc_id,
        sender=Person(mailbox.address, f"{agent.name} ({mailbox.name})" if mailbox.name else agent.name),
        reply_to=Person(identifiers.address(mailbox.address, Named("s", side.id), key), mailbox.name),
        to=tuple(Person(address, name) for address, name in message.recipients),
        subject=subject,
        text=text,
        html=html,
        date=message.written_at,
        in_reply_to=answered,
        references=tuple(one.rfc_id for one in before if one.rfc_id is not None),
        files=_files(message),
    )
    return outgoing, mailbox


def _before(message: SideMessage) -> list[Row[str | None, str]]:
    """What was said before, the oldest first: the first and the newest, which is all that a thread needs.

    Held mail is nobody's business, and what was taken back never was.
    """
    said = select(SideMessage.rfc_id, SideMessage.direction).where(
        SideMessage.side_id == message.side_id,
        SideMessage.id < message.id,
        SideMessage.held.is_(False),
        SideMessage.inert.is_(None),
        SideMessage.withdrawn_at.is_(None),
    )
    newest = said.order_by(SideMessage.written_at.desc(), SideMessage.id.desc()).limit(MOST_BEFORE)
    found = list(db.session.execute(newest))[::-1]
    if len(found) == MOST_BEFORE:
        first = db.session.execute(said.order_by(SideMessage.written_at, SideMessage.id).limit(1)).one()
        found = [first, *found[1:]]
    return found


def _files(message: SideMessage) -> tuple[File, ...]:
    rows = db.session.scalars(
        select(Attachment).where(Attachment.side_message_id == message.id).order_by(Attachment.position, Attachment.id)
    )
    return tuple(File(row.filename, row.content_type, storage.read(row.blob_sha256)) for row in rows)
