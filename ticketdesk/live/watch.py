"""The watch: one thread for each audience asks the database about all sockets at once."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import structlog
from flask import Flask

from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.live.audience import Audience, Hears

if TYPE_CHECKING:
    from ticketdesk.live.stream import Stream

log = structlog.get_logger(__name__)

GATHER = 0.01
"""Seconds in which those who come one after the other become one question."""
PAUSE_AFTER_FAILURE = 1.0

Verdicts = Sequence[tuple["Stream", Hears]]


class Watch:
    """Looks at whoever it is asked to, one batch after the other."""

    def __init__(
        self,
        app: Flask,
        audience: Audience,
        listening_to: Callable[[Iterable[str]], set["Stream"]],
        tell: Callable[[Verdicts], None],
    ) -> None:
        """Nothing runs until the first question."""
        self._app = app
        self._audience = audience
        self._listening_to = listening_to
        self._tell = tell
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._streams: set[Stream] = set()
        self._rung: set[str] = set()
        self._everyone: Sequence[Stream] | None = None
        self._ended = False
        self._thread: threading.Thread | None = None

    def look_at(self, streams: Iterable["Stream"]) -> None:
        """Have some looked at soon."""
        with self._lock:
            self._streams.update(streams)
        self._wake()

    def look_at_all(self, streams: Sequence["Stream"]) -> None:
        """Have everyone looked at, and note that they are there."""
        with self._lock:
            self._everyone = streams
        self._wake()

    def rang(self, name: str) -> None:
        """Something is new; it is to be found out for whom."""
        with self._lock:
            self._rung.add(name)
        self._wake()

    def end(self, patience: float) -> None:
        """Stop, and wait for what is being asked just now."""
        self._ended = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join(patience)

    def _wake(self) -> None:
        self._asked.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"watch-{self._audience.own}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            if self._ended:
                return
            time.sleep(GATHER)
            self._asked.clear()
            with self._lock:
                streams, rung, everyone = self._streams, self._rung, self._everyone
                self._streams, self._rung, self._everyone = set(), set(), None
            try:
                with self._app.app_context():
                    self._look(streams, rung, everyone)
            except Exception:  # the border of the thread "watch-…": were it to end, nobody would lose a right again
                log.exception("watch failed", audience=self._audience.own)
                with self._lock:  # those who wait to be let in are asked for again, the others at the next look
                    self._streams |= streams
                    self._rung |= rung
                time.sleep(PAUSE_AFTER_FAILURE)
                self._asked.set()

    def _look(self, streams: set["Stream"], rung: set[str], everyone: Sequence["Stream"] | None) -> None:
        called = self._listening_to(self._audience.found(rung)) if rung else set()
        if called:
            self._judge(list(called), rung=True)
        if everyone is None:
            self._judge([stream for stream in streams - called if stream.is_open])
            return
        self._judge([stream for stream in {*everyone, *streams} - called if stream.is_open])
        self._audience.beat([stream.guest for stream in everyone if stream.is_open and stream.is_known], clock.now())

    def _judge(self, streams: list["Stream"], *, rung: bool = False) -> None:
        if not streams:
            return
        found = self._audience.look([stream.guest for stream in streams], clock.now(), rung=rung)
        db.session.rollback()  # nothing was written, and nobody shall wait for what we read
        self._tell(list(zip(streams, found, strict=True)))
