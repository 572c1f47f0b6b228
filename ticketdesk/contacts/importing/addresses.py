"""Mail addresses as they stand in a file, in the one form in which identities keep them."""

import re
from contextlib import suppress

LONGEST = 254
MOST = 10
"""Addresses of one line."""
_PLAIN = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9_-]{1,63}\.){1,20}[a-z0-9-]{1,63}")
_ANGLED = re.compile(r"[^<>]*<([^<>]*)>")
_BETWEEN = re.compile(r"[;,\n]+")


def split(cell: str) -> list[str]:
    """The addresses in a cell, as they were written; also those of the kind "Name <address>"."""
    return [part.strip() for part in _BETWEEN.split(cell) if part.strip()]


def normalised(written: str) -> str | None:
    """Lower-case with the domain in IDNA form, nothing of it folded (SEMANTICS 2); None for what is no address."""
    angled = _ANGLED.fullmatch(written)
    words = (angled.group(1) if angled else written).strip().lower().removeprefix("mailto:")
    if len(words) > 2 * LONGEST:
        return None
    local, _at, host = words.rpartition("@")
    address = f"{local}@{_idna(host.rstrip('.'))}"
    return address if len(address) <= LONGEST and _PLAIN.fullmatch(address) else None


def domain(written: str) -> str | None:
    """A mail domain in the same form; None for what is none."""
    words = written.strip().lower().removeprefix("@")
    address = normalised(f"somebody@{words}") if len(words) <= LONGEST else None
    return None if address is None else address.rpartition("@")[2]


def _idna(host: str) -> str:
    if not host.isascii():
        with suppress(UnicodeError):
            return host.encode("idna").decode("ascii").lower()
    return host
