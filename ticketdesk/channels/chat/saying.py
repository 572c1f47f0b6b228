"""What a visitor says: the first words open a ticket, the others go into it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from ticketdesk.accounts import throttling
from ticketdesk.channels import inbound
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.chat import belonging, recognising, topics, unanswered, visiting
from ticketdesk.channels.chat.visiting import TooFast
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.inbound import Inbound, Match, Sender
from ticketdesk.contacts.contact import NAMELESS, Identity
from ticketdesk.core import tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import medium
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import TALK, Letter
from ticketdesk.tickets.ticket import CHAT

LONGEST = 10_000
"""Letters of one message; the words that refuse more say the number, as they are translated."""
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
    """Take a message in; the same `client_key` of the same person again gives what it made, and False.

    The visitor is locked, so that the same message sent twice at once is one, and two first messages open one ticket.
    Raises Invalid for an empty or endless text, NotAllowed where a signature is asked for, and TooFast.
    """
    visitor = visiting.locked(visitor)
    key = f"chat:{visitor.id}:{client_key}"
    made = db.session.scalar(_MADE, {"keys": _keys(visitor, client_key)})
    if made is not None:
        return made, False
    visiting.check_may_write(widget, visitor)
    most, window = SPEED
    if throttling.count(f"chat messages:{visitor.id}", window, at) > most:
        raise TooFast("That was a lot at once. Please wait a minute.")
    visiting.is_here(visitor, at)
    visiting.moved(visitor, page, at)
    stands = belonging.place_of(visitor)
    if stands is not None and stands.category != "closed" and stands.medium != CHAT and not unanswered.waits(stands):
        medium.turn_to_chat(stands, Actor("contact", visitor.identity_id), at)
    queue_id = topics.queue_of(widget, visitor.topic)
    opens = stands is None or stands.category == "closed"
    delivered = inbound.deliver(
        Inbound(
            brand_id=widget.brand_id,
            queue_id=queue_id,
            mailbox_id=mailboxes.of_brand(widget.brand_id, queue_id) if opens else None,
            sender=_sender(visitor),
            answers_to=Sender("email", visitor.email, visitor.name) if visitor.email else None,
            letter=Letter(
                channel="chat",
                subject=subject(text, files),
                text=_words(text, files),
                files=tuple(files),
                client_key=key,
                facts=_facts(visitor, is_first=stands is None),
            ),
            received_at=at,
            match=Match(stands.id, TALK) if stands is not None else None,
        )
    )
    visitor.ticket_id, visitor.identity_id = delivered.ticket.id, delivered.message.identity_id
    visitor.email_identity_id = delivered.answers_to_id or visitor.email_identity_id
    visiting.share(visitor)
    recognising.by_signature(visitor, at)
    return delivered.message, True


_MADE = select(Message).where(Message.client_key.in_(bindparam("keys", expanding=True)))


def _keys(visitor: Visitor, client_key: str) -> list[str]:
    """Under which keys the message may stand already: its browser may have been recognised anew since it was sent."""
    ids = [visitor.id]
    if visitor.external_id is not None:
        ids = list(db.session.scalars(select(Visitor.id).where(visiting.browsers(visitor))))
    return [f"chat:{visitor_id}:{client_key}" for visitor_id in ids]


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
        raise Invalid("This is too long: at most 10,000 letters fit. Send it in parts, or as a file.", "text")
    return words


def _facts(visitor: Visitor, *, is_first: bool) -> Json:
    """Where they were when they wrote, and with the first words what they chose to write about."""
    facts: Json = {"page": visitor.page} if visitor.page else {}
    if is_first and visitor.topic:
        facts["answers"] = [["About", visitor.topic]]
    return facts


def _sender(visitor: Visitor) -> Sender:
    """Who writes: whom the site signs for, else this browser, whose reference proves nothing and opens nothing."""
    if visitor.external_id is not None:
        return Sender("external", visitor.external_id, visitor.name, verification="signed")
    if visitor.identity_id is None:
        return Sender("visitor", tokens.reference(), visitor.name or NAMELESS)
    known = db.session.get_one(Identity, visitor.identity_id)
    return Sender("visitor", known.value, visitor.name or NAMELESS, known=known)
