"""Forgetting what customers' signing in left behind."""

from datetime import datetime, timedelta

from ticketdesk.contacts import entering, sessions

KEPT = timedelta(days=90)
"""How long one can still see where somebody was signed in."""


def forget_old(now: datetime) -> None:
    """Remove codes of yesterday, and sessions that were over long ago."""
    entering.sweep(now - timedelta(days=1))
    sessions.sweep(now - KEPT)
