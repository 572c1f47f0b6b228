"""Subject, date, ids and other single headers."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from ticketdesk.channels.email import charsets, limits
from ticketdesk.channels.email.addresses import find_addresses, normalise, parse_list
from ticketdesk.channels.email.mime import Part
from ticketdesk.channels.email.model import Mailbox
from ticketdesk.channels.email.words import decode_words

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,9})?\s{0,3}(Z|[+-]\d{2}:?\d{2})?")


def text_of(part: Part, name: str) -> str:
    """The decoded first header of that name on one line, or an empty text."""
    raw = part.first(name)
    return charsets.one_line(decode_words(raw, part.hint)) if raw is not None else ""


def mailboxes(part: Part, name: str) -> tuple[Mailbox, ...]:
    """Every mailbox of every header of that name."""
    return tuple(mailbox for raw in part.every(name) for mailbox in parse_list(raw, part.hint))


def date_of(part: Part) -> datetime | None:
    """The Date header in UTC, or None when it names no moment."""
    raw = part.first("date")
    return parse_date(charsets.decode(raw)[0]) if raw else None


def parse_date(text: str) -> datetime | None:
    """A moment written as in RFC 5322 or ISO 8601, in UTC; without a zone it is taken as UTC."""
    text = " ".join(text[:200].split())
    iso = _ISO.match(text)
    try:
        if iso is not None:
            zone = _offset(iso.group(7) or "Z")
            year, month, day, hour, minute, second = (int(iso.group(n) or 0) for n in range(1, 7))
            return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
        found = parsedate_tz(text.replace("--", "-"))
        if found is None:
            return None
        year, month, day, hour, minute, second = found[:6]
        zone = timezone(timedelta(seconds=found[9] or 0)) if abs(found[9] or 0) < 86400 else UTC
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def ids(raw: bytes) -> list[str]:
    """The message ids in a header without their brackets, in order; overlong ones are left out."""
    text = charsets.decode(raw[-limits.MAX_HEADER_BYTES :])[0]
    found: list[str] = []
    at = text.find("<")
    while at >= 0:
        stop = text.find(">", at)
        if stop < 0:
            break
        begin = text.rfind("<", at, stop)
        found.append("".join(text[begin + 1 : stop].split()))
        at = text.find("<", stop)
    if not found:
        found = [word.strip("<>,;") for word in text.split() if "@" in word]
    return [one for one in found if one and len(one) <= limits.MAX_ID_CHARS]


def message_id(part: Part) -> str | None:
    """The mail's own id without brackets."""
    raw = part.first("message-id")
    if not raw:
        return None
    found = ids(raw)
    if found:
        return found[0]
    loose = "".join(charsets.decode(raw)[0].split()).strip("<>")
    return loose if 0 < len(loose) <= limits.MAX_ID_CHARS else None


def in_reply_to(part: Part) -> str | None:
    """The first id of In-Reply-To without brackets."""
    raw = part.first("in-reply-to")
    found = ids(raw) if raw else []
    return found[0] if found else None


def references(part: Part) -> tuple[str, ...]:
    """The newest ids of References, oldest first."""
    found = [one for raw in part.every("references") for one in ids(raw)]
    return tuple(dict.fromkeys(found[-limits.MAX_REFERENCES :]))


def return_path(part: Part) -> str | None:
    """The address of Return-Path: empty for the null sender, None without the header."""
    raw = part.first("return-path")
    if raw is None:
        return None
    text = charsets.decode(raw)[0].strip().strip("<>").strip()
    return normalise(text)


def recipients(part: Part, to: tuple[Mailbox, ...], cc: tuple[Mailbox, ...]) -> tuple[str, ...]:
    """Addresses that this copy may have been sent to, best evidence first (SEMANTICS 1)."""
    found: list[str] = []
    for name in ("delivered-to", "x-delivered-to", "x-original-to", "envelope-to", "x-envelope-to"):
        for raw in part.every(name)[:20]:
            found.extend(find_addresses(charsets.decode(raw[:2000])[0]))
    found.extend(mailbox.address for mailbox in (*to, *cc) if mailbox.address)
    return tuple(dict.fromkeys(found))
