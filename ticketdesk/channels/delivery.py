"""From a reply to its recipients: a row of the outbox for each, and what becomes of it."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.channels.registry import CHANNELS, OWN_TASKS
from ticketdesk.core import outbox, tokens
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound
from ticketdesk.core.outbox import Claim, OutboxRow
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

LOST = ("failed", "bounced", "parked", "cancelled")
REPEATABLE = ("failed", "bounced", "ambiguous", "parked")
"""States from which a person may ask for another attempt."""


def spread(event: Event) -> None:
    """When a reply was written: fix its Message-ID and leave one row for each recipient, in the same transaction.

    What is fetched instead of sent has one row, without a recipient.
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
    purpose = event.data.get("purpose", "reply")
    for recipient in message.recipients:
        outbox.add(
            OWN_TASKS.get(purpose, channel.task),
            {"ticket_id": ticket.id},
            due_at=event.at,
            lane=channel.lane,
            message_id=message.id,
            recipient=recipient.address,
            channel=channel.kind,
            purpose=purpose,
        )


def sending_mailbox(ticket: Ticket) -> Mailbox | None:
    """The mailbox a ticket's mail leaves from: its own while in use, else the default one."""
    found = db.session.get(Mailbox, ticket.mailbox_id) if ticket.mailbox_id is not None else None
    return found if found is not None and found.disabled_at is None else mailboxes.default_mailbox()


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """A row was given up: the ticket tells, so that the author hears of it and clocks go on."""
    ticket_id = None
    if claim.message_id is not None:
        ticket_id = db.session.scalar(
            select(Placement.ticket_id).where(Placement.message_id == claim.message_id, Placement.ended_at.is_(None))
        )
    if ticket_id is None or claim.message_id is None:
        return
    ticket = lock_one(ticket_id)
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
