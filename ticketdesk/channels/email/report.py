"""`mail parse`: a mail as one line of JSON, without database or Redis."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ticketdesk.channels.email.child import ParserChild
from ticketdesk.channels.email.model import Attachment, Mailbox, ParsedMail, Unreadable
from ticketdesk.channels.email.parse import unreadable


def as_json(parsed: ParsedMail, file: str) -> dict[str, Any]:
    """The object that `mail parse` prints for one file."""
    inner = parsed.forwarded
    return {
        "file": file,
        "from": _mailbox(parsed.sender),
        "to": [_mailbox(one) for one in parsed.to],
        "cc": [_mailbox(one) for one in parsed.cc],
        "reply_to": [_mailbox(one) for one in parsed.reply_to],
        "subject": parsed.subject,
        "date": _date(parsed.date),
        "message_id": parsed.message_id,
        "in_reply_to": parsed.in_reply_to,
        "references": list(parsed.references),
        "text": parsed.text,
        "html": parsed.html,
        "reply_text": parsed.reply_text,
        "quoted_text": parsed.quoted_text,
        "signature": parsed.signature,
        "attachments": [
            {
                "filename": one.filename,
                "content_type": one.content_type,
                "size": size,
                "inline": one.inline,
                "content_id": one.content_id,
            }
            for one in parsed.attachments
            for size in _sizes(one)
        ],
        "is_bounce": parsed.is_bounce,
        "failed_recipients": [
            {"address": one.address, "status": one.status, "permanent": one.permanent}
            for one in parsed.failed_recipients
        ],
        "is_auto_reply": parsed.is_auto_reply,
        "auto_reply_reason": parsed.auto_reply_reason,
        "is_list": parsed.is_list,
        "forwarded": inner
        and {
            "from": _mailbox(inner.sender),
            "to": [_mailbox(one) for one in inner.to],
            "subject": inner.subject,
            "date": _date(inner.date),
            "text": inner.text,
        },
        "defects": list(parsed.defects),
    }


@click.command("parse")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def parse_command(files: tuple[str, ...]) -> None:
    """Print what each mail says, one JSON object a line; `-` is standard input."""
    failed = False
    with ParserChild() as parser:
        for file in files:
            try:
                raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            except OSError as error:
                click.echo(f"{file}: {error.strerror}", err=True)
                failed = True
                continue
            try:
                parsed = parser.parse(raw)
            except Unreadable as beyond:
                parsed = unreadable(raw, beyond.reason)
            click.echo(json.dumps(as_json(parsed, file)))
    if failed:
        sys.exit(2)


def _sizes(file: Attachment) -> list[int]:
    """The bytes of a file, before them those of the part that it was wrapped in: each is an entry of its own."""
    return [file.size] if file.wrapped is None else [file.wrapped, file.size]


def _mailbox(mailbox: Mailbox | None) -> dict[str, str] | None:
    return {"name": mailbox.name, "address": mailbox.address} if mailbox is not None else None


def _date(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


if __name__ == "__main__":
    parse_command()
