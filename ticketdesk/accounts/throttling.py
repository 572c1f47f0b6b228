"""Counting tries in PostgreSQL: atomic, shared by all processes, and there when Redis is not."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, delete, update
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.throttle import Throttle
from ticketdesk.core.db import db


def count(key: str, window: timedelta, now: datetime) -> int:
    """Count one try and return how many there were in this window; parallel tries each get a number of their own."""
    of = {"key": key, "now": now, "over": now - window}
    tries = db.session.execute(_COUNT, of, execution_options={"synchronize_session": False})
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


# Built once: it is asked for every message and every sign-in, and building costs more than asking.
_NEW = insert(Throttle).values(key=bindparam("key"), window_start=bindparam("now"), tries=1)
_IS_OVER = Throttle.window_start <= bindparam("over")
_COUNT = _NEW.on_conflict_do_update(
    index_elements=[Throttle.key],
    set_={
        "window_start": case((_IS_OVER, bindparam("now")), else_=Throttle.window_start),
        "tries": case((_IS_OVER, 1), else_=Throttle.tries + 1),
    },
).returning(Throttle.tries)
