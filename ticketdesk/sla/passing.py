"""Promises whose time has passed: each is judged soon after, also where its clock has long been over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from ticketdesk.core.db import db
from ticketdesk.sla import timers
from ticketdesk.sla.judging import OPEN
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.sla.sweep import GRACE, each
from ticketdesk.tickets.ticket import Ticket

BATCH = 50
REST = timedelta(hours=1)


def judge_passed(now: datetime, limit: int = BATCH) -> int:
    """Judge promises that are over, the oldest first, passing over locked tickets; returns how many were looked at."""
    over = (
        select(Ticket)
        .join(SlaPromise, SlaPromise.ticket_id == Ticket.id)
        .where(
            SlaPromise.state.in_(OPEN),
            SlaPromise.promised_for < now - GRACE,
            or_(SlaPromise.retry_at.is_(None), SlaPromise.retry_at <= now),
        )
        .order_by(SlaPromise.promised_for, SlaPromise.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True, of=Ticket)
        .execution_options(populate_existing=True)
    )
    tickets = db.session.scalars(over).unique().all()
    if tickets:
        each(tickets, now, lambda some: _judge(some, now), _rest)
    return len(tickets)


def _judge(tickets: Sequence[Ticket], now: datetime) -> None:
    for ticket in tickets:
        timers.refresh(ticket, now)


def _rest(ticket_id: int, now: datetime) -> None:
    """Let the open promises of a ticket that cannot be judged keep no others waiting."""
    rests = update(SlaPromise).where(SlaPromise.ticket_id == ticket_id, SlaPromise.state.in_(OPEN))
    db.session.execute(rests.values(retry_at=now + REST))
