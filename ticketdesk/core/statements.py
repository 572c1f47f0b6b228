"""Statements that a connection has planned stay planned."""

import re
from collections.abc import Sequence

from psycopg import Connection
from psycopg._preparing import Prepare, PrepareManager
from psycopg.pq.abc import PGresult
from sqlalchemy import Engine, event, func, select

from ticketdesk.core.db import db

MOST = 300
"""How many a connection keeps; each takes some tens of kilobytes of its server process."""
ANEW = {"plan_cache_mode": "force_custom_plan"}
"""The planner's setting for statements whose values decide what is the best way: searches, views, reports.

A kept plan is one for all values; where a word is rare or a time is short, it may read a thousand times too much.
"""
_CHANGES = re.compile(rb"(?:DROP|ALTER|DISCARD|DEALLOCATE)\b")


class Kept(PrepareManager):
    """What psycopg remembers of a connection, without forgetting all of it at each rollback.

    It forgets because a rollback may take back a table or type that a statement names. Ours name none that their own
    transaction made. Each request that only reads ends with a rollback, so that nothing was ever planned but anew, and
    planning takes PostgreSQL twice as long as doing what is asked.
    """

    prepared_max = MOST

    def clear(self) -> bool:
        """Asked for after each rollback: nothing is forgotten."""
        return False

    def _should_discard(self, prep: Prepare, results: Sequence[PGresult], *_ignored: object) -> bool:
        """Forget everything where a table was changed."""
        if any(_CHANGES.match(result.command_status or b"") for result in results):
            return super().clear()
        return False


def keep(engine: Engine) -> None:
    """Have the connections of an engine keep what they planned."""
    event.listen(engine, "connect", _connected)


def plan_anew() -> None:
    """Until the transaction ends, plan each statement for its own values."""
    db.session.execute(_PLAN_ANEW)


_PLAN_ANEW = select(*(func.set_config(name, value, True) for name, value in ANEW.items()))


def _connected(connection: Connection[object], _record: object) -> None:
    connection._prepared = Kept()  # psycopg has no other place for it
