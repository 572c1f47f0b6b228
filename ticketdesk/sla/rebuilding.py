"""Comparing stored timers with the events they repeat, and writing them anew where they differ."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import select

from ticketdesk.core.db import db
from ticketdesk.sla import loading, projection, timers
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.locking import lock
from ticketdesk.tickets.ticket import Ticket

MINUTES_A_DAY = 1440

log = structlog.get_logger(__name__)


def compare(ticket_ids: Sequence[int], now: datetime) -> dict[int, list[str]]:
    """What differs from the replay, by ticket number; locks the tickets, so that nothing moves meanwhile.

    A ticket with a deadline that has passed and waits for the sweep is left out.
    """
    found: dict[int, list[str]] = {}
    tickets = lock(ticket_ids)
    told = loading.happenings(ticket_ids)
    terms = timers.terms(told.values())
    rows = timers.rows_of(ticket_ids)
    for ticket in tickets:
        stored = rows[ticket.id]
        if any(row.state == "running" and row.due_at is not None and row.due_at < now for row in stored):
            continue
        reckoned = timers.reckon(told[ticket.id], terms, now)
        differences = projection.differences(ticket, reckoned, stored)
        if differences:
            found[ticket.number] = differences
    return found


def rebuild(ticket_ids: Sequence[int], now: datetime) -> dict[int, list[str]]:
    """Write the timers of these tickets anew from their events; returns what differed, by ticket number."""
    found = compare(ticket_ids, now)
    for ticket in lock(ticket_ids):
        timers.refresh(ticket, now)
    return found


def compare_some(now: datetime) -> int:
    """Compare each ticket with an undecided timer once a day, some every minute; logs and counts those that differ."""
    minute = now.hour * 60 + now.minute
    ids = db.session.scalars(
        select(SlaTimer.ticket_id)
        .where(SlaTimer.state.in_(("running", "paused")), SlaTimer.ticket_id % MINUTES_A_DAY == minute)
        .distinct()
    ).all()
    differing = 0
    for start in range(0, len(ids), 100):
        for number, differences in compare(ids[start : start + 100], now).items():
            log.error("stored timers differ from their events", ticket=number, differences=differences)
            differing += 1
        db.session.commit()
    return differing


def batches(after: int, size: int) -> Sequence[int]:
    """The ids of the next tickets in their order."""
    return db.session.scalars(select(Ticket.id).where(Ticket.id > after).order_by(Ticket.id).limit(size)).all()
