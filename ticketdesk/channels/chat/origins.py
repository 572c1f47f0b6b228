"""The sites that may show a widget, as browsers name them: scheme, host and port, and nothing behind."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from ticketdesk.core.errors import Invalid

MOST = 50
LONGEST = 300
USUAL_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


def understood(lines: Iterable[str]) -> list[str]:
    """The origins of these lines, each once, in their order; raises Invalid for the first that is none."""
    found = list(dict.fromkeys(_origin(line.strip()) for line in lines if line.strip()))
    if len(found) > MOST:
        raise Invalid(f"At most {MOST} sites, please.", "origins")
    return found


def _origin(line: str) -> str:
    """As the browser's Origin header would write it (RFC 6454, 6.2)."""
    if "*" in line:
        raise Invalid(f"{_short(line)}: name every site; a star would let in others.", "origins")
    try:
        parts = urlsplit(line)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _no_origin(line) from None
    if parts.scheme not in USUAL_PORTS or not host or len(line) > LONGEST:
        raise _no_origin(line)
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise Invalid(f"{_short(line)}: give the site without what follows its name.", "origins")
    named = _named(host)
    if named is None:
        raise _no_origin(line)
    return f"{parts.scheme}://{named}" + (f":{port}" if port not in (None, USUAL_PORTS[parts.scheme]) else "")


def _named(host: str) -> str | None:
    """The host in the letters of the wire, or None."""
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError:
            return None
    try:
        plain = host.encode("idna").decode().lower() if not host.isascii() else host.lower()
    except UnicodeError:
        return None
    return plain if len(plain) <= 253 and _HOST.fullmatch(plain) else None


def _no_origin(line: str) -> Invalid:
    return Invalid(f"{_short(line)}: write it as https://shop.example.", "origins")


def _short(line: str) -> str:
    return line if len(line) <= 60 else f"{line[:59]}…"
