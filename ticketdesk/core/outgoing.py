"""Fetching what people point us to: resolved once, never into a private network, bounded in time and size (R09)."""

import queue
import socket
import ssl
import string
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpcore

from ticketdesk.core.errors import Invalid
from ticketdesk.core.public_addresses import is_public

SECONDS = 10.0
"""For all of it: finding the address, connecting, and the last byte."""
LARGEST = 1024 * 1024
LONGEST_URL = 2000
PORTS = {"http": 80, "https": 443}
MOST_ADDRESSES = 4

Resolve = Callable[[str, int, float], Sequence[str]]
Headers = dict[bytes | str, bytes | str]


class Unreachable(Exception):
    """Nothing was fetched; the text says why in plain words."""


class Moved(Unreachable):
    """It stands somewhere else; whoever goes there asks anew, with every check that the first address had."""

    def __init__(self, location: str) -> None:
        super().__init__("It sends us on to another address. Give that one instead.")
        self.location = location


@dataclass(frozen=True, slots=True)
class Place:
    """A URL in its parts."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def name(self) -> str:
        """The host as the Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def place(url: str) -> Place:
    """Read a URL; raises Invalid for one that we would never ask."""
    if len(url) > LONGEST_URL:
        raise Invalid(f"An address has at most {LONGEST_URL} characters.", "url")
    if any(letter <= " " or letter == "\\" or letter == "\x7f" for letter in url):
        raise Invalid("There is a character in it that no address has.", "url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:  # what the standard library cannot read, a name that no domain may have included
        raise Invalid("This is not an address; write it like https://example.com/days.ics.", "url") from None
    if parts.scheme not in PORTS:
        raise Invalid("An address begins with https:// or http://.", "url")
    if parts.username is not None or parts.password is not None:
        raise Invalid("An address with a name and password in it is not taken.", "url")
    if not host or "%" in host or port == 0:
        raise Invalid("This is not an address; write it like https://example.com/days.ics.", "url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port or PORTS[parts.scheme], quote(path, safe=string.punctuation))


def resolved(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host, in the system's order; raises Unreachable when none is found in that time."""
    answer: queue.Queue[list[str]] = queue.Queue(1)

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        answer.put([str(one[4][0]) for one in found])

    # The system's resolver has no time limit of its own that we could set.
    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        addresses = answer.get(timeout=seconds)
    except queue.Empty:
        raise Unreachable("Its name was not found in time.") from None
    if not addresses:
        raise Unreachable(f"There is no host called {host}.")
    return addresses


def get(
    url: str,
    accept: str = "*/*",
    *,
    resolve: Resolve = resolved,
    network: httpcore.NetworkBackend | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST,
) -> bytes:
    """What stands at a URL; raises Invalid for one that we never ask, and Unreachable, or Moved for a redirect.

    All addresses of the host must be public, and the connection goes to one of those that were looked at: the name is
    not asked for twice, so that it cannot mean something else the second time.
    """
    headers: Headers = {
        "Accept": accept,
        "Accept-Encoding": "identity",  # what is packed could unpack to any size
    }
    answer = _exchange("GET", url, headers, b"", resolve, network, seconds, largest)
    if answer.code != 200:
        raise Unreachable(f"The server answered with code {answer.code}.")
    return answer.content


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to something posted; its words may hold secrets."""

    code: int
    content: bytes = field(repr=False)


def post(
    url: str,
    fields: Mapping[str, str],
    *,
    resolve: Resolve = resolved,
    network: httpcore.NetworkBackend | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST,
) -> Answer:
    """Post the fields of a form, as carefully as `get`; an answer with any code but a redirect's is one.

    Raises Invalid, Unreachable and Moved.
    """
    content = urlencode(fields).encode()
    headers: Headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(content)),
    }
    return _exchange("POST", url, headers, content, resolve, network, seconds, largest)


def send(
    url: str,
    content: bytes,
    given: Mapping[str, str],
    *,
    resolve: Resolve = resolved,
    network: httpcore.NetworkBackend | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST,
) -> Answer:
    """Post bytes as they are, under the headers given, as carefully as `post`; raises the same."""
    headers: Headers = dict(given.items())
    headers |= {"Accept-Encoding": "identity", "Content-Length": str(len(content))}
    return _exchange("POST", url, headers, content, resolve, network, seconds, largest)


def _exchange(
    method: str,
    url: str,
    headers: Headers,
    content: bytes,
    resolve: Resolve,
    network: httpcore.NetworkBackend | None,
    seconds: float,
    largest: int,
) -> Answer:
    there = place(url)
    until = time.monotonic() + seconds
    addresses = list(resolve(there.host, there.port, seconds))[:MOST_ADDRESSES]
    if not addresses or not all(is_public(address) for address in addresses):
        raise Unreachable("It leads into a private network, where we fetch nothing.")
    pinned = _Pinned(addresses, until, network or httpcore.SyncBackend())
    secure = ssl.create_default_context() if there.scheme == "https" else None
    whole: Headers = {"Host": there.name, "User-Agent": "TicketDesk", **headers, "Connection": "close"}
    with httpcore.ConnectionPool(ssl_context=secure, network_backend=pinned, max_connections=1) as pool:
        try:
            return _read(pool, method, there, whole, content, largest)
        except httpcore.TimeoutException:
            raise Unreachable(f"It did not answer within {seconds:g} seconds.") from None
        except httpcore.ConnectError as error:
            raise Unreachable(_why(error)) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            raise Unreachable("It broke the connection off, or did not answer as the web does.") from None


def _read(
    pool: httpcore.ConnectionPool, method: str, there: Place, headers: Headers, content: bytes, largest: int
) -> Answer:
    url = httpcore.URL(scheme=there.scheme, host=there.host, port=there.port, target=there.target)
    with pool.stream(method, url, headers=headers, content=content or None) as response:
        if 300 <= response.status < 400:
            locations = [value for name, value in response.headers if name.lower() == b"location"]
            raise Moved(locations[0].decode("ascii", "replace") if len(locations) == 1 else "")
        if method == "GET" and response.status != 200:
            return Answer(response.status, b"")
        found = bytearray()
        for piece in response.iter_stream():
            found += piece
            if len(found) > largest:
                raise Unreachable(f"It is larger than {largest // 1024} KiB.")
        return Answer(response.status, bytes(found))


def _why(error: httpcore.ConnectError) -> str:
    if isinstance(error.__cause__, ssl.SSLError) or isinstance(error.__context__, ssl.SSLError):
        return "Its certificate is not valid, or it speaks no TLS."
    return "Nobody answers there."


class _Pinned(httpcore.NetworkBackend):
    """Connects to addresses that were checked, whatever name it is given, and to nothing after its time."""

    def __init__(self, addresses: Sequence[str], until: float, network: httpcore.NetworkBackend) -> None:
        self._addresses, self._until, self._network = addresses, until, network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers."""
        for number, address in enumerate(self._addresses, 1):
            try:
                return _Timed(self._network.connect_tcp(address, port, _left(self._until)), self._until)
            except httpcore.ConnectError:
                if number == len(self._addresses):
                    raise
        raise httpcore.ConnectError


class _Timed(httpcore.NetworkStream):
    """A connection whose every step ends with the time given to all of it."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What came next."""
        return self._stream.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send something."""
        self._stream.write(buffer, _left(self._until))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, secured; the certificate must be that of the name, not of the address."""
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._until)), self._until)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._stream.get_extra_info(info)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
