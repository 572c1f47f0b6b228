"""Whoever goes gives back what the customer waits for, unless they keep their work."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import Availability
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import deciding, waiting
from ticketdesk.routing.projection import OURS, waits_for_us
from ticketdesk.tickets import assignment
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import CHAT, Ticket

BATCH = 50
WHY = ("offline", "not_heard", "left")
"""Codes of why a ticket was taken from an agent: they said so, their browser has been silent for too long, or they no
longer work here."""


def release_gone(now: datetime, limit: int = BATCH) -> int:
    """Take the unanswered tickets of agents who are gone back into their queues; returns how many.

    Those of queues that hand out their work, and talks of any queue: there somebody waits at this moment. A ticket that
    somebody holds has its turn next time.
    """
    taken = 0
    for channel in availability.CHANNELS:
        gone = db.session.scalars(availability.gone(channel, now)).all()
        if not gone or taken >= limit:
            continue
        why = _why(gone, channel)
        theirs = _theirs(gone, channel == "chat")
        ids = db.session.scalars(
            select(Ticket.id).where(*theirs).order_by(Ticket.due_order, Ticket.id).limit(limit - taken)
        ).all()
        tickets = waiting.lock_waiting(ids, *theirs)
        strategies = dict(
            db.session.execute(
                select(Queue.id, Queue.strategy).where(Queue.id.in_({ticket.queue_id for ticket in tickets}))
            ).all()
        )
        for ticket in tickets:
            if ticket.assignee_id is None or not waits_for_us(ticket):
                continue
            reason, strategy = why.get(ticket.assignee_id, "not_heard"), strategies[ticket.queue_id]
            made = deciding.decision(
                ticket, "released", now, reason=reason, strategy=strategy, from_id=ticket.assignee_id
            )
            deciding.keep([made])
            assignment.release(ticket, reason, SYSTEM, now)
            taken += 1
    return taken


def _why(agent_ids: Sequence[int], channel: str) -> dict[int, str]:
    """The code of why each of these agents is gone, where it is not that they were not heard of."""
    rows = db.session.execute(
        select(Agent.id, Agent.disabled_at, Availability.state)
        .outerjoin(Availability, and_(Availability.agent_id == Agent.id, Availability.channel == channel))
        .where(Agent.id.in_(agent_ids), or_(Agent.disabled_at.is_not(None), Availability.state == "offline"))
    )
    return {row.id: "offline" if row.disabled_at is None else "left" for row in rows}


def _theirs(agent_ids: Sequence[int], chats: bool) -> tuple[ColumnElement[bool], ...]:
    """The tickets of these agents that wait for us on one channel, and that are given back."""
    is_chat = func.coalesce(Ticket.turned_to, Ticket.channel) == CHAT
    handed_out = Ticket.queue_id.in_(select(Queue.id).where(Queue.strategy != "manual"))
    unanswered = or_(Ticket.answered_at.is_(None), Ticket.customer_wrote_at > Ticket.answered_at)
    return (
        Ticket.active(),
        Ticket.assignee_id.in_(agent_ids),
        Ticket.category.in_(OURS),
        Ticket.snoozed_until.is_(None),  # whoever put it away goes home meanwhile, and it is theirs when it is back
        unanswered,
        is_chat if chats else and_(~is_chat, handed_out),
    )
