"""Promises whose time has passed: each is judged soon after, also where its clock has long been over."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update

from ticketdesk.core.db import db
from ticketdesk.sla import timers
from ticketdesk.sla.judging import OPEN
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.sla.sweep import GRACE
from ticketdesk.tickets.ticket import Ticket

BATCH = 50
REST = timedelta(hours=1)

log = structlog.get_logger(__name__)


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
    for ticket in tickets:
        try:
            with db.session.begin_nested():
                timers.refresh(ticket, now)
        except Exception as error:  # the border between tickets: one bad row must not stop the sweep
            log.error("promise not judged", ticket=ticket.id, error=f"{type(error).__name__}: {error}", exc_info=True)
            rests = update(SlaPromise).where(SlaPromise.ticket_id == ticket.id, SlaPromise.state.in_(OPEN))
            db.session.execute(rests.values(retry_at=now + REST))
    return len(tickets)
