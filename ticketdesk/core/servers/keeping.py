"""Keeping a set of processes running: started in order, restarted when one dies, stopped together."""

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from ticketdesk.core.servers.output import Output
from ticketdesk.core.servers.process import ServerError, end_group

LONGEST_PAUSE = 4.0
# Whoever lived this long was well: the next death is the first one again.
WELL_AFTER = 20.0
TRIES_AT_START = 3


class Running(Protocol):
    """A process that runs or has ended."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""


class Stopping(Exception):
    """Somebody asked us to end."""


@dataclass(eq=False, slots=True)
class Child:
    """One process to keep: how it begins, when it is ready, how it ends."""

    name: str
    begin: Callable[[int | None], Running]
    """Starts it in a process group of its own; the argument is where it writes, None for where we write."""
    ready: Callable[[], bool] = lambda: True
    floor: int = 1
    """What stands on a higher floor needs what is below, and ends before it."""
    end: signal.Signals = signal.SIGTERM
    seconds_to_start: float = 60.0
    seconds_to_stop: float = 8.0
    words: Path | None = None
    """Where it writes, when that is not to us."""

    running: Running | None = field(default=None, init=False)
    began: float = field(default=0.0, init=False)
    deaths: int = field(default=0, init=False)
    due: float | None = field(default=None, init=False)
    """When it is to be started again."""
    waited_for: bool = field(default=False, init=False)
    """It was started and has not been seen ready yet."""

    def last_words(self) -> str:
        """Where to look for the reason when it does not start."""
        if self.words is None:
            return "its last words are above."
        said = self.words.read_text(errors="replace").strip().splitlines() if self.words.exists() else []
        return f"{self.words} ends with: {' '.join(said[-2:])}"


class Keeper:
    """Starts, watches and stops children; in one thread, woken by signals and by what they write."""

    def __init__(self, say: Callable[[str], None], output: Output | None, notes: Path) -> None:
        """`output` takes the children's lines; without it they write where we do. `notes` gets a file per process."""
        self._say = say
        self._output = output
        self._notes = notes
        self._children: list[Child] = []
        self._asked = 0
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._wake, self._wakes = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._wakes, False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(asked, self._ask)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def hear(self, source: int, name: str) -> None:
        """Pass on what somebody we did not start writes into the pipe `source`."""
        os.set_blocking(source, False)
        self._selector.register(source, selectors.EVENT_READ, name)

    def start(self, *children: Child) -> None:
        """Start these without waiting for them; raises ServerError when one cannot be started at all."""
        for child in children:
            self._children.append(child)
            self._begin(child)

    def wait_for(self, *children: Child) -> None:
        """Wait until these are ready.

        Raises ServerError when one cannot be started, Stopping when we are asked to end.
        """
        while any(child.waited_for for child in children):
            self._turn(0.02)
            for child in children:
                if child.deaths >= TRIES_AT_START:
                    raise ServerError(f"{child.name} does not start; {child.last_words()}")

    def once(self, name: str, begin: Callable[[int | None], Running], seconds: float = 3600.0) -> None:
        """Run something to its end; raises ServerError when that is not a good one."""
        running = self._launch(name, begin)
        last = time.monotonic() + seconds
        try:
            while (code := running.poll()) is None:
                if time.monotonic() > last:
                    raise ServerError(f"{name} did not end within {seconds:.0f} seconds.")
                self._turn(0.02)
        finally:
            end_group(running.pid)
        self._turn(0)
        if code != 0:
            raise ServerError(f"{name} failed; its last words are above.")

    def keep(self) -> None:
        """Watch until we are asked to end, then raise Stopping."""
        while True:
            now = time.monotonic()
            dues = [child.due for child in self._children if child.due is not None]
            quick = any(child.waited_for for child in self._children)
            self._turn(min([0.1 if quick else 5.0, *(max(0.0, due - now) for due in dues)]))

    def stop(self) -> None:
        """End all, the highest floor first; whoever does not end in time is killed."""
        self._stopping = True
        for floor in sorted({child.floor for child in self._children}, reverse=True):
            alive = [child for child in self._children if child.floor == floor and child.running is not None]
            for child in alive:
                self._signal(child)
            began = time.monotonic()
            while alive:
                for child in alive:
                    if time.monotonic() - began > child.seconds_to_stop or self._asked > 1:
                        self._say(f"{child.name} does not end by itself and is killed.")
                        self._kill(child)
                self._listen_once(0.02)
                for child in [child for child in alive if not self._alive(child)]:
                    self._buried(child)
                    alive.remove(child)
        self._listen_once(0)

    def leave(self) -> None:
        """In a forked child: forget the parent's business."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        for key in list(self._selector.get_map().values()):
            os.close(int(key.fd))
        self._selector.close()
        os.close(self._wakes)

    def pids(self) -> dict[str, int]:
        """The process number of each child that runs."""
        return {child.name: child.running.pid for child in self._children if child.running is not None}

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1

    def _turn(self, seconds: float) -> None:
        """Wait for something to happen, at most so long, and act on it."""
        if self._asked and not self._stopping:
            raise Stopping
        self._listen_once(seconds)
        if self._asked and not self._stopping:
            raise Stopping
        now = time.monotonic()
        for child in self._children:
            self._look_after(child, now)

    def _look_after(self, child: Child, now: float) -> None:
        if child.running is not None:
            code = child.running.poll()
            if code is not None:
                self._died(child, code, now)
            elif child.waited_for and child.ready():
                child.waited_for = False
                if child.deaths:
                    self._say(f"{child.name} is back.")
            elif child.waited_for and now - child.began > child.seconds_to_start:
                self._say(f"{child.name} is not ready after {child.seconds_to_start:.0f} s.")
                self._kill(child)
        elif child.due is not None and now >= child.due:
            self._begin_again(child)

    def _begin(self, child: Child) -> None:
        child.due = None
        child.began = time.monotonic()
        child.waited_for = True
        child.running = self._launch(child.name, child.begin)
        (self._notes / f"{child.name}.pid").write_text(f"{child.running.pid}\n")

    def _begin_again(self, child: Child) -> None:
        try:
            self._begin(child)
        except (ServerError, OSError) as error:
            self._say(f"{child.name}: {error}")
            self._again(child, time.monotonic())

    def _died(self, child: Child, code: int, now: float) -> None:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._buried(child)
        self._say(f"{child.name} ended unasked ({how}).")
        if now - child.began > WELL_AFTER:
            child.deaths = 0
        self._again(child, now)

    def _again(self, child: Child, now: float) -> None:
        child.due = now + min(0.1 * 3**child.deaths, LONGEST_PAUSE)
        child.deaths += 1

    def _buried(self, child: Child) -> None:
        """Nothing that a dead child started may go on: it would hold ports and locks."""
        if child.running is not None:
            end_group(child.running.pid)
        child.running = None
        with contextlib.suppress(FileNotFoundError):
            (self._notes / f"{child.name}.pid").unlink()

    def _signal(self, child: Child) -> None:
        if child.running is not None and child.running.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.running.pid, child.end)

    def _kill(self, child: Child) -> None:
        if child.running is not None:
            end_group(child.running.pid)

    def _alive(self, child: Child) -> bool:
        return child.running is not None and child.running.poll() is None

    def _launch(self, name: str, begin: Callable[[int | None], Running]) -> Running:
        """Begin it with a pipe for its words, where we collect them."""
        if self._output is None:
            return begin(None)
        ours, theirs = os.pipe()
        self.hear(ours, name)
        try:
            return begin(theirs)
        except BaseException:
            self._selector.unregister(ours)
            os.close(ours)
            raise
        finally:
            os.close(theirs)

    def _listen_once(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.fd == self._wake:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            elif self._output is None or not self._output.take_from(key.fd, key.data):
                self._selector.unregister(key.fd)
                os.close(key.fd)
