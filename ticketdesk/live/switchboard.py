"""The switchboard: one thread of a process has all its sockets in hand, and no socket a thread of its own."""

import contextlib
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import structlog
from flask import Flask

from ticketdesk.core.bell import NEWS
from ticketdesk.live import frames
from ticketdesk.live.audience import TOO_MANY, Audience
from ticketdesk.live.crowd import Crowd
from ticketdesk.live.folding import Fold, Ring
from ticketdesk.live.frames import Broken
from ticketdesk.live.listening import Reader
from ticketdesk.live.stream import Stream, TooSlow
from ticketdesk.live.watch import Verdicts, Watch

log = structlog.get_logger(__name__)

LOOK_AGAIN = 4.0
"""Seconds after which the rights of all are read again, bell or no bell: closed within five (SECURITY R14)."""
TICK = 1.0
SIGNS_OF_LIFE = 25
"""Ticks between two that are asked of a browser; proxies cut a line that is silent for a minute."""
INTRODUCED = 10.0
"""Seconds in which it must be known who is there."""
LEAVING = 2.0
"""Seconds in which a browser may answer a goodbye."""
ENDING = 5.0
ALL = "all"


class Switchboard:
    """The streams of this process, found by topic. All that is not said to be otherwise runs in one thread."""

    def __init__(self, app: Flask, redis_url: str) -> None:
        """Nothing runs, and nothing is open, until the first browser comes: we may be forked before."""
        self._app = app
        self._redis_url = redis_url
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._todo: deque[Callable[[], None]] = deque()
        self._is_ended = False
        self._streams: list[set[Stream]] = [set() for _ in range(SIGNS_OF_LIFE)]  # by who is asked in which second
        self._topics: dict[str, set[Stream]] = {}
        self._watches: dict[Audience, Watch] = {}
        self._fold = Fold()
        self._crowd = Crowd()
        self._new: deque[tuple[float, Stream]] = deque()  # until when it must be known who they are
        self._leaving: deque[tuple[float, Stream]] = deque()
        self._asked = 0
        self._second = 0.0
        self._look = 0.0

    def take(self, fd: int, audience: Audience, guest: Any, source: str = "") -> None:
        """Take over an open socket; from any thread. It hears nothing before its audience was asked."""
        os.set_blocking(fd, False)
        stream = Stream(fd, audience, guest, source)
        self._start()
        self._do(partial(self._welcome, stream))

    def count(self) -> int:
        """How many browsers are connected to this process."""
        return sum(len(streams) for streams in self._streams)

    def hang_up(self) -> None:
        """Say goodbye to everyone, for a process that ends: they come back to another one."""
        goodbye = frames.closing(frames.RESTARTS)
        for streams in self._streams:
            for stream in streams:
                with contextlib.suppress(OSError, TooSlow):
                    stream.send(goodbye)

    def end(self) -> None:
        """Stop everything; for a process that goes on without this app."""
        with self._lock:
            self._is_ended = True
            thread = self._thread
        if thread is None:
            return
        self._do(lambda: None)
        self._reader.end(ENDING)
        for watch in self._watches.values():
            watch.end(ENDING)
        thread.join(ENDING)

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._selector = selectors.DefaultSelector()
            self._ear, self._mouth = os.pipe()
            for end in (self._ear, self._mouth):
                os.set_blocking(end, False)
            self._selector.register(self._ear, selectors.EVENT_READ)
            self._reader = Reader(self._redis_url, self._heard)
            self._thread = threading.Thread(target=self._run, name="switchboard", daemon=True)
            self._reader.start()
            self._thread.start()

    def _do(self, what: Callable[[], None]) -> None:
        """Have something done by the one thread; from any."""
        self._todo.append(what)
        with contextlib.suppress(BlockingIOError, OSError):  # full: it is awake already
            os.write(self._mouth, b".")

    def _heard(self, ring: Ring) -> None:
        self._do(partial(self._ring, ring))

    def _run(self) -> None:
        while not self._is_ended:
            try:
                self._turn()
            except Exception:  # the border of the thread "switchboard", on which all browsers hang
                log.exception("switchboard failed")
        for streams in self._streams:
            for stream in list(streams):
                self._drop(stream)
        self._selector.close()
        os.close(self._ear)
        os.close(self._mouth)

    def _turn(self) -> None:
        for key, events in self._selector.select(self._patience()):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._ear, 4096)
                continue
            if events & selectors.EVENT_READ and key.data.is_open:
                self._read(key.data)
            if events & selectors.EVENT_WRITE and key.data.is_open:
                self._go_on(key.data)
        while self._todo:
            self._todo.popleft()()
        now = time.monotonic()
        for ring in self._fold.due(now):
            self._tell(ring)
        if now >= self._second:
            self._tick(now)

    def _patience(self) -> float:
        if self._todo:
            return 0.0
        due = self._fold.next_due()
        until = self._second if due is None else min(self._second, due)
        return max(0.0, until - time.monotonic())

    # ---- those who come, speak and go

    def _welcome(self, stream: Stream) -> None:
        if self._is_ended:
            os.close(stream.fd)
            return
        self._selector.register(stream.fd, selectors.EVENT_READ, stream)
        self._streams[stream.fd % SIGNS_OF_LIFE].add(stream)
        if not self._crowd.comes(stream):
            self._close(stream, TOO_MANY)
            return
        self._new.append((time.monotonic() + INTRODUCED, stream))
        self._watch(stream.audience).look_at([stream])

    def _watch(self, audience: Audience) -> Watch:
        if audience not in self._watches:
            self._watches[audience] = Watch(self._app, audience, self._listening_to, self._judged)
        return self._watches[audience]

    def _read(self, stream: Stream) -> None:
        try:
            words = stream.receive()
        except Broken as broken:
            self._close(stream, broken.code)
            return
        if words is None:
            self._drop(stream)
            return
        audience = stream.audience
        if stream.said > audience.most_words:
            self._close(stream, TOO_MANY)
            return
        understood = [audience.understood(stream.guest, word) for word in words]
        if any(understood):
            self._watch(audience).look_at([stream])
        if stream.unsent:
            self._go_on(stream)

    def _go_on(self, stream: Stream) -> None:
        """Say what is left, and say what could not be said once there is room."""
        try:
            stream.flush()
        except OSError:
            self._drop(stream)
            return
        self._expect(stream)

    def _expect(self, stream: Stream) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if stream.unsent else 0)
        if self._selector.get_key(stream.fd).events != events:
            self._selector.modify(stream.fd, events, stream)

    def _send(self, stream: Stream, words: bytes) -> None:
        try:
            stream.send(words)
        except (OSError, TooSlow):
            self._drop(stream)
            return
        if stream.unsent:
            self._expect(stream)

    def _close(self, stream: Stream, code: int) -> None:
        """Say goodbye; the browser may answer, and then it is over."""
        self._listen_to(stream, ())
        self._crowd.goes(stream)
        self._send(stream, frames.closing(code))
        stream.is_closing = True
        self._leaving.append((time.monotonic() + LEAVING, stream))

    def _drop(self, stream: Stream) -> None:
        if not stream.is_open:
            return
        self._listen_to(stream, ())
        self._crowd.goes(stream)
        self._selector.unregister(stream.fd)
        self._streams[stream.fd % SIGNS_OF_LIFE].discard(stream)
        os.close(stream.fd)
        stream.fd = -1

    # ---- what they hear

    def _listening_to(self, topics: Iterable[str]) -> set[Stream]:
        """Who hears any of these; from any thread."""
        found: set[Stream] = set()
        for topic in topics:
            found.update(list(self._topics.get(topic, ())))
        return found

    def _judged(self, verdicts: Verdicts) -> None:
        """The watch has looked; from its thread."""
        self._do(partial(self._obey, verdicts))

    def _obey(self, verdicts: Verdicts) -> None:
        for stream, hears in verdicts:
            if not stream.is_open or stream.is_closing:
                continue
            if hears.code is not None:
                self._close(stream, hears.code)
                continue
            if hears.topics and not stream.is_known:
                if not self._crowd.is_known(stream):
                    self._close(stream, TOO_MANY)
                    continue
                stream.is_known = True
            new = self._listen_to(stream, hears.topics)
            for words in hears.words:
                if stream.is_open:
                    self._send(stream, frames.text(words))
            for topic in new:
                self._catch_up(stream, topic)

    def _catch_up(self, stream: Stream, topic: str) -> None:
        """What rang between the look at the database and this moment."""
        ring = self._fold.lately(topic)
        if ring is None or not stream.is_open:
            return
        kind, _, _name = topic.partition(":")
        if kind == stream.audience.found_by:
            self._watch(stream.audience).look_at([stream])
        elif kind != stream.audience.own:
            words = stream.audience.passed_on(ring, self._watchers(topic))
            if words is not None:
                self._send(stream, frames.text(words))

    def _listen_to(self, stream: Stream, topics: tuple[str, ...]) -> Sequence[str]:
        """Let a stream hear exactly these; the topics that are new to it."""
        if topics == stream.topics:
            return ()
        for topic in set(stream.topics).difference(topics):
            group = self._topics[topic]
            group.discard(stream)
            if not group:
                del self._topics[topic]
        new = [topic for topic in topics if topic not in stream.topics]
        for topic in new:
            self._topics.setdefault(topic, set()).add(stream)
        stream.topics = topics
        return new

    def _ring(self, ring: Ring) -> None:
        passed = self._fold.ring(ring, time.monotonic())
        if passed is not None:
            self._tell(passed)

    def _tell(self, ring: Ring) -> None:
        """Pass a ring on; what it changes for whom is looked up first where the audience wants it so."""
        kind, _, name = ring.topic.partition(":")
        if ring.kind == NEWS:
            for audience, watch in self._watches.items():
                if kind == audience.found_by:
                    watch.rang(name)
                    return
                if kind == audience.own:
                    watch.look_at(self._listening_to([ring.topic]))
        streams = self._everybody() if ring.topic == ALL else list(self._topics.get(ring.topic, ()))
        watchers = self._watchers(ring.topic)
        said: dict[Audience, bytes | None] = {}
        for stream in streams:
            if stream.audience not in said:
                words = stream.audience.passed_on(ring, watchers)
                said[stream.audience] = None if words is None else frames.text(words)
            frame = said[stream.audience]
            if frame is not None and stream.is_known and not stream.is_closing:
                self._send(stream, frame)
        if ring.topic == ALL:
            self._look = 0.0

    def _watchers(self, topic: str) -> int:
        """About how many browsers hear a topic, in all processes: they share the sockets evenly."""
        return len(self._topics.get(topic, ())) * self._reader.processes

    def _everybody(self) -> list[Stream]:
        return [stream for streams in self._streams for stream in streams]

    # ---- what the time brings

    def _tick(self, now: float) -> None:
        self._second = now + TICK
        self._fold.forget(now)
        while self._leaving and self._leaving[0][0] <= now:
            self._drop(self._leaving.popleft()[1])
        while self._new and self._new[0][0] <= now:
            stream = self._new.popleft()[1]
            if stream.is_open and not stream.is_known and not stream.is_closing:
                self._close(stream, frames.LATER)
        self._asked = (self._asked + 1) % SIGNS_OF_LIFE
        for stream in list(self._streams[self._asked]):
            self._ask_for_life(stream)
        if now >= self._look:
            self._look = now + LOOK_AGAIN
            for audience, watch in self._watches.items():
                known = [stream for stream in self._everybody() if stream.audience is audience]
                watch.look_at_all([stream for stream in known if not stream.is_closing])

    def _ask_for_life(self, stream: Stream) -> None:
        if stream.is_silent:
            self._drop(stream)
            return
        stream.is_silent, stream.said = True, 0
        self._send(stream, frames.written(frames.PING, b""))
