"""Waking what was put away, when its time has come."""

from datetime import datetime

from ticketdesk.core.db import db
from ticketdesk.tickets import snoozing

MOST_BATCHES = 20
"""In one go; what is left has its turn with the next, so that no Monday morning holds the schedule."""


def wake_due(now: datetime) -> int:
    """Wake the tickets whose time has come, the longest due first, and commit after each batch; returns how many."""
    woken = 0
    for _ in range(MOST_BATCHES):
        batch = snoozing.wake_due(now, snoozing.BATCH)
        db.session.commit()
        woken += batch
        if batch < snoozing.BATCH:
            break
    return woken
