"""The one door for incoming messages: every channel makes the same value and hands it in here."""

from dataclasses import dataclass, replace
from datetime import datetime

from ticketdesk.contacts import resolving
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.actor import Actor
from ticketdesk.tickets import chain, opening, participant, receiving
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

TURNING = str.maketrans("", "", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that set the direction of what follows: in a name or a subject they would turn our own words around it."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote: a normalised value on a channel; "none" says that nothing proves it."""

    kind: str
    value: str
    name: str
    verification: str = "none"
    known: Identity | None = None  # where the channel has looked it up already


@dataclass(frozen=True, slots=True)
class Match:
    """The ticket a message belongs to, and what led there (CONTRACTS: `threaded_by`)."""

    ticket_id: int
    threaded_by: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """One letter from outside with whatever its channel knows of it."""

    brand_id: int
    queue_id: int
    mailbox_id: int | None
    sender: Sender
    letter: Letter
    received_at: datetime
    match: Match | None = None
    may_join: bool = True  # False: even a participant's address proves nothing here, so hold it
    spam: bool = False
    answers_to: Sender | None = None  # another way to the sender, which takes part from the beginning


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where a message ended up."""

    ticket: Ticket
    message: Message
    created: bool
    answers_to_id: int | None = None  # the identity of `Inbound.answers_to`, when a ticket was opened


def deliver(inbound: Inbound) -> Delivered:
    """Find out who wrote, find or open the ticket, and put the message in; in the caller's transaction."""
    letter = _as_told(inbound)
    at = inbound.received_at
    sender = inbound.sender
    identity = sender.known or resolving.resolve(
        sender.kind, sender.value, sender.name.translate(TURNING), at, verification=sender.verification
    )
    ticket = chain.locked_end(inbound.match.ticket_id) if inbound.match is not None else None
    follows = None
    if ticket is not None and inbound.match is not None:
        if inbound.match.threaded_by == "subject" and not participant.takes_part(ticket.id, identity.id):
            ticket = None
        elif ticket.category == "closed":
            follows = ticket.id
            ticket = None
    if ticket is not None:
        message = receiving.receive(ticket, identity, letter, at, may_join=inbound.may_join)
        return Delivered(ticket, message, created=False)
    ticket = opening.open_ticket(
        queue_id=inbound.queue_id,
        requester=identity,
        subject=letter.subject or "",
        channel=letter.channel,
        by=Actor("contact", identity.id),
        at=at,
        mailbox_id=inbound.mailbox_id,
        brand_id=inbound.brand_id,
        follows_id=follows,
        spam=inbound.spam,
    )
    answers_to_id = _let_answers_go_to(ticket, inbound.answers_to, at)
    message = receiving.receive(ticket, identity, letter, at, opens=True)
    return Delivered(ticket, message, created=True, answers_to_id=answers_to_id)


def _let_answers_go_to(ticket: Ticket, other: Sender | None, at: datetime) -> int | None:
    """Whoever opens a ticket may name another way to themselves.

    Nothing proves that it is theirs, so it counts for this ticket only, in which there is nothing to be read but what
    they wrote themselves and what they are answered (SECURITY R16).
    """
    if other is None:
        return None
    identity = resolving.resolve(
        other.kind, other.value, other.name.translate(TURNING), at, verification=other.verification
    )
    participant.add(ticket.id, identity.id, "cc", "active", at)
    return identity.id


def _as_told(inbound: Inbound) -> Letter:
    """The letter with what led it to its ticket, its names and subject running in their letters' own direction."""
    letter = inbound.letter
    return replace(
        letter,
        subject=letter.subject.translate(TURNING) if letter.subject is not None else None,
        to=tuple((address, name.translate(TURNING)) for address, name in letter.to),
        cc=tuple((address, name.translate(TURNING)) for address, name in letter.cc),
        threaded_by=inbound.match.threaded_by if inbound.match is not None else None,
    )
