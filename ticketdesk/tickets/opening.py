"""Opening a ticket: a new number, a requester, a first place in a queue."""

from datetime import datetime

from ticketdesk.contacts.contact import Identity
from ticketdesk.core import tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.tickets import participant, timeline
from ticketdesk.tickets.locking import hold
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import default_status
from ticketdesk.tickets.ticket import Ticket

LONGEST_SUBJECT = 500


def open_ticket(
    *,
    queue_id: int,
    requester: Identity,
    subject: str,
    channel: str,
    by: Actor,
    at: datetime,
    mailbox_id: int | None = None,
    brand_id: int | None = None,
    priority: str = "normal",
    follows_id: int | None = None,
    spam: bool = False,
) -> Ticket:
    """Open a ticket without any message yet, under the queue's brand unless another one was written to; it is locked.

    Raises NoResultFound for an unknown queue.
    """
    queue = db.session.get_one(Queue, queue_id)
    status = default_status("new")
    ticket = Ticket(
        reference=tokens.reference(),
        brand_id=brand_id or queue.brand_id,
        queue_id=queue.id,
        mailbox_id=mailbox_id,
        requester_id=requester.id,
        subject=" ".join(subject.split())[:LONGEST_SUBJECT],
        channel=channel,
        last_channel=channel,
        priority=priority,
        status_id=status.id,
        category=status.category,
        opened_at=at,
        updated_at=at,
        follows_id=follows_id,
        spam_at=at if spam else None,
        last_seq=0,
        message_count=0,
        counted_in=[],
    )
    db.session.add(ticket)
    db.session.flush()
    hold(ticket)
    participant.begin(ticket.id, requester.id, at)
    timeline.record(
        ticket,
        "ticket_opened",
        by,
        at,
        {
            "queue_id": queue.id,
            "brand_id": ticket.brand_id,
            "priority": priority,
            "category": status.category,
            "channel": channel,
            "by_agent": by.kind == "agent",
            "spam": spam,
        },
    )
    return ticket
