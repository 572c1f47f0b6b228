"""The one reader of a process: it listens to the bell in Redis and passes on what rings."""

import json
import threading
from collections.abc import Callable
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from ticketdesk.core import bell
from ticketdesk.live.folding import Ring

log = structlog.get_logger(__name__)

RETRY = 1.0
LISTEN = 2.0
"""Seconds after which it looks whether it should still listen, and who else does."""
SILENT = 5.0
"""Seconds without an answer after which the line to Redis is given up, and another one opened."""
EVERYTHING = Ring("all", None, bell.NEWS)
"""What is said when nobody knows what rang."""


class Reader:
    """Listens in a thread of its own, and begins anew whenever Redis comes back."""

    def __init__(self, redis_url: str, heard: Callable[[Ring], None]) -> None:
        """Nothing is heard yet."""
        self.processes = 1
        """How many web processes listen, this one among them."""
        self._redis_url = redis_url
        self._heard = heard
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="bell", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self, patience: float) -> None:
        """Stop."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(patience)

    def _read(self) -> None:
        while not self._ended.is_set():
            try:
                self._listen()
            except (RedisError, OSError) as error:
                log.warning("bell not heard", error=str(error))
            except Exception:  # the border of the thread "bell": without it no browser of this process hears any more
                log.exception("bell not heard")
            self._ended.wait(RETRY)
            # Whatever rang meanwhile is unknown, so everyone looks once; again as soon as we listen.
            self._heard(EVERYTHING)

    def _listen(self) -> None:
        with Redis.from_url(self._redis_url, socket_timeout=SILENT, health_check_interval=15) as redis:
            subscription = redis.pubsub()
            subscription.subscribe(bell.channel(redis))
            while not self._ended.is_set():
                message = subscription.get_message(timeout=LISTEN)
                if message is None:
                    self.processes = max(1, int(redis.pubsub_numsub(bell.channel(redis))[0][1]))
                elif message["type"] == "subscribe":
                    self._heard(EVERYTHING)
                elif message["type"] == "message":
                    ring = _ring(message["data"])
                    if ring is not None:
                        self._heard(ring)


def _ring(data: Any) -> Ring | None:
    """What was published, if it is a ring."""
    try:
        said = json.loads(data)
        return Ring(str(said["topic"]), said["seq"], str(said["kind"]))
    except (ValueError, KeyError, TypeError):
        log.warning("a ring was not understood")
        return None
