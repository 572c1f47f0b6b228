"""What need not be asked of the database twice: kept while one transaction lasts, and forgotten with any rollback."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from ticketdesk.core.db import db

_PLACE = "kept"


def kept(subject: str) -> dict[Any, Any]:
    """What this transaction knows of a subject by now; whoever changes the subject empties it."""
    subjects: dict[str, dict[Any, Any]] = db.session.info.setdefault(_PLACE, {})
    return subjects.setdefault(subject, {})


@event.listens_for(Session, "after_transaction_end")
def _forget_at_the_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_PLACE, None)


@event.listens_for(Session, "after_soft_rollback")
def _forget_what_may_be_undone(session: Session, transaction: SessionTransaction) -> None:
    session.info.pop(_PLACE, None)
