"""From a message of ours to the mail that carries it: who it is from, what it answers, and the words around it."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import bindparam, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.delivery import sending_mailbox
from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.composing import File, Outgoing, Person, answering, html_of, inlined, line
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import storage, tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.markdown import unescaped
from ticketdesk.tickets import sight
from ticketdesk.tickets import tracking as links
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.placing import STANDING
from ticketdesk.tickets.ticket import Ticket

AUTOMATIC = {
    "acknowledgement": "auto-replied",
    "merged": "auto-generated",
    "survey": "auto-generated",
    "promise_moved": "auto-generated",
}
"""The purposes of mail that no person wrote, in the words of RFC 3834."""


def of_message(
    message: Message,
    purpose: str,
    more: Mapping[str, object] = MappingProxyType({}),
    unsubscribe: str | None = None,
) -> tuple[Outgoing, Mailbox]:
    """The mail of a reply or of an automatic message, and the mailbox it leaves from; raises DeliveryFailed.

    `more` are words that only the templates of this purpose know, links for instance that no message keeps.
    """
    ticket = db.session.scalars(_STANDS_IN, {"message_id": message.id}).one()
    mailbox = mailbox_of(ticket)
    brand = db.session.get_one(Brand, ticket.brand_id)
    agent = db.session.get(Agent, message.agent_id) if message.agent_id is not None else None
    answered = db.session.get(Message, message.answers_id) if message.answers_id is not None else None
    key = tokens.signing_keys()[0]
    if message.rfc_id is None:
        domain = mailbox.address.rpartition("@")[2]
        message.rfc_id = identifiers.message_id(Named("m", message.id), domain, key)
    words = {
        "text": message.text,
        "html": html_of(message.text),
        **signed(message.signature),
        "mark": identifiers.mark(Named("t", ticket.id), key),
        "brand": brand,
        "number": ticket.number,
        "subject": answering(ticket.subject),
        "title": line(ticket.subject, 200) if agent is not None else brand.name,
        **more,
    }
    subject, text, html = rendered(purpose, brand.locale, words)
    people = _people(message)
    outgoing = Outgoing(
        message_id=message.rfc_id,
        sender=Person(mailbox.address, _sender_name(agent, mailbox)),
        reply_to=Person(identifiers.address(mailbox.address, Named("t", ticket.id), key), mailbox.name),
        to=people["to"],
        cc=people["cc"],
        subject=subject,
        text=text,
        html=html,
        date=message.written_at,
        in_reply_to=answered.rfc_id if answered is not None else None,
        references=_references(ticket, message),
        thread_topic=answered.thread_topic if answered is not None and agent is not None else None,
        thread_index=answered.thread_index if answered is not None else None,
        automatic=AUTOMATIC.get(purpose),
        unsubscribe=unsubscribe,
        files=files_of(message.id),
    )
    return outgoing, mailbox


def signed(signature: str) -> dict[str, object]:
    """A signature, Markdown, for the text and for the HTML of a mail; nothing where there is none."""
    return {"signature": unescaped(signature), "signature_html": html_of(signature)} if signature else {}


def tracking(message: Message, recipient: str, at: datetime) -> dict[str, object]:
    """The recipient's own `link` to the ticket's page, for the templates; an empty one for who takes no part in it."""
    found = db.session.execute(_OF_RECIPIENT, {"message_id": message.id, "recipient": recipient}).one_or_none()
    if found is None or sight.participant_of(found[0], found[1]) is None:
        return {"link": ""}
    return {"link": links.address(links.link_for(found[0].id, found[1], at))}


def mailbox_of(ticket: Ticket) -> Mailbox:
    """The mailbox to write from; raises DeliveryFailed when there is none."""
    mailbox = sending_mailbox(ticket)
    if mailbox is None:
        raise DeliveryFailed("There is no mailbox to send from. Add one, then send again.")
    return mailbox


def rendered(name: str, locale: str, words: dict[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail in `templates/mail/<name>/`, in the reader's language."""
    with force_locale(locale):
        parts = [
            current_app.jinja_env.get_template(f"mail/{name}/{part}").render(**words)
            for part in ("subject.txt", "body.txt", "body.html")
        ]
    return parts[0].strip(), parts[1].strip() + "\n", inlined(parts[2])


def words_of(name: str, locale: str, words: dict[str, Any]) -> str:
    """The words that stand in the conversation for an automatic mail: `templates/mail/<name>/words.txt`."""
    with force_locale(locale):
        return current_app.jinja_env.get_template(f"mail/{name}/words.txt").render(**words).strip()


def _sender_name(agent: Agent | None, mailbox: Mailbox) -> str:
    return f"{agent.name} ({mailbox.name})" if agent is not None and mailbox.name else mailbox.name


def _people(message: Message) -> dict[str, tuple[Person, ...]]:
    """Who gets it, by role."""
    rows = db.session.execute(_PEOPLE, {"message_id": message.id}).all()
    return {
        role: tuple(Person(address, name) for of_role, address, name in rows if of_role == role)
        for role in ("to", "cc")
    }


def _references(ticket: Ticket, message: Message) -> tuple[str, ...]:
    """The ids of what was said before in public, the oldest first; held mail is nobody's business."""
    rows = db.session.scalars(_SAID_BEFORE, {"ticket_id": ticket.id, "message_id": message.id})
    return tuple(found for found in rows if found is not None)


def files_of(message_id: int) -> tuple[File, ...]:
    """The files of a message, read."""
    rows = db.session.scalars(_FILES, {"message_id": message_id})
    return tuple(File(row.filename, row.content_type, storage.read(row.blob_sha256)) for row in rows)


# Built once: they are asked for each mail that leaves, and building costs more than asking.
_STANDS_IN = (
    select(Ticket)
    .join(Placement, Placement.ticket_id == Ticket.id)
    .where(Placement.message_id == bindparam("message_id"), Placement.ended_at.is_(None))
)
_OF_RECIPIENT = _STANDS_IN.join(
    Identity, (Identity.kind == "email") & (Identity.value == bindparam("recipient"))
).add_columns(Identity.id)
_PEOPLE = (
    select(Recipient.role, Recipient.address, Recipient.name)
    .where(Recipient.message_id == bindparam("message_id"))
    .order_by(Recipient.id)
)
_SAID_BEFORE = (
    STANDING.with_only_columns(Message.rfc_id)
    .where(
        Message.kind == "public",
        Message.inert.is_(None),
        Message.rfc_id.is_not(None),
        Message.id < bindparam("message_id"),
    )
    .order_by(Placement.written_at, Placement.message_id)
)
_FILES = (
    select(Attachment)
    .where(Attachment.message_id == bindparam("message_id"))
    .order_by(Attachment.position, Attachment.id)
)
