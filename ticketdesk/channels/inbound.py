"""The one door for incoming messages: every channel makes the same value and hands it in here."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from ticketdesk.contacts import resolving
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json
from ticketdesk.tickets import chain, messages, opening, participant
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.messages import Letter
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.ticket import Ticket

InboundFile = NewFile
TURNING = str.maketrans("", "", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that set the direction of what follows: in a name or a subject they would turn our own words around it."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote: a normalised value on a channel; "none" says that nothing proves it."""

    kind: str
    value: str
    name: str
    verification: str = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """The ticket a message belongs to, and what led there (CONTRACTS: `threaded_by`)."""

    ticket_id: int
    threaded_by: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from outside, understood, with whatever its channel knows."""

    channel: str
    brand_id: int
    queue_id: int
    mailbox_id: int | None
    sender: Sender
    subject: str
    text: str
    received_at: datetime
    quoted_text: str = ""
    signature: str = ""
    html: str | None = None
    cleaner_version: int | None = None
    files: tuple[InboundFile, ...] = ()
    to: tuple[tuple[str, str], ...] = ()
    cc: tuple[tuple[str, str], ...] = ()
    dated_at: datetime | None = None
    rfc_id: str | None = None
    in_reply_to: str | None = None
    fingerprint: str | None = None
    same_id_as: int | None = None
    thread_topic: str | None = None
    thread_index: str | None = None
    match: Match | None = None
    may_join: bool = True  # False: even a participant's address proves nothing here, so hold it
    inert: str | None = None
    unanswerable: str | None = None
    sender_proven: bool = False
    raw_mail_id: int | None = None
    client_key: str | None = None
    spam: bool = False
    answers_to: Sender | None = None  # another way to the sender, which takes part from the beginning
    facts: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where a message ended up."""

    ticket: Ticket
    message: Message
    created: bool
    answers_to_id: int | None = None  # the identity of `Inbound.answers_to`, when a ticket was opened


def deliver(inbound: Inbound) -> Delivered:
    """Find out who wrote, find or open the ticket, and put the message in; in the caller's transaction."""
    inbound = _without_turning(inbound)
    at = inbound.received_at
    sender = inbound.sender
    identity = resolving.resolve(sender.kind, sender.value, sender.name, at, verification=sender.verification)
    ticket = chain.locked_end(inbound.match.ticket_id) if inbound.match is not None else None
    follows = None
    if ticket is not None and inbound.match is not None:
        if inbound.match.threaded_by == "subject" and not participant.takes_part(ticket.id, identity.id):
            ticket = None
        elif ticket.category == "closed":
            follows = ticket.id
            ticket = None
    if ticket is not None:
        message = messages.receive(ticket, identity, _letter(inbound), at, may_join=inbound.may_join)
        return Delivered(ticket, message, created=False)
    ticket = opening.open_ticket(
        queue_id=inbound.queue_id,
        requester=identity,
        subject=inbound.subject,
        channel=inbound.channel,
        by=Actor("contact", identity.id),
        at=at,
        mailbox_id=inbound.mailbox_id,
        brand_id=inbound.brand_id,
        follows_id=follows,
        spam=inbound.spam,
    )
    answers_to_id = _let_answers_go_to(ticket, inbound.answers_to, at)
    message = messages.receive(ticket, identity, _letter(inbound), at)
    return Delivered(ticket, message, created=True, answers_to_id=answers_to_id)


def _let_answers_go_to(ticket: Ticket, other: Sender | None, at: datetime) -> int | None:
    """Whoever opens a ticket may name another way to themselves.

    Nothing proves that it is theirs, so it counts for this ticket only, in which there is nothing to be read but what
    they wrote themselves and what they are answered (SECURITY R16).
    """
    if other is None:
        return None
    identity = resolving.resolve(other.kind, other.value, other.name, at, verification=other.verification)
    participant.add(ticket.id, identity.id, "cc", "active", at)
    return identity.id


def _without_turning(inbound: Inbound) -> Inbound:
    """The same with names and subject that run in their letters' own direction."""
    return replace(
        inbound,
        sender=replace(inbound.sender, name=inbound.sender.name.translate(TURNING)),
        subject=inbound.subject.translate(TURNING),
        to=tuple((address, name.translate(TURNING)) for address, name in inbound.to),
        cc=tuple((address, name.translate(TURNING)) for address, name in inbound.cc),
    )


def _letter(inbound: Inbound) -> Letter:
    return Letter(
        channel=inbound.channel,
        text=inbound.text,
        subject=inbound.subject,
        quoted_text=inbound.quoted_text,
        signature=inbound.signature,
        html=inbound.html,
        cleaner_version=inbound.cleaner_version,
        files=inbound.files,
        to=inbound.to,
        cc=inbound.cc,
        rfc_id=inbound.rfc_id,
        in_reply_to=inbound.in_reply_to,
        fingerprint=inbound.fingerprint,
        same_id_as=inbound.same_id_as,
        thread_topic=inbound.thread_topic,
        thread_index=inbound.thread_index,
        threaded_by=inbound.match.threaded_by if inbound.match is not None else None,
        inert=inbound.inert,
        unanswerable=inbound.unanswerable,
        sender_proven=inbound.sender_proven,
        raw_mail_id=inbound.raw_mail_id,
        client_key=inbound.client_key,
        dated_at=inbound.dated_at,
        facts=inbound.facts,
    )
