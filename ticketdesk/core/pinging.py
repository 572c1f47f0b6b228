"""Connections that have rested are tried before use; those that were just used are not, which saves a question each."""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

FRESH = 1.0
"""Seconds of rest after which a connection may have been cut without our noticing."""


def connect(engine: Engine) -> None:
    """Let an engine do so; its own `pool_pre_ping` would ask every time a transaction begins."""

    @event.listens_for(engine, "checkin")
    def _rested(connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _try(connection: Any, record: Any, proxy: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < FRESH:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool makes another
