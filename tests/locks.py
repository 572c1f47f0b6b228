"""Who waits for whom in the database."""

import time

from sqlalchemy import Connection, text

_WAITS = text("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
_PATIENCE = 30.0


def until_one_waits(watcher: Connection) -> None:
    """Come back when some transaction waits for another; AssertionError when none does for long."""
    last = time.monotonic() + _PATIENCE
    while watcher.execute(_WAITS).first() is None:
        watcher.rollback()
        assert time.monotonic() < last, "nobody waits for a lock"
        time.sleep(0.01)
