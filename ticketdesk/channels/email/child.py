"""The warm child process in which outside mail is parsed, so that one mail can do no harm."""

import contextlib
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from ticketdesk.channels.email import limits, wire
from ticketdesk.channels.email.model import ParsedMail, Unreadable
from ticketdesk.channels.email.parse import parse

# A stand-in for the top package, so that the child loads the parser alone and not the application.
_BOOT = """
import sys, types
package = types.ModuleType("ticketdesk")
package.__path__ = [sys.argv[1]]
sys.modules["ticketdesk"] = package
from ticketdesk.channels.email.child import serve
serve()
"""
_LENGTH = struct.Struct(">Q")
_PACKAGE = Path(__file__).resolve().parents[2]


class ParserChild:
    """`with ParserChild() as parser: parser.parse(raw)`; the process starts with the first mail.

    For one thread at a time. A child that overruns its time or memory, or dies, is replaced.
    """

    def __init__(self, seconds: float = limits.SECONDS) -> None:
        self._seconds = seconds
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, raw: bytes) -> ParsedMail:
        """The parsed mail; raises Unreadable when it takes too long, too much memory or kills the child.

        Raises ChildProcessError when the child does not even start, which is no fault of the mail.
        """
        if len(raw) > limits.MAX_BYTES:
            raise Unreadable(f"larger than {limits.MAX_BYTES // 1024 // 1024} MiB")
        running = self._ready()
        try:
            return _exchange(running, raw, time.monotonic() + self._seconds)
        except TimeoutError:
            self._end(patience=0)
            raise Unreadable(f"not understood within {self._seconds:g} seconds") from None
        except (OSError, EOFError):
            raise Unreadable(_why(self._end(patience=1))) from None
        except (ValueError, KeyError, TypeError):
            self._end(patience=0)
            raise Unreadable("the parser's answer was not understood") from None

    def close(self) -> None:
        """End the child."""
        self._end(patience=1)

    @property
    def process_id(self) -> int | None:
        """The child that is running now, or None."""
        if self._running is None or self._running.process.poll() is not None:
            return None
        return self._running.process.pid

    def _ready(self) -> "_Running":
        if self._running is not None and self._running.process.poll() is None:
            return self._running
        self._end(patience=0)
        self._running = running = _start()
        try:
            # Starting up is not on the mail's time.
            _read_exactly(running, 1, time.monotonic() + 30)
        except (OSError, EOFError):
            self._end(patience=0)
            raise ChildProcessError("the parsing process does not start") from None
        return running

    def _end(self, patience: float) -> int:
        """Let the child end by itself for that many seconds, else kill it; its exit code."""
        running, self._running = self._running, None
        if running is None:
            return 0
        os.close(running.target)
        try:
            code = running.process.wait(patience) if patience else running.process.poll()
        except subprocess.TimeoutExpired:
            code = None
        if code is None:
            running.process.kill()
            code = running.process.wait()
        os.close(running.source)
        return code


@dataclass(frozen=True, slots=True)
class _Running:
    """A started child, where to write to it and where to read from it."""

    process: subprocess.Popen[bytes]
    target: int
    source: int


def _start() -> _Running:
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        their_source, target = os.pipe()
        theirs.callback(os.close, their_source)
        ours.callback(os.close, target)
        source, their_target = os.pipe()
        ours.callback(os.close, source)
        theirs.callback(os.close, their_target)
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOT, str(_PACKAGE)],
            stdin=their_source,
            stdout=their_target,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
        )
        ours.pop_all()  # kept from here on
    os.set_blocking(target, False)
    return _Running(process, target, source)


def _exchange(running: _Running, raw: bytes, until: float) -> ParsedMail:
    # The child reads all of its input before it answers, so that the two cannot wait for each other.
    _write_all(running, _LENGTH.pack(len(raw)), until)
    _write_all(running, raw, until)
    packed = _read_block(running, until)
    count = _LENGTH.unpack(_read_exactly(running, _LENGTH.size, until))[0]
    if count > limits.MAX_BYTES:
        raise ValueError("too many attachments")
    return wire.unpack(packed, [_read_block(running, until) for _ in range(count)])


def _why(code: int) -> str:
    if code == -signal.SIGXCPU:
        return f"not understood within {limits.SECONDS} seconds of computing"
    if code == 3:
        return f"needs more than {limits.MEMORY_BYTES // 1024 // 1024} MB of memory"
    return f"the parser ended while reading it (code {code})"


def _write_all(running: _Running, content: bytes, until: float) -> None:
    view = memoryview(content)
    while view:
        left = until - time.monotonic()
        if left <= 0 or not select.select([], [running.target], [], left)[1]:
            raise TimeoutError
        view = view[os.write(running.target, view) :]


def _read_block(running: _Running, until: float) -> bytes:
    size = _LENGTH.unpack(_read_exactly(running, _LENGTH.size, until))[0]
    if size > 8 * limits.MAX_BYTES:
        raise ValueError("an answer beyond all limits")
    return _read_exactly(running, size, until)


def _read_exactly(running: _Running, size: int, until: float) -> bytes:
    found = bytearray()
    while len(found) < size:
        left = until - time.monotonic()
        if left <= 0 or not select.select([running.source], [], [], left)[0]:
            raise TimeoutError
        piece = os.read(running.source, min(size - len(found), 1 << 20))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def serve() -> None:
    """The child's side: answer one mail after the other until the input ends."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY_BYTES, limits.MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    target.write(b"+")
    target.flush()
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        raw = source.read(_LENGTH.unpack(head)[0])
        used = resource.getrusage(resource.RUSAGE_SELF)
        allowed = int(used.ru_utime + used.ru_stime) + limits.SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        try:
            _answer(target, parse(raw))
        except MemoryError:
            os._exit(3)


def _answer(target: BinaryIO, parsed: ParsedMail) -> None:
    packed, blobs = wire.pack(parsed)
    target.write(_LENGTH.pack(len(packed)))
    target.write(packed)
    target.write(_LENGTH.pack(len(blobs)))
    for blob in blobs:
        target.write(_LENGTH.pack(len(blob)))
        target.write(blob)
    target.flush()
