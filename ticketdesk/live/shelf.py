"""The shelf: what is kept in Redis for some seconds only, and may be away or emptied at any moment."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from flask import current_app
from redis.exceptions import RedisError

REST = 5.0
"""Seconds in which a process does not ask again after the shelf was away, so that no page waits for it twice."""

log = structlog.get_logger(__name__)


def ask(what: Callable[[Any], object]) -> list[Any] | None:
    """The answers to the commands that `what` puts into a pipeline, in one round trip; None while the shelf is away."""
    rests_until: float = current_app.extensions.get("ticketdesk.shelf_rests_until", 0.0)
    if time.monotonic() < rests_until:
        return None
    redis: Any = current_app.extensions["ticketdesk.redis"]
    try:
        pipe = redis.pipeline(transaction=False)
        what(pipe)
        answers: list[Any] = pipe.execute()
    except (RedisError, OSError) as error:
        current_app.extensions["ticketdesk.shelf_rests_until"] = time.monotonic() + REST
        # its type alone: what it says may quote a command, and with that words that nobody has sent yet
        log.warning("shelf away", error=type(error).__name__)
        return None
    return answers


def text(value: bytes | str) -> str:
    """A word from the shelf, whatever the client makes of bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value
