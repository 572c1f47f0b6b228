"""A process for the rows that were in a worker's hands as it died: it has one of them at a time, and nothing else.

Whatever kills it then is that one row, and no neighbour is counted dead with it (SECURITY P13).
"""

import subprocess
import sys
import threading
import time

import structlog
from flask import Flask

from ticketdesk.core import claiming, clock
from ticketdesk.core.config import Config
from ticketdesk.core.db import db

SECONDS_BETWEEN = 1.0
"""So often a worker looks whether such rows wait."""
SECONDS_AFTER_FALL = 2.0
"""So long it waits after one that ended badly: starting takes time from everybody."""

log = structlog.get_logger(__name__)


class Alone:
    """Starts that process while such rows of a lane wait, one at a time; whichever thread looks waits for its end."""

    def __init__(self, app: Flask, lane: str) -> None:
        self.app, self.lane = app, lane
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.next_look = 0.0
        self.stopped = threading.Event()

    def see_to(self) -> None:
        """Have the waiting rows done, if there are any and nobody sees to it yet."""
        if time.monotonic() < self.next_look or not self.lock.acquire(blocking=False):
            return
        try:
            while not self.stopped.is_set() and self._is_needed() and (code := self._run()):
                log.error("ended in the middle of a row", lane=self.lane, code=code)
                self.stopped.wait(SECONDS_AFTER_FALL)
            self.next_look = time.monotonic() + SECONDS_BETWEEN
        finally:
            self.lock.release()

    def stop(self) -> None:
        """Begin no other, and ask the one that runs to end after its row."""
        self.stopped.set()
        if (running := self.process) is not None:
            running.terminate()

    def _is_needed(self) -> bool:
        with self.app.app_context():
            found = claiming.has_died(self.lane, clock.now())
            db.session.commit()
        return found

    def _run(self) -> int:
        config: Config = self.app.extensions["ticketdesk.config"]
        # In our process group: whoever buries us ends it as well.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--lane", self.lane, "--alone"],
            cwd=config.root,
            stdin=subprocess.DEVNULL,
        )
        if self.stopped.is_set():
            self.process.terminate()
        try:
            return self.process.wait()
        finally:
            self.process = None
