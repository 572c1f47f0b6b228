"""Forgetting visitors: those who never wrote after days, and the secrets of the others after months."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.db import db

SILENT = timedelta(days=2)
"""How long a visitor is kept who came and wrote nothing."""
UNSEEN = timedelta(days=180)
"""How long a secret is good for that nobody uses."""
MOST = 1000


def forget_old(now: datetime) -> int:
    """Delete and end what is too old, a batch at a time; returns how many visitors."""
    silent = (
        select(Visitor.id)
        .where(Visitor.identity_id.is_(None), Visitor.last_seen_at < now - SILENT)
        .order_by(Visitor.last_seen_at)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    gone = db.session.scalars(
        delete(Visitor).where(Visitor.id.in_(silent)).returning(Visitor.id),
        execution_options={"synchronize_session": False},
    ).all()
    unseen = (
        select(Visitor.id)
        .where(Visitor.ended_at.is_(None), Visitor.last_seen_at < now - UNSEEN)
        .order_by(Visitor.last_seen_at)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    ended = db.session.scalars(
        update(Visitor).where(Visitor.id.in_(unseen)).values(ended_at=now).returning(Visitor.id),
        execution_options={"synchronize_session": False},
    ).all()
    return len(gone) + len(ended)
