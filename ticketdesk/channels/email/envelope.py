"""Whom a mail was for, by its own headers, where nobody said it beside the mail; pure."""

import re

LONGEST_HEAD = 64 * 1024
MOST = 100
FIELDS = (b"delivered-to", b"x-original-to", b"envelope-to", b"x-envelope-to", b"to", b"cc")
"""The best evidence first."""

_BETWEEN = re.compile(r"[\s<>,;:\"()]+")
LONGEST_ADDRESS = 254


def recipients_of(raw: bytes) -> list[str]:
    """What looks like an address in the headers that name recipients, each once.

    Nothing is decoded and nothing believed: it only serves to choose among mailboxes that are ours.
    """
    found: dict[bytes, list[str]] = {field: [] for field in FIELDS}
    current: list[str] | None = None
    for line in raw[:LONGEST_HEAD].splitlines():
        if not line:
            break
        if line[:1] in (b" ", b"\t"):
            words = line
        else:
            name, _, words = line.partition(b":")
            current = found.get(name.strip().lower())
        if current is not None:
            text = words.decode("utf-8", "replace")
            current += [word for word in _BETWEEN.split(text) if "@" in word and len(word) <= LONGEST_ADDRESS]
    return list(dict.fromkeys(word for words in found.values() for word in words))[:MOST]
