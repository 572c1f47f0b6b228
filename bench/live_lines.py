"""How a simulated browser speaks: one socket that costs nearly nothing, and one line for requests."""

import asyncio
import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from ticketdesk.live import frames

Heard = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, and what browsers call it."""

    port: int
    host: str
    origin: str


class Socket(asyncio.Protocol):
    """A browser's socket; `first` is said as soon as it is open."""

    def __init__(self, ask: bytes, first: str | None, hear: Heard | None) -> None:
        """Nothing is said yet."""
        self.ask, self.first, self.hear = ask, first, hear
        self.greeted: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.heard = b""
        self.is_open = False
        self.code = 0  # with which the server said goodbye
        self.gone = asyncio.Event()
        self.line: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a socket."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.line = transport
        transport.write(self.ask)

    def data_received(self, data: bytes) -> None:
        """Read the answer, then frames."""
        self.heard += data
        if not self.is_open:
            head, found, rest = self.heard.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(ConnectionError(head.split(b"\r\n")[0].decode()))
                return
            self.is_open, self.heard = True, rest
            if self.first is not None:
                self.say(self.first)
        while (frame := self._frame()) is not None:
            kind, body = frame
            if kind == frames.TEXT:
                self._hear(json.loads(body))
            elif kind == frames.PING:
                self._write(frames.PONG, body)
            elif kind == frames.CLOSE:
                self.code = int.from_bytes(body[:2], "big")

    def _hear(self, said: dict[str, Any]) -> None:
        if not self.greeted.done():
            self.greeted.set_result(said)
        if self.hear is not None:
            self.hear(said)

    def _frame(self) -> tuple[int, bytes] | None:
        heard = self.heard
        if len(heard) < 2:
            return None
        size, start = heard[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(heard[2:4], "big"), 4
        if len(heard) < start + size:
            return None
        self.heard = heard[start + size :]
        return heard[0] & 15, heard[start : start + size]

    def say(self, words: str) -> None:
        """Send a text."""
        self._write(frames.TEXT, words.encode())

    def _write(self, kind: int, body: bytes) -> None:
        # A mask of nothing but zeros is a mask: it is there against proxies, and there is none here.
        size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
        if self.line is not None:
            self.line.write(bytes([0x80 | kind]) + size + bytes(4) + body)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up."""
        self.is_open = False
        self.gone.set()
        self._fail(exc or ConnectionError("closed"))

    def _fail(self, error: Exception) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(error)
            self.greeted.exception()  # looked at: whoever waits hears of it as well

    def close(self) -> None:
        """Go."""
        if self.line is not None:
            self.line.abort()


async def opened(
    server: Server, path: str, source: str, *, cookie: str = "", first: str | None = None, hear: Heard | None = None
) -> Socket:
    """A socket that was greeted; raises OSError or TimeoutError."""
    key = base64.b64encode(os.urandom(16)).decode()
    ask = (
        f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\nOrigin: {server.origin}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        + (f"Cookie: {cookie}\r\n" if cookie else "")
        + "\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    _line, made = await loop.create_connection(
        lambda: Socket(ask, first, hear), "127.0.0.1", server.port, local_addr=(source, 0)
    )
    await asyncio.wait_for(asyncio.shield(made.greeted), 60)
    return made


@dataclass(slots=True)
class Line:
    """A browser's requests, one after the other on one connection."""

    server: Server
    source: str
    headers: dict[str, str]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        """The status, the headers and the body of an answer."""
        return await self._ask("GET", path, b"", headers)

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> tuple[int, dict[str, str], str]:
        """Send a form."""
        own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.server.origin, **headers}
        return await self._ask("POST", path, urlencode(fields).encode(), own)

    async def _ask(self, verb: str, path: str, body: bytes, more: dict[str, str]) -> tuple[int, dict[str, str], str]:
        headers = {"Host": self.server.host, "Content-Length": str(len(body)), **self.headers, **more}
        head = f"{verb} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        async with self.turn:
            for is_last in (False, True):
                try:
                    return await self._answer(head.encode() + b"\r\n" + body)
                except (OSError, asyncio.IncompleteReadError):  # it was closed while nothing was asked
                    self.ends = None
                    if is_last:
                        raise
        raise AssertionError

    async def _answer(self, asked: bytes) -> tuple[int, dict[str, str], str]:
        if self.ends is None:
            self.ends = await asyncio.open_connection("127.0.0.1", self.server.port, local_addr=(self.source, 0))
        reader, writer = self.ends
        writer.write(asked)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers and name != "set-cookie" else value
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            writer.close()
            self.ends = None
        return int(head[0].split(" ")[1]), headers, body.decode()
