"""Mail that left without a mail server, to be read while developing; in production there is no such page."""

import email
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, g, make_response, render_template
from sqlalchemy import select

from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.web import auth, files

NEWEST = 100
HEADERS = (
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"),
    *("Auto-Submitted", "Thread-Topic", "Thread-Index"),
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; base-uri 'none'; frame-ancestors 'self'"

blueprint = Blueprint("development", __name__, url_prefix="/development")


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail of the folder."""

    row_id: int
    at: datetime
    recipient: str
    subject: str
    size: int


@blueprint.before_request
def enter() -> None:
    """Nobody in production, and only administrators elsewhere: replies to customers are not everyone's to read."""
    if _config().production:
        abort(404)
    auth.require("settings.change")


@blueprint.get("/outbox")
def outbox() -> str:
    """The newest mails."""
    numbers = sorted((int(path.stem) for path in _folder().glob("*.eml") if path.stem.isdigit()), reverse=True)
    wanted = numbers[:NEWEST]
    rows = select(OutboxRow.id, OutboxRow.recipient).where(OutboxRow.id.in_(wanted))
    recipients = {row.id: row.recipient for row in db.session.execute(rows)}
    mails = [_sent(number, recipients.get(number) or "") for number in wanted]
    return render_template("development/outbox.html", mails=mails, many=len(numbers), now=g.now)


@blueprint.get("/outbox/<int:row_id>")
def mail(row_id: int) -> str:
    """One of them: its headers, its words, and the page it makes."""
    raw = _read(row_id)
    found = _parsed(raw)
    text = found.get_body(("plain",))
    return render_template(
        "development/mail.html",
        row_id=row_id,
        subject=str(found["subject"] or ""),
        headers=[(name, str(found[name])) for name in HEADERS if found[name] is not None],
        text=text.get_content() if text is not None else "",
        attached=[part.get_filename() or "file" for part in found.iter_attachments()],
    )


@blueprint.get("/outbox/<int:row_id>/page")
def page(row_id: int) -> Response:
    """Its HTML, in a frame of its own."""
    html = _parsed(_read(row_id)).get_body(("html",))
    response = make_response(html.get_content() if html is not None else "")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@blueprint.get("/outbox/<int:row_id>/file")
def file(row_id: int) -> Response:
    """The file itself, for a mail program or for `mail ingest`."""
    return files.download(_read(row_id), f"{row_id}.eml")


def _config() -> Config:
    config: Config = current_app.extensions["ticketdesk.config"]
    return config


def _folder() -> Path:
    return _config().outbox


def _read(row_id: int) -> bytes:
    try:
        return (_folder() / f"{row_id}.eml").read_bytes()
    except OSError:
        abort(404)


def _parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=policy.default)


def _sent(row_id: int, recipient: str) -> Sent:
    path = _folder() / f"{row_id}.eml"
    with path.open("rb") as opened:
        head = email.message_from_bytes(opened.read(65536), policy=policy.default)
    about = path.stat()
    at = datetime.fromtimestamp(about.st_mtime, UTC)
    return Sent(row_id, at, recipient or str(head["to"] or ""), str(head["subject"] or ""), about.st_size)
