"""Chats that nobody accepts, or that an agent lays aside: the visitor is told, and they wait as tickets."""

from datetime import datetime

from sqlalchemy import func, literal, select

from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.routing import waiting
from ticketdesk.tickets import medium, timeline
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

BATCH = 50
WHY = ("nobody_there", "nobody_accepted", "laid_aside")
"""Codes of why a chat waits as a ticket: nobody was there to ask, nobody accepted it in time, an agent said so."""


def give_up(now: datetime, limit: int = BATCH) -> int:
    """Let the chats wait as tickets that nobody accepted within their queue's time; returns how many.

    One that somebody holds has its turn next time.
    """
    over = Ticket.rings_since <= literal(now) - func.make_interval(0, 0, 0, 0, 0, 0, Queue.chat_waits_s)
    ids = db.session.scalars(
        select(Ticket.id)
        .join(Queue, Queue.id == Ticket.queue_id)
        .where(Ticket.rings_since.is_not(None), over)
        .order_by(Ticket.rings_since)
        .limit(limit)
    ).all()
    tickets = waiting.lock_waiting(ids, waiting.waits(), Ticket.rings_since.is_not(None))
    for ticket in tickets:
        leave_waiting(ticket, "nobody_accepted", SYSTEM, now)
    return len(tickets)


def leave_waiting(ticket: Ticket, why: str, by: Actor, now: datetime) -> None:
    """Let a locked chat wait as a ticket; what rings of it ends, and whoever listens tells the visitor.

    From now on it is measured and handed out like mail.
    """
    waited = round((now - ticket.rings_since).total_seconds()) if ticket.rings_since is not None else None
    medium.turn_to_mail(ticket, by, now, why)
    timeline.record(ticket, "chat_unanswered", by, now, {"why": why, "waited_s": waited})
