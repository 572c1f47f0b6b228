"""A parsed mail as JSON and blobs, and back: what passes between the parsing child and its parent."""

import json
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from ticketdesk.channels.email.model import Attachment, FailedRecipient, Forwarded, Mailbox, ParsedMail

_MAILBOX_LISTS = ("to", "cc", "reply_to")
_TEXT_LISTS = (
    "recipients", "references", "original_message_ids", "authentication_results", "loop_marks", "defects",
)  # fmt: skip


def pack(parsed: ParsedMail) -> tuple[bytes, list[bytes]]:
    """The mail as JSON without the contents of its attachments, and those contents in order."""
    plain: dict[str, Any] = {}
    for field in fields(ParsedMail):
        value = getattr(parsed, field.name)
        if field.name == "attachments":
            value = [{f.name: getattr(one, f.name) for f in fields(Attachment) if f.name != "content"} for one in value]
        elif field.name == "date":
            value = value.isoformat() if value else None
        elif field.name == "forwarded" and value is not None:
            value = asdict(value) | {"date": value.date.isoformat() if value.date else None}
        elif field.name in (*_MAILBOX_LISTS, "failed_recipients"):
            value = [asdict(one) for one in value]
        elif field.name == "sender" and value is not None:
            value = asdict(value)
        plain[field.name] = value
    return json.dumps(plain).encode("ascii"), [one.content for one in parsed.attachments]


def unpack(packed: bytes, blobs: list[bytes]) -> ParsedMail:
    """The mail again; raises ValueError, KeyError or TypeError for anything that `pack` did not write."""
    plain: dict[str, Any] = json.loads(packed)
    plain["sender"] = _mailbox(plain["sender"])
    plain["date"] = _date(plain["date"])
    for name in _MAILBOX_LISTS:
        plain[name] = tuple(Mailbox(**one) for one in plain[name])
    for name in _TEXT_LISTS:
        plain[name] = tuple(str(one) for one in plain[name])
    plain["failed_recipients"] = tuple(FailedRecipient(**one) for one in plain["failed_recipients"])
    if len(plain["attachments"]) != len(blobs):
        raise ValueError("attachments and their contents differ in number")
    plain["attachments"] = tuple(
        Attachment(**one, content=blob) for one, blob in zip(plain["attachments"], blobs, strict=True)
    )
    inner = plain["forwarded"]
    if inner is not None:
        plain["forwarded"] = Forwarded(
            sender=_mailbox(inner["sender"]),
            to=tuple(Mailbox(**one) for one in inner["to"]),
            subject=inner["subject"],
            date=_date(inner["date"]),
            text=inner["text"],
        )
    return ParsedMail(**plain)


def _mailbox(plain: dict[str, str] | None) -> Mailbox | None:
    return Mailbox(**plain) if plain is not None else None


def _date(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
