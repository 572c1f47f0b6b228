"""What the schedule runs for the clocks; each takes small batches and gives the locks back between them."""

from collections.abc import Callable
from datetime import datetime

from ticketdesk.core.db import db
from ticketdesk.sla import stepping, sweep

MOST_BATCHES = 40


def sweep_deadlines(now: datetime) -> int:
    """Follow changed hours, give verdicts, warn of what is near and take steps; returns how many tickets were seen."""
    if not sweep.anything_due(now):
        return 0
    each = (sweep.reckon_changed_hours, sweep.breach_due, sweep.warn_due, stepping.take_due)
    return sum(_drain(step, now) for step in each)


def _drain(step: Callable[[datetime, int], int], now: datetime) -> int:
    total = 0
    for _ in range(MOST_BATCHES):
        looked_at = step(now, sweep.BATCH)
        db.session.commit()
        total += looked_at
        if looked_at < sweep.BATCH:
            break
    return total
