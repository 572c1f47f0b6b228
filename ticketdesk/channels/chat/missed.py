"""Answers that nobody was there to read: after a while they go by mail, all of them in one."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from ticketdesk.channels.chat import belonging, talk, visiting
from ticketdesk.channels.chat.reaching import UNDELIVERED
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.registry import CHANNELS
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import outbox
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim, NotYet, OutboxRow
from ticketdesk.tickets import medium, participant, timeline
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket

QUIET = CHANNELS["chat"].patience
"""So long after the agent's last words."""
GONE = timedelta(minutes=3)
"""And so long after the visitor left (SEMANTICS 8)."""
LOOK_AGAIN = timedelta(seconds=30)
"""At the earliest, while the visitor is there and has not looked."""
MAIL_TASK = "mail.chat_missed"
PURPOSE = "chat_missed"


def look(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task for one answer: read by now, to be mailed with what else is unread, or looked at later.

    The result is "read", "later" when a newer answer takes it along, "waits" in the chat for want of an address, or
    "mailed". Raises NotYet. The visitor is locked, and then the ticket, so that reading and mailing exclude each other.
    """
    message = db.session.get_one(Message, claim.message_id)
    if message.redacted_at is not None:
        return "cancelled", None
    visitor = visitor_of(message)
    if visitor is None:
        return "done", "waits"
    visitor = visiting.locked(visitor)
    ticket = lock_one(_place(message.id))
    if _place(message.id) != ticket.id:
        raise NotYet(now)  # merged, or separated, while the lock was waited for
    unread = talk.unread(visitor)
    if message.id not in unread:
        return "done", "read"
    if message.id != unread[-1]:
        return "done", "later"
    identity = address_of(visitor, ticket)
    if identity is None or not _has_an_answer(unread):
        return "done", "waits"
    gone = visiting.left_since(visitor, now)
    if gone is None:
        raise NotYet(max(visitor.last_seen_at + GONE, now + LOOK_AGAIN))
    due = max(message.written_at + QUIET, gone + GONE)
    if due > now:
        raise NotYet(due)
    _mail(ticket, visitor, unread, identity, now)
    return "done", "mailed"


def visitor_of(message: Message) -> Visitor | None:
    """Who is to read an answer: whoever wrote what it answers, else the visitor of its ticket."""
    asked = select(Message.identity_id).where(Message.id == message.answers_id).scalar_subquery()
    found = db.session.scalar(select(Visitor).where(Visitor.identity_id == asked, Visitor.ended_at.is_(None)))
    return found or belonging.of_ticket(db.session.get_one(Ticket, _place(message.id)))


def address_of(visitor: Visitor, ticket: Ticket) -> Identity | None:
    """Where answers may go by mail: the address the visitor gave, while it takes part and takes mail."""
    if visitor.email_identity_id is None or not participant.takes_part(ticket.id, visitor.email_identity_id):
        return None
    identity = db.session.get_one(Identity, visitor.email_identity_id)
    return identity if identity.undeliverable_since is None else None


def _mail(ticket: Ticket, visitor: Visitor, unread: list[int], identity: Identity, now: datetime) -> None:
    """One mail for all of it; from here on it counts as read, so that nothing comes twice."""
    newest = unread[-1]
    visiting.has_read(visitor, newest)
    db.session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.message_id.in_(unread[:-1]),
            OutboxRow.task == UNDELIVERED,
            OutboxRow.state.in_(("queued", "done")),
        )
        .values(state="done", response="mailed", finished_at=now),
        execution_options={"synchronize_session": False},
    )
    timeline.record(ticket, "mailed_unread", SYSTEM, now, {"message_ids": unread, "identity_id": identity.id})
    medium.turn_to_mail(ticket, SYSTEM, now)
    outbox.add(
        MAIL_TASK,
        {"ticket_id": ticket.id, "message_ids": unread},
        due_at=now,
        lane="mail",
        message_id=newest,
        recipient=identity.value,
        channel="email",
        purpose=PURPOSE,
    )
    db.session.flush()


def _has_an_answer(message_ids: list[int]) -> bool:
    """Whether a person wrote any of them; what we say by ourselves goes along, and is no reason for a mail."""
    return (
        db.session.scalar(select(Message.id).where(Message.id.in_(message_ids), Message.automatic.is_(False)).limit(1))
        is not None
    )


def _place(message_id: int) -> int:
    return db.session.scalars(
        select(Placement.ticket_id).where(Placement.message_id == message_id, Placement.ended_at.is_(None))
    ).one()
