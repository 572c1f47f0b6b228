"""Counting tries in PostgreSQL: atomic, shared by all processes, and there when Redis is not."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, update
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.throttle import Throttle
from ticketdesk.core.db import db


def count(key: str, window: timedelta, now: datetime) -> int:
    """Count one try and return how many there were in this window; parallel tries each get a number of their own."""
    statement = insert(Throttle).values(key=key, window_start=now, tries=1)
    over = Throttle.window_start <= now - window
    tries = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[Throttle.key],
            set_={
                "window_start": case((over, now), else_=Throttle.window_start),
                "tries": case((over, 1), else_=Throttle.tries + 1),
            },
        ).returning(Throttle.tries),
        execution_options={"synchronize_session": False},
    )
    return tries.scalar_one()


def take_back(key: str) -> None:
    """Uncount one try, because it was a good one."""
    db.session.execute(
        update(Throttle).where(Throttle.key == key, Throttle.tries > 0).values(tries=Throttle.tries - 1),
        execution_options={"synchronize_session": False},
    )


def forget(key: str) -> None:
    """Begin anew."""
    db.session.execute(delete(Throttle).where(Throttle.key == key), execution_options={"synchronize_session": False})


def sweep(before: datetime) -> None:
    """Remove the windows that began before a moment, of which nobody asks any more."""
    db.session.execute(
        delete(Throttle).where(Throttle.window_start < before), execution_options={"synchronize_session": False}
    )
