"""Where answers go when a visitor is away: the address they type takes part in their talk."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.channels.chat import belonging, introduction, visiting
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.registry import CHANNELS
from ticketdesk.contacts import resolving
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import outbox
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import participant, sight, tracking
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket

UNDELIVERED = CHANNELS["chat"].task
"""The task that looks whether a chat message was read, and else mails it."""


def answer_to(visitor: Visitor, *, name: str, email: str, at: datetime) -> Visitor:
    """Answers shall go to an address by mail when the visitor is away. Raises Invalid for what is no address.

    It proves nothing of who they are: the address comes to take part in this one talk, in which there is nothing but
    what the visitor wrote and what they are answered (SECURITY R16). One that was typed before and never wrote loses
    its part, so that a slip of the finger leaves nobody else with the talk.
    """
    address = introduction.address(email)
    visitor = visiting.locked(visitor)
    before = visitor.email_identity_id
    visitor.email = address
    if name and not (visitor.external_id and visitor.name):  # what the site says outranks what is typed
        visitor.name = introduction.name(name)
        rename(visitor)
    ticket = belonging.place_of(visitor)
    if ticket is not None:
        identity = resolving.resolve("email", address, visitor.name, at)
        visitor.email_identity_id = identity.id
        if before is not None and before != identity.id:
            dismiss(ticket, before, at)
        participant.add(ticket.id, identity.id, "cc", "active", at, sees_since=_view(visitor, ticket))
        _look_again(ticket, at)
    visiting.share(visitor)
    return visitor


def rename(visitor: Visitor) -> None:
    """Let the visitor's identity have the name they are called by."""
    if visitor.identity_id is not None:
        resolving.rename(db.session.get_one(Identity, visitor.identity_id), visitor.name)


def dismiss(ticket: Ticket, identity_id: int, at: datetime) -> None:
    """Take an address out that never wrote: it was never more than a word of somebody else."""
    wrote = (
        select(Message.id)
        .join(Placement, Placement.message_id == Message.id)
        .where(Placement.ticket_id == ticket.id, Message.identity_id == identity_id)
    )
    taking = db.session.scalar(
        select(participant.Participant).where(
            participant.Participant.ticket_id == ticket.id,
            participant.Participant.identity_id == identity_id,
            participant.Participant.role == "cc",
        )
    )
    if taking is None or db.session.scalar(wrote.limit(1)) is not None:
        return
    taking.state = "removed"
    tracking.revoke(ticket.id, identity_id, at)


def _view(visitor: Visitor, ticket: Ticket) -> datetime | None:
    """Since when the visitor sees the ticket: whoever they name sees no more."""
    taking = sight.participant_of(ticket, visitor.identity_id) if visitor.identity_id is not None else None
    return taking.sees_since if taking is not None else None


def _look_again(ticket: Ticket, at: datetime) -> None:
    """The newest answer that waits for want of an address is looked at again."""
    row = db.session.scalar(
        select(OutboxRow)
        .join(Placement, Placement.message_id == OutboxRow.message_id)
        .where(
            Placement.ticket_id == ticket.id,
            Placement.ended_at.is_(None),
            OutboxRow.task == UNDELIVERED,
            OutboxRow.state == "done",
            OutboxRow.response == "waits",
        )
        .order_by(OutboxRow.message_id.desc())
        .limit(1)
        .with_for_update(of=OutboxRow)
    )
    if row is not None:
        outbox.again(row, at)
        row.response = None
