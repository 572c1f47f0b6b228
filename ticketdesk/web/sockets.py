"""Opening sockets: the handshake, whose page may ask for one, and how many are let in at once."""

import base64
import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden, ServiceUnavailable

from ticketdesk.live import streams
from ticketdesk.live.audience import Audience
from ticketdesk.web import csrf, limits

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a server shows that it understood (RFC 6455, 1.3)."""
VERSION = "13"
AT_ONCE = 6
"""Handshakes that may ask the database at the same time: after a restart everybody comes at once."""
PATIENCE = 20.0
"""Seconds for which the others wait for their turn."""

_gate = threading.BoundedSemaphore(AT_ONCE)


class HandedOver(Response):
    """The answer to a handshake; the connection is no longer the server's."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Say nothing: everything was said on the socket itself."""
        if "gunicorn.socket" in environ:
            raise StopIteration  # its word for a connection that was taken care of
        raise ConnectionAbortedError


def guard(app: Flask) -> None:
    """Look at who opens a socket before anything else is asked, and let in a few at a time."""
    app.before_request(_let_in)
    app.teardown_request(_let_out)


def hand_over(audience: Audience, guest: Any) -> ResponseReturnValue:
    """Answer the handshake, and give the connection to the switchboard: this request ends, the socket stays.

    Raises BadRequest where something else was asked for.
    """
    key = request.headers.get("Sec-WebSocket-Key", "")
    if not is_socket() or request.headers.get("Sec-WebSocket-Version") != VERSION or not _is_key(key):
        raise BadRequest("Only a socket can be opened here.")
    line = request.environ.get("gunicorn.socket") or request.environ["werkzeug.socket"]
    accepted = base64.b64encode(hashlib.sha1(key.encode() + MAGIC, usedforsecurity=False).digest())
    line.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
    )
    streams.switchboard().take(os.dup(line.fileno()), audience, guest, limits.source())
    return HandedOver(status=101)


def is_socket() -> bool:
    """Whether a socket is asked for."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False


def _let_in() -> None:
    """A socket carries cookies from wherever it is opened, so its origin must be ours (SECURITY R15)."""
    if not is_socket():
        return
    if not csrf.is_ours(request.headers.get("Origin", "")):
        raise Forbidden("This socket was opened by another site.")
    if not _gate.acquire(timeout=PATIENCE):
        raise ServiceUnavailable("Too many connect at this moment.")
    g.was_let_in = True


def _let_out(error: BaseException | None) -> None:
    if g.pop("was_let_in", False):
        _gate.release()
