"""From a reply to its recipients: a row of the outbox for each, and what becomes of it."""

from datetime import datetime

from sqlalchemy import bindparam, select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels import signing
from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.channels.registry import CHANNELS, OWN_TASKS
from ticketdesk.core import bell, outbox, tokens
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound
from ticketdesk.core.outbox import Claim, OutboxRow
from ticketdesk.tickets import timeline, withdrawing
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

LOST = ("failed", "bounced", "parked", "cancelled")
LEAVE_TASK = "reply.leave"
RING = "delivery"
"""The kind of ring that says that deliveries of a ticket's messages have moved."""
RUNG_FOR = frozenset(["reply_failed", "reply_bounced", "reply_repeated"])
REPEATABLE = ("failed", "bounced", "ambiguous", "parked")
"""States from which a person may ask for another attempt."""


def spread(event: Event) -> None:
    """When a reply was written: fix its Message-ID and signature, and leave one row for each recipient, all at once.

    They are due when the time to take it back is over (`tickets.withdrawing`). What is fetched instead of sent has one
    row, without a recipient.
    """
    message = db.session.get_one(Message, event.data["message_id"])
    channel = CHANNELS[message.channel]
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if not channel.has_addresses:
        outbox.add(
            channel.task,
            {"ticket_id": ticket.id},
            due_at=event.at + channel.patience,
            lane=channel.lane,
            message_id=message.id,
            channel=channel.kind,
            purpose="reply",
        )
        return
    sender = sending_mailbox(ticket)
    if message.rfc_id is None and sender is not None:
        domain = sender.address.rpartition("@")[2]
        message.rfc_id = identifiers.message_id(Named("m", message.id), domain, tokens.signing_keys()[0])
    if message.agent_id is not None and not message.facts.get("is_signed"):
        message.signature = signing.below(ticket, db.session.get_one(Agent, message.agent_id))
    purpose = event.data.get("purpose", "reply")
    due_at = message.leaves_at or event.at
    if message.leaves_at is not None:
        outbox.add(LEAVE_TASK, {"message_id": message.id}, due_at=due_at, once=withdrawing.leaving(message.id))
    for recipient in message.recipients:
        outbox.add(
            OWN_TASKS.get(purpose, channel.task),
            {"ticket_id": ticket.id},
            due_at=due_at,
            lane=channel.lane,
            message_id=message.id,
            recipient=recipient.address,
            channel=channel.kind,
            purpose=purpose,
        )


def leave(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: a reply cannot be taken back any more, so those it is for may see it on their pages."""
    message = withdrawing.leave(claim.payload["message_id"], now)
    if message is None:
        return "cancelled", None
    reference = _reference(message.id)
    if reference is not None:
        bell.ring(f"talk:{reference}")
        bell.ring(f"ticket:{reference}", kind=RING)
    return "done", None


def ring(claim: Claim) -> None:
    """Whatever an attempt came to: after the commit, pages that show the message ask what became of it.

    What has begun to leave cannot be taken back, so customers may see it, also where `leave` is late.
    """
    if claim.message_id is None:
        return
    db.session.execute(
        update(Message).where(Message.id == claim.message_id, Message.leaves_at.is_not(None)).values(leaves_at=None)
    )
    reference = _reference(claim.message_id)
    if reference is not None:
        bell.ring(f"ticket:{reference}", kind=RING)


def ring_for(event: Event) -> None:
    """Listener of now: what became of a message is another than a page may show."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    bell.ring(f"ticket:{ticket.reference}", kind=RING)


def _reference(message_id: int) -> str | None:
    """That of the ticket in which a message stands."""
    return db.session.scalar(_REFERENCE, {"message_id": message_id})


# Built once: it is asked for each attempt at sending, and building costs more than asking.
_REFERENCE = (
    select(Ticket.reference)
    .join(Placement, Placement.ticket_id == Ticket.id)
    .where(Placement.message_id == bindparam("message_id"), Placement.ended_at.is_(None))
)


def sending_mailbox(ticket: Ticket) -> Mailbox | None:
    """The mailbox a ticket's mail leaves from: its own while in use, else the default one."""
    found = db.session.get(Mailbox, ticket.mailbox_id) if ticket.mailbox_id is not None else None
    return found if found is not None and found.disabled_at is None else mailboxes.default_mailbox()


def hold(claim: Claim) -> Ticket | None:
    """The ticket that a row is about, locked; None for a row that is about none.

    Whoever sends again or takes back locks the ticket before its rows, and so must whoever gives a row up.
    """
    ticket_id = None
    if claim.message_id is not None:
        ticket_id = db.session.scalar(
            select(Placement.ticket_id).where(Placement.message_id == claim.message_id, Placement.ended_at.is_(None))
        )
    return None if ticket_id is None else lock_one(ticket_id)


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """A row was given up: the ticket tells, so that the author hears of it and clocks go on."""
    ticket = hold(claim)
    if ticket is None or claim.message_id is None:
        return
    if not nobody_reached(ticket, claim.message_id, claim.id, now):
        timeline.record(
            ticket,
            "reply_failed",
            SYSTEM,
            now,
            {"message_id": claim.message_id, "outbox_id": claim.id, "permanent": False},
        )


def nobody_reached(ticket: Ticket, message_id: int, row_id: int, at: datetime, *, bounced: bool = False) -> bool:
    """Record that a message failed for good when none of its recipients can have it any more."""
    db.session.flush()
    states = db.session.scalars(select(OutboxRow.state).where(OutboxRow.message_id == message_id)).all()
    if not all(state in LOST for state in states):
        return False
    data = {"message_id": message_id, "outbox_id": row_id, "permanent": True, "bounced": bounced}
    timeline.record(ticket, "reply_failed", SYSTEM, at, data)
    return True


def repeat(row: OutboxRow, by: Actor, at: datetime) -> OutboxRow:
    """Send again to one recipient, because a person asked for it; raises Conflict unless it is at rest, or NotFound."""
    ticket_id = db.session.scalar(
        select(Placement.ticket_id).where(Placement.message_id == row.message_id, Placement.ended_at.is_(None))
    )
    if ticket_id is None:
        raise NotFound("There is no such message.")
    ticket = lock_one(ticket_id)
    row = db.session.scalars(
        select(OutboxRow).where(OutboxRow.id == row.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if row.state not in REPEATABLE:
        raise Conflict("This message is on its way or has arrived.")
    outbox.again(row, at)
    row.doubts, row.response = 0, None
    timeline.record(ticket, "reply_repeated", by, at, {"message_id": row.message_id, "outbox_id": row.id})
    return row
