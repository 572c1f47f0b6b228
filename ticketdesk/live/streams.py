"""Streams: one reader per process listens to the bell and tells every browser what it may hear."""

import json
import queue
import threading
from collections import defaultdict
from typing import Any

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError

from ticketdesk.core import bell

log = structlog.get_logger(__name__)

LONGEST_QUEUE = 256
"""Rings a browser may lag behind; a slower one is dropped and asks again when it reconnects."""
RETRY = 1.0
LISTEN = 2.0
"""Seconds after which the reader looks whether it should still listen."""


class Stream:
    """What one browser hears: topics it was allowed, and the rings that wait for it."""

    def __init__(self) -> None:
        self.topics: frozenset[str] = frozenset()
        self.rings: queue.Queue[dict[str, Any] | None] = queue.Queue(LONGEST_QUEUE)
        self.dropped = False

    def tell(self, ring: dict[str, Any]) -> None:
        """Put a ring in its queue; a browser that is too slow is dropped."""
        try:
            self.rings.put_nowait(ring)
        except queue.Full:
            self.dropped = True

    def end(self) -> None:
        """Let whoever waits for rings go home."""
        self.topics = frozenset()
        while not self.rings.empty():
            self.rings.get_nowait()
        self.rings.put(None)


class Switchboard:
    """The streams of this process, found by topic."""

    def __init__(self, redis_url: str) -> None:
        self.redis_url = redis_url
        self._streams: defaultdict[str, set[Stream]] = defaultdict(set)
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None
        self._ended = threading.Event()

    def join(self, stream: Stream, topics: frozenset[str]) -> None:
        """Let a stream hear exactly these topics from now on; starts the reader with the first one."""
        with self._lock:
            for topic in stream.topics - topics:
                self._leave(stream, topic)
            for topic in topics - stream.topics:
                self._streams[topic].add(stream)
            stream.topics = topics
            if self._reader is None:
                self._reader = threading.Thread(target=self._read, name="bell", daemon=True)
                self._reader.start()

    def leave(self, stream: Stream) -> None:
        """Forget a stream."""
        with self._lock:
            for topic in stream.topics:
                self._leave(stream, topic)
            stream.topics = frozenset()

    def _leave(self, stream: Stream, topic: str) -> None:
        self._streams[topic].discard(stream)
        if not self._streams[topic]:
            del self._streams[topic]

    def end(self) -> None:
        """Stop listening; for a process that goes on without this app."""
        self._ended.set()

    def _read(self) -> None:
        while not self._ended.is_set():
            try:
                self._listen()
            except (RedisError, OSError) as error:
                log.warning("bell not heard", error=str(error))
            self._ended.wait(RETRY)
            # Whatever rang meanwhile is unknown, so everyone looks once.
            self._tell_all({"topic": "all", "seq": None})

    def _listen(self) -> None:
        with Redis.from_url(self.redis_url, socket_timeout=None, health_check_interval=15) as redis:
            subscription = redis.pubsub(ignore_subscribe_messages=True)
            subscription.subscribe(bell.CHANNEL)
            while not self._ended.is_set():
                message = subscription.get_message(timeout=LISTEN)
                if message is None:
                    continue
                ring = json.loads(message["data"])
                with self._lock:
                    streams = list(self._streams.get(ring["topic"], ()))
                for stream in streams:
                    stream.tell(ring)

    def _tell_all(self, ring: dict[str, Any]) -> None:
        with self._lock:
            streams = {stream for group in self._streams.values() for stream in group}
        for stream in streams:
            stream.tell(ring)


def connect(app: Flask, redis_url: str) -> None:
    """Give the app its switchboard; nothing runs until the first browser comes."""
    app.extensions["ticketdesk.switchboard"] = Switchboard(redis_url)


def switchboard() -> Switchboard:
    """The switchboard of the running app."""
    found: Switchboard = current_app.extensions["ticketdesk.switchboard"]
    return found
