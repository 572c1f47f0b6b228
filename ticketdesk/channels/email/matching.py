"""Which ticket a mail belongs to: the first of six ways that succeeds (SEMANTICS 1)."""

from collections.abc import Callable, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.email.model import ParsedMail
from ticketdesk.channels.inbound import Match
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.tickets import chain
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import takes_part
from ticketdesk.tickets.ticket import Ticket

MOST_NUMBERS = 5
BESIDE = frozenset(["s", "o"])
"""Kinds of signed names that stand for what is beside a ticket."""


def find(parsed: ParsedMail, envelope_to: Sequence[str]) -> Match | None:
    """The ticket, and what led there; None when this mail begins something new."""
    keys = tokens.signing_keys()
    references = (*((parsed.in_reply_to,) if parsed.in_reply_to else ()), *reversed(parsed.references))
    named = next(iter(signed_recipients(parsed, envelope_to)), None)
    ways: tuple[tuple[str, Callable[[], int | None]], ...] = (
        ("recipient_token", lambda: _by_recipient(named, references, keys)),
        ("reference_token", lambda: _by_signed_reference(references, keys)),
        ("message_id", lambda: _by_stored_reference(references)),
        ("body_marker", lambda: ticket_of(identifiers.in_text(parsed.text, keys))),
        ("subject", lambda: _by_number(parsed)),
    )
    for threaded_by, way in ways:
        ticket_id = way()
        if ticket_id is not None:
            return Match(ticket_id, threaded_by)
    return None


def signed_recipients(parsed: ParsedMail, envelope_to: Sequence[str]) -> list[Named]:
    """What the signed addresses among the recipients stand for, best evidence first."""
    keys = tokens.signing_keys()
    found = (identifiers.in_address(address, keys) for address in (*envelope_to, *parsed.recipients))
    return [named for named in found if named is not None]


def names_a_ticket(parsed: ParsedMail, envelope_to: Sequence[str]) -> bool:
    """Whether anything that we signed stands in a mail for a ticket, or for what belongs to its conversation."""
    keys = tokens.signing_keys()
    references = (*((parsed.in_reply_to,) if parsed.in_reply_to else ()), *parsed.references)
    cited = (identifiers.in_message_id(reference, keys) for reference in references)
    named = (*signed_recipients(parsed, envelope_to), *(one for one in cited if one is not None))
    return any(one.kind not in BESIDE for one in named)


def ticket_of(named: Named | None) -> int | None:
    """The ticket that a signed name leads to, if it still exists; what belongs beside a ticket leads to none."""
    if named is None or named.kind in BESIDE:
        return None
    if named.kind == "m":
        return ticket_with(named.first)
    return db.session.scalar(select(Ticket.id).where(Ticket.id == named.first))


def ticket_with(message_id: int) -> int | None:
    """The ticket in which a message stands now."""
    return db.session.scalar(
        select(Placement.ticket_id).where(Placement.message_id == message_id, Placement.ended_at.is_(None))
    )


def is_closed(ticket_id: int) -> bool:
    """Whether a ticket, or the one it was merged into, takes no more messages."""
    found = chain.end(ticket_id)
    return found is None or found.category == "closed"


def _by_recipient(named: Named | None, references: Sequence[str], keys: Sequence[str]) -> int | None:
    """The ticket of a signed address, or where the message that is answered went when it left that ticket.

    The address a customer answers to was written before the split, and names the ticket it was written in.
    """
    ticket_id = ticket_of(named)
    if ticket_id is None or not references:
        return ticket_id
    moved = _moved_from(ticket_id, references, keys)
    return ticket_id if moved is None else moved


def _moved_from(ticket_id: int, references: Sequence[str], keys: Sequence[str]) -> int | None:
    """Where the first of the named messages stands now that once stood in a ticket; None if it is there."""
    signed = {
        named.first: reference
        for reference in references
        if (named := identifiers.in_message_id(reference, keys)) is not None and named.kind == "m"
    }
    was = aliased(Placement)
    rows = db.session.execute(
        select(Message.id, Message.rfc_id, Placement.ticket_id)
        .join(was, was.message_id == Message.id)
        .join(Placement, and_(Placement.message_id == Message.id, Placement.ended_at.is_(None)))
        .where(was.ticket_id == ticket_id, or_(Message.id.in_(signed), Message.rfc_id.in_(set(references))))
        .order_by(Message.id)
    ).all()
    stands = {name: row.ticket_id for row in rows for name in (row.rfc_id, signed.get(row.id)) if name is not None}
    return next((stands[reference] for reference in references if reference in stands), None)


def _by_signed_reference(references: Sequence[str], keys: Sequence[str]) -> int | None:
    for reference in references:
        ticket_id = ticket_of(identifiers.in_message_id(reference, keys))
        if ticket_id is not None:
            return ticket_id
    return None


def _by_stored_reference(references: Sequence[str]) -> int | None:
    if not references:
        return None
    rows = db.session.execute(
        select(Message.rfc_id, Placement.ticket_id)
        .join(Placement, Placement.message_id == Message.id)
        .where(Message.rfc_id.in_(set(references)), Placement.ended_at.is_(None))
        .order_by(Message.id)
    ).all()
    # Of several messages with one id, the newest is meant.
    tickets: dict[str | None, int] = {row.rfc_id: row.ticket_id for row in rows}
    return next((tickets[reference] for reference in references if reference in tickets), None)


def _by_number(parsed: ParsedMail) -> int | None:
    if not parsed.sender_known or parsed.sender is None:
        return None
    for number in _numbers(parsed.subject):
        ticket_id = db.session.scalar(select(Ticket.id).where(Ticket.number == number))
        identity_id = db.session.scalar(
            select(Identity.id).where(Identity.kind == "email", Identity.value == parsed.sender.address)
        )
        if ticket_id is not None and identity_id is not None and takes_part(ticket_id, identity_id):
            return ticket_id
    return None


def _numbers(subject: str) -> list[int]:
    found: list[int] = []
    for piece in subject.split("[#")[1 : MOST_NUMBERS + 1]:
        digits = piece.partition("]")[0].strip()
        if "]" in piece and digits.isascii() and digits.isdigit() and len(digits) < 19:
            found.append(int(digits))
    return found
