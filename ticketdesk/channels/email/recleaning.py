"""Stored mail is read anew, from its raw bytes, when the cleaner of HTML has changed (SECURITY R05)."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.channels.email import as_inbound, understanding
from ticketdesk.channels.email.model import ParsedMail, Unreadable
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.core import html, storage
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message

AT_ONCE = 50
LOOKS = ("rich", "pictures", "traces")


def clean_some(now: datetime) -> int:
    """The periodic job: read the newest of what an older cleaner made; returns how many."""
    rows = db.session.execute(
        select(Message.id, RawMail.blob_sha256)
        .outerjoin(RawMail, RawMail.id == Message.raw_mail_id)
        .where(Message.cleaner_version.is_not(None), Message.cleaner_version < html.CLEANER_VERSION)
        .order_by(Message.id.desc())
        .limit(AT_ONCE)
    ).all()
    db.session.commit()
    for message_id, sha256 in rows:
        parsed = _read(sha256)
        _keep(message_id, parsed)
        db.session.commit()
    return len(rows)


def _read(sha256: str | None) -> ParsedMail | None:
    """The mail as it is understood now; None when it cannot be read any more."""
    if sha256 is None:
        return None
    try:
        return understanding.parser().parse(storage.read(sha256))
    except (Unreadable, FileNotFoundError):
        return None


def _keep(message_id: int, parsed: ParsedMail | None) -> None:
    message = db.session.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None:
        return
    message.cleaner_version = html.CLEANER_VERSION
    if message.html is None or message.redacted_at is not None:
        return
    facts = {name: value for name, value in message.facts.items() if name not in LOOKS}
    if parsed is None:
        # Without its raw mail, what is there is cleaned once more.
        message.html, message.html_new = html.clean(message.html), None
    else:
        message.html, message.html_new = parsed.html, parsed.html_new
        facts |= as_inbound.shown(parsed)
    message.facts = facts
