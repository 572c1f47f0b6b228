"""From a side conversation to those who are asked: a row of the outbox for each, and what becomes of it."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.channels.delivery import REPEATABLE, sending_mailbox
from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.core import bell, outbox, tokens
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound
from ticketdesk.core.outbox import Claim, OutboxRow
from ticketdesk.tickets import side_talking, side_withdrawing, timeline
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

TASK = "mail.side"
PURPOSE = "side"
LANE = "mail"
KINDS = frozenset(["side_begun", "side_sent"])
"""The events by which something leaves."""


def spread(event: Event) -> None:
    """Listener of now: fix the Message-ID and leave one row for each recipient, due when it cannot be taken back."""
    message = db.session.get_one(SideMessage, event.data["message_id"])
    ticket = db.session.get_one(Ticket, event.ticket_id)
    sender = sending_mailbox(ticket)
    if message.rfc_id is None and sender is not None:
        domain = sender.address.rpartition("@")[2]
        message.rfc_id = identifiers.message_id(Named("o", message.id), domain, tokens.signing_keys()[0])
    for address, _name in message.recipients:
        outbox.add(
            TASK,
            {"side_message_id": message.id},
            due_at=message.leaves_at or event.at,
            lane=LANE,
            recipient=address,
            channel="email",
            purpose=PURPOSE,
            once=side_withdrawing.name_of(message.id, address),
        )


def hold(claim: Claim) -> Ticket | None:
    """The ticket that a row is about, locked: whoever takes back or sends again locks it before its rows."""
    message = db.session.get(SideMessage, claim.payload["side_message_id"])
    return None if message is None else side_talking.locked(message.side_id)[0]


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """A row was given up: the ticket tells, so that the author hears of it."""
    tell_failed(claim.payload["side_message_id"], claim.id, now)


def tell_failed(message_id: int, row_id: int, at: datetime) -> None:
    """Record that a mail did not reach somebody who was asked."""
    message = db.session.get(SideMessage, message_id)
    if message is None:
        return
    ticket, side = side_talking.locked(message.side_id)
    data = {"side_id": side.id, "message_id": message.id, "outbox_id": row_id}
    timeline.record(ticket, "side_failed", SYSTEM, at, data)


def ring(claim: Claim) -> None:
    """Whatever an attempt came to: after the commit, pages that show the message ask for all of it anew."""
    found = (
        select(Ticket.reference)
        .join(SideConversation, SideConversation.ticket_id == Ticket.id)
        .join(SideMessage, SideMessage.side_id == SideConversation.id)
        .where(SideMessage.id == claim.payload["side_message_id"])
    )
    reference = db.session.scalar(found)
    if reference is not None:
        bell.ring(f"ticket:{reference}")


def repeat(side_id: int, row_id: int, by: Actor, at: datetime) -> OutboxRow:
    """Send again to one recipient, because a person asked; raises Conflict unless it is at rest, or NotFound."""
    ticket, side = side_talking.locked(side_id)
    row = db.session.scalars(
        select(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.task == TASK)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such delivery.")
    message = side_talking.message_of(side, row.payload["side_message_id"])
    if row.state not in REPEATABLE:
        raise Conflict("This message is on its way or has arrived.")
    outbox.again(row, at)
    row.doubts, row.response = 0, None
    timeline.record(
        ticket, "side_repeated", by, at, {"side_id": side.id, "message_id": message.id, "outbox_id": row.id}
    )
    return row
