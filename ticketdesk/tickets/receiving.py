"""Receiving what customers write, and letting in later what was held."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ticketdesk.contacts.contact import Identity
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import participant, placing, progress, retelling, timeline, writing
from ticketdesk.tickets.indexing import index
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile, place, snippet
from ticketdesk.tickets.ticket import Ticket

TALK = "visitor"
"""How a visitor's words find their ticket: locked, and theirs because they take part in it (`chat.belonging`)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What came in, already understood: the words, and everything worth keeping about them."""

    channel: str
    text: str
    subject: str | None = None
    quoted_text: str = ""
    signature: str = ""
    html: str | None = None
    html_new: str | None = None  # the newest words of it
    cleaner_version: int | None = None
    files: Sequence[NewFile] = ()
    to: Sequence[tuple[str, str]] = ()  # (address, name)
    cc: Sequence[tuple[str, str]] = ()
    rfc_id: str | None = None
    in_reply_to: str | None = None
    fingerprint: str | None = None
    same_id_as: int | None = None
    thread_topic: str | None = None
    thread_index: str | None = None
    threaded_by: str | None = None
    inert: str | None = None
    unanswerable: str | None = None
    sender_proven: bool = False
    raw_mail_id: int | None = None
    client_key: str | None = None
    dated_at: datetime | None = None
    facts: Json = field(default_factory=dict)


def receive(
    ticket: Ticket, identity: Identity, letter: Letter, at: datetime, *, may_join: bool = True, opens: bool = False
) -> Message:
    """A contact wrote: put it into the ticket and, unless it is held or inert, let it move things.

    Held means that the sender takes no part yet, or cannot be believed (SEMANTICS 1); inert that a machine wrote it.
    With the message that `opens` its ticket comes its requester. An answered ticket opens again.
    Raises Conflict for a closed ticket, which takes no more messages.
    """
    ticket = lock_one(ticket.id)
    writing.check_whole(ticket)
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed and takes no more messages.")
    held = not (opens or _is_return(letter) or letter.threaded_by == TALK)
    held = held and (not may_join or not participant.takes_part(ticket.id, identity.id))
    at = writing.in_turn(ticket, letter.channel, at)
    message = _incoming(identity, letter, at)
    if held:
        participant.add(ticket.id, identity.id, "third_party", "held", at, message.id)
    elif letter.inert is None:
        ticket.customer_wrote_at = at
    place(message, ticket, at, author=identity.called, held=held)
    by = Actor("contact", identity.id)
    timeline.record(
        ticket,
        "message_received",
        by,
        at,
        {"message_id": message.id, "held": held, "inert": letter.inert is not None, "channel": letter.channel},
    )
    if not held and letter.inert is None:
        _customer_wrote(ticket, by, at)
    return message


def accept(message_id: int, by: Actor, at: datetime) -> Message:
    """A held message belongs here after all: its sender takes part from now on. Raises NotFound, or Conflict."""
    placement = placing.standing(message_id)
    ticket = lock_one(placement.ticket_id)
    message = db.session.get_one(Message, message_id)
    if not placement.held or message.identity_id is None:
        raise Conflict("This message was accepted already.")
    placement.held = False
    index(message, ticket)
    participant.add(
        ticket.id, message.identity_id, "third_party", "active", at, message.id, sees_since=message.written_at
    )
    identity = db.session.get_one(Identity, message.identity_id)
    inert = message.inert is not None
    if not inert:
        ticket.customer_wrote_at = max(message.written_at, ticket.customer_wrote_at or message.written_at)
    retelling.retell_last_words(ticket)
    timeline.record(ticket, "message_accepted", by, at, {"message_id": message.id, "inert": inert})
    if not inert:
        _customer_wrote(ticket, Actor("contact", identity.id), at)
    return message


def _incoming(identity: Identity, letter: Letter, at: datetime) -> Message:
    return writing.keep(
        {
            "kind": "public",
            "direction": "in",
            "channel": letter.channel,
            "identity_id": identity.id,
            "automatic": letter.inert is not None,
            "subject": letter.subject,
            "text": letter.text,
            "quoted_text": letter.quoted_text,
            "signature": letter.signature,
            "html": letter.html,
            "html_new": letter.html_new,
            "cleaner_version": letter.cleaner_version,
            "snippet": snippet(letter.text),
            "rfc_id": letter.rfc_id,
            "in_reply_to": letter.in_reply_to,
            "fingerprint": letter.fingerprint,
            "same_id_as": letter.same_id_as,
            "thread_topic": letter.thread_topic,
            "thread_index": letter.thread_index,
            "threaded_by": letter.threaded_by,
            "inert": letter.inert,
            "unanswerable": letter.unanswerable,
            "sender_proven": letter.sender_proven,
            "raw_mail_id": letter.raw_mail_id,
            "client_key": letter.client_key,
            "written_at": at,
            "dated_at": letter.dated_at,
            "facts": letter.facts,
        },
        letter.to,
        letter.cc,
        letter.files,
        at,
    )


def _is_return(letter: Letter) -> bool:
    """Whether a machine sends back what we signed: nobody waits for a word of ours on a bounce or absence notice."""
    return letter.inert is not None and letter.threaded_by in ("recipient_token", "reference_token")


def _customer_wrote(ticket: Ticket, by: Actor, at: datetime) -> None:
    if ticket.category in ("pending", "on_hold", "solved"):
        progress.reopen(ticket, by, at)
