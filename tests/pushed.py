"""A browser that is pushed to, and the service of its maker: a real server on this machine."""

import contextlib
import http.server
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpcore
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ticketdesk.core import outgoing, webpush


@dataclass
class Recipient:
    """The keys of one browser; it reads what was sealed for it, by the book (RFC 8188 and 8291)."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def p256dh(self) -> str:
        """As it tells its public key."""
        return webpush.encoded(webpush.point(self.key.public_key()))

    @property
    def auth(self) -> str:
        """As it tells its secret."""
        return webpush.encoded(self.secret)

    def opened(self, body: bytes) -> bytes:
        """The words."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        theirs, content = body[21 : 21 + length], body[21 + length :]
        assert len(content) <= size
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self.key.exchange(ec.ECDH(), sender)
        info = b"WebPush: info\0" + webpush.point(self.key.public_key()) + theirs
        secret = HKDF(SHA256(), 32, self.secret, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        padded = AESGCM(key).decrypt(nonce, content, None).rstrip(b"\0")
        assert padded[-1:] == b"\2", "the last record"
        return padded[:-1]


@dataclass
class Service:
    """What it was sent, and how it answers."""

    port: int = 0
    code: int = 201
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def deliver(self) -> Any:
        """The guarded client, led here instead of into the world."""
        return partial(outgoing.send, resolve=_public, network=_Detour(self.port), seconds=5)


class _Plain:
    """A connection on this machine that says it is secured: certificates are the subject of another test."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def start_tls(self, *_: Any, **__: Any) -> "_Plain":
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Detour(httpcore.NetworkBackend):
    def __init__(self, port: int) -> None:
        self.port = port

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any) -> Any:
        return _Plain(httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout))


def _public(host: str, port: int, seconds: float) -> Sequence[str]:
    return ["93.184.216.34"]


@contextlib.contextmanager
def service() -> Iterator[Service]:
    """One, on a port of its own."""
    made = Service()

    class Asked(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.sent.append((f"https://{headers['host']}{self.path}", headers, content))
            self.send_response(made.code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
