"""What a visitor says: the first words open a ticket, the others go into it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.accounts import throttling
from ticketdesk.channels import inbound
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.chat import visiting
from ticketdesk.channels.chat.visiting import TooFast
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.inbound import Inbound, Match, Sender
from ticketdesk.contacts.contact import NAMELESS, Identity
from ticketdesk.core import tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import medium
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile

LONGEST = 10_000
LONGEST_SUBJECT = 80
SPEED = (30, timedelta(minutes=1))
"""So many messages of one visitor are taken in so much time."""


def say(
    visitor: Visitor,
    widget: Widget,
    *,
    text: str,
    client_key: str,
    at: datetime,
    page: str = "",
    files: Sequence[NewFile] = (),
) -> tuple[Message, bool]:
    """Take a message in; the same `client_key` of the same visitor again gives what it made, and False.

    The visitor is locked, so that the same message sent twice at once is one, and two first messages open one ticket.
    Raises Invalid for an empty or endless text, and TooFast.
    """
    visitor = visiting.locked(visitor)
    key = f"chat:{visitor.id}:{client_key}"
    made = db.session.scalar(select(Message).where(Message.client_key == key))
    if made is not None:
        return made, False
    most, window = SPEED
    if throttling.count(f"chat messages:{visitor.id}", window, at) > most:
        raise TooFast("That was a lot at once. Please wait a minute.")
    visitor.last_seen_at, visitor.left_at = at, None
    visitor.page = page[: visiting.LONGEST_PAGE] or visitor.page
    stands = visiting.place_of(visitor)
    if stands is not None and stands.category != "closed":
        medium.turn_to_chat(stands, Actor("contact", visitor.identity_id), at)
    delivered = inbound.deliver(
        Inbound(
            channel="chat",
            brand_id=widget.brand_id,
            queue_id=widget.queue_id,
            mailbox_id=mailboxes.of_brand(widget.brand_id, widget.queue_id),
            sender=Sender("visitor", _value(visitor), visitor.name or NAMELESS),
            answers_to=Sender("email", visitor.email, visitor.name) if visitor.email else None,
            subject=subject(text, files),
            text=_words(text, files),
            received_at=at,
            files=tuple(files),
            match=Match(stands.id, "visitor") if stands is not None else None,
            client_key=key,
            facts={"page": visitor.page} if visitor.page else {},
        )
    )
    visitor.ticket_id, visitor.identity_id = delivered.ticket.id, delivered.message.identity_id
    visitor.email_identity_id = delivered.answers_to_id or visitor.email_identity_id
    return delivered.message, True


def subject(text: str, files: Sequence[NewFile]) -> str:
    """The first words of the first message."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    words = " ".join(line.split())
    if not words:
        return files[0].filename[:LONGEST_SUBJECT] if files else ""
    if len(words) <= LONGEST_SUBJECT:
        return words
    return words[: LONGEST_SUBJECT - 1].rpartition(" ")[0].rstrip(" ,;:.") + "…"


def _words(text: str, files: Sequence[NewFile]) -> str:
    words = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words and not files:
        raise Invalid("Write something first.", "text")
    if len(words) > LONGEST:
        raise Invalid(f"This is too long: at most {LONGEST:,} letters fit. Send it in parts, or as a file.", "text")
    return words


def _value(visitor: Visitor) -> str:
    """The visitor's own reference among the identities; it proves nothing and opens nothing."""
    if visitor.identity_id is None:
        return tokens.reference()
    return db.session.get_one(Identity, visitor.identity_id).value
