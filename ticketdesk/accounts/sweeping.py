"""Forgetting what signing in left behind and nobody asks for any more."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from ticketdesk.accounts import sessions, throttling
from ticketdesk.accounts.link import SignInLink
from ticketdesk.core.db import db

KEPT = timedelta(days=90)
"""How long one can still see where somebody was signed in."""


def forget_old(now: datetime) -> None:
    """Remove counted tries of yesterday, and sessions and links that were over long ago."""
    throttling.sweep(now - timedelta(days=1))
    sessions.sweep(now - KEPT)
    db.session.execute(
        delete(SignInLink).where(SignInLink.expires_at < now - KEPT), execution_options={"synchronize_session": False}
    )
