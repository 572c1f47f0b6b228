"""Taking several rows of work back together: all of them, or none."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from ticketdesk.core import outbox
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow


def together(which: ColumnElement[bool], at: datetime) -> bool:
    """Hold every such row and cancel them all; False, and nothing is changed, when one of them has begun."""
    rows = db.session.scalars(
        select(OutboxRow)
        .where(which)
        .order_by(OutboxRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not all(row.state == "queued" and row.attempts == 0 for row in rows):
        return False
    for row in rows:
        outbox.cancel(row, at)
    return True
