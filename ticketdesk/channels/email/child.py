"""The warm child process in which outside mail is parsed, so that one mail can do no harm."""

import os
import resource
import select
import signal
import struct
import subprocess
import sys
import time
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
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, raw: bytes) -> ParsedMail:
        """The parsed mail; raises Unreadable when it takes too long, too much memory or kills the child."""
        if len(raw) > limits.MAX_BYTES:
            raise Unreadable(f"larger than {limits.MAX_BYTES // 1024 // 1024} MiB")
        process = self._ready()
        try:
            return self._exchange(process, raw)
        except TimeoutError:
            self.close()
            raise Unreadable(f"not understood within {self._seconds:g} seconds") from None
        except (OSError, EOFError):
            code = self._ended(process)
            raise Unreadable(_why(code)) from None
        except (ValueError, KeyError, TypeError):
            self.close()
            raise Unreadable("the parser's answer was not understood") from None

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._ended(self._process)

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOT, str(_PACKAGE)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
            )
            # Starting up is not the mail's fault and not on its time.
            _read_exactly(self._process, 1, time.monotonic() + 30)
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], raw: bytes) -> ParsedMail:
        assert process.stdin is not None and process.stdout is not None
        # The child reads all of its input before it answers, so plain writing cannot deadlock.
        until = time.monotonic() + self._seconds
        process.stdin.write(_LENGTH.pack(len(raw)))
        _write_all(process, raw, until)
        packed = _read_block(process, until)
        count = _LENGTH.unpack(_read_exactly(process, _LENGTH.size, until))[0]
        if count > limits.MAX_BYTES:
            raise ValueError("too many attachments")
        return wire.unpack(packed, [_read_block(process, until) for _ in range(count)])

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        """Kill and bury the process; its exit code."""
        ended = process.poll()
        if ended is None:
            try:
                ended = process.wait(0.2) if process.stdin and process.stdin.closed else None
            except subprocess.TimeoutExpired:
                ended = None
        if ended is None:
            process.kill()
            ended = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None
        return ended


def _why(code: int) -> str:
    if code == -signal.SIGXCPU:
        return f"not understood within {limits.SECONDS} seconds of computing"
    if code == 3:
        return f"needs more than {limits.MEMORY_BYTES // 1024 // 1024} MB of memory"
    return f"the parser ended while reading it (code {code})"


def _write_all(process: subprocess.Popen[bytes], data: bytes, until: float) -> None:
    assert process.stdin is not None
    view = memoryview(data)
    descriptor = process.stdin.fileno()
    os.set_blocking(descriptor, False)
    try:
        while view:
            left = until - time.monotonic()
            if left <= 0 or not select.select([], [descriptor], [], left)[1]:
                raise TimeoutError
            view = view[os.write(descriptor, view) :]
    finally:
        os.set_blocking(descriptor, True)


def _read_block(process: subprocess.Popen[bytes], until: float) -> bytes:
    size = _LENGTH.unpack(_read_exactly(process, _LENGTH.size, until))[0]
    if size > 8 * limits.MAX_BYTES:
        raise ValueError("an answer beyond all limits")
    return _read_exactly(process, size, until)


def _read_exactly(process: subprocess.Popen[bytes], size: int, until: float) -> bytes:
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    found = bytearray()
    while len(found) < size:
        left = until - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError
        piece = os.read(descriptor, min(size - len(found), 1 << 20))
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
