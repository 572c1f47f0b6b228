"""Signed names in mail by which an answer finds its ticket: addresses, Message-IDs and a mark in the body."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ticketdesk.core import tokens

PURPOSE = "mail"
KEY_ID = 2
SIGNATURE = 16
"""Letters of an 80-bit signature in base 32."""
LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
MARK = "[ref:"
MOST_MARKS = 20

_BODY = re.compile(r"[0-9]{1,18}(?:[xn][0-9]{1,18})?", re.ASCII)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz234567")


@dataclass(frozen=True, slots=True)
class Named:
    """What a signed name stands for; a token of an agent names them beside the ticket."""

    # "t": a ticket; "a": a ticket and an agent, who answers in public; "i": the same, who answers in a note;
    # "m": a message; "n": a ticket, and the outbox row that wrote; "s": a side conversation; "o": a message of one
    kind: str
    first: int
    second: int | None = None


def token(named: Named, key: str) -> str:
    """Kind, key id, numbers and signature in lower-case letters and digits, so that it survives any mail server."""
    second = {"a": "x", "i": "x", "n": "n"}.get(named.kind, "")
    body = f"{named.first}{second}{named.second}" if second else str(named.first)
    return f"{named.kind}{_key_id(key)}{body}{tokens.sign(key, PURPOSE, named.kind + body)}"


def read(written: str, accepted: Sequence[str]) -> Named | None:
    """What a token stands for, or None when none of the keys signed it."""
    written = written.lower()
    kind, key_id, body, signature = (
        written[:1],
        written[1 : 1 + KEY_ID],
        written[1 + KEY_ID : -SIGNATURE],
        written[-SIGNATURE:],
    )
    if not _BODY.fullmatch(body):
        return None
    for key in accepted:
        if _key_id(key) == key_id and tokens.verify(key, PURPOSE, kind + body, signature):
            numbers = [int(number) for number in re.split("[xn]", body)]
            if len(numbers) != (2 if kind in ("a", "i", "n") else 1):
                return None
            return Named(kind, numbers[0], numbers[1] if len(numbers) == 2 else None)
    return None


def address(mailbox: str, named: Named, key: str) -> str:
    """The mailbox's own address with a token, or as it is when that would be too long for a local part."""
    local, _, domain = mailbox.rpartition("@")
    signed = f"{local}+{token(named, key)}"
    return f"{signed}@{domain}" if len(signed) <= LONGEST_LOCAL_PART else mailbox


def in_address(found: str, accepted: Sequence[str]) -> Named | None:
    """What the plus part of an address stands for."""
    local, _, _ = found.rpartition("@")
    _, plus, tag = local.rpartition("+")
    named = read(tag, accepted) if plus else None
    return named if named is not None and named.kind in ("t", "a", "i", "s") else None


def without_token(found: str) -> str:
    """The address without its last plus part."""
    local, at, domain = found.rpartition("@")
    bare, plus, _ = local.rpartition("+")
    return f"{bare}@{domain}" if at and plus and bare else found


def message_id(named: Named, domain: str, key: str) -> str:
    """A Message-ID of ours, without angle brackets; the same each time, so that a repeated mail is known as such."""
    return f"{token(named, key)}@{domain}"


def in_message_id(found: str, accepted: Sequence[str]) -> Named | None:
    """What a Message-ID of ours stands for, or None when we did not make it."""
    local, at, _ = found.rpartition("@")
    named = read(local, accepted) if at else None
    return named if named is not None and named.kind in ("m", "n", "o") else None


def mark(named: Named, key: str) -> str:
    """What stands at the end of a mail, for relays that rewrite its headers."""
    return f"{MARK}{token(named, key)}]"


def in_text(text: str, accepted: Sequence[str]) -> Named | None:
    """The first mark of ours in a text."""
    for tag in _marks(text):
        named = read(tag, accepted)
        if named is not None and named.kind == "t":
            return named
    return None


def _marks(text: str) -> Iterable[str]:
    at = text.find(MARK)
    for _ in range(MOST_MARKS):
        if at < 0:
            return
        start = at + len(MARK)
        end = text.find("]", start, start + 80)
        if end > 0:
            # Long words are wrapped by some mailers, even inside.
            yield "".join(text[start:end].split()).replace(">", "")
        at = text.find(MARK, start)


def _key_id(key: str) -> str:
    """Two letters that say which key signed, so that keys can be changed one after the other."""
    return tokens.sign(hashlib.sha256(key.encode()).hexdigest(), "key id", "")[:KEY_ID]
