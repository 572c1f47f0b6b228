"""Files of messages and of one's own drafts: with the permission of their message, and never run."""

from flask import Response, request
from sqlalchemy import or_, select
from werkzeug.http import dump_options_header

from ticketdesk.core import storage
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import visibility
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.message import Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint

POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
"""The pictures that may be looked at in place, known by their first bytes; everything else is only downloaded."""


@blueprint.get("/attachments/<reference>")
def attachment(reference: str) -> Response:
    """One file: for download, or to be looked at when it is a picture and that is asked for."""
    found = db.session.scalar(
        select(Attachment)
        .outerjoin(Placement, (Placement.message_id == Attachment.message_id) & Placement.ended_at.is_(None))
        .outerjoin(Ticket, Ticket.id == Placement.ticket_id)
        .outerjoin(Draft, Draft.id == Attachment.draft_id)
        .where(
            Attachment.reference == reference,
            or_(
                Placement.id.is_not(None) & visibility.sees(door.me()),
                Draft.agent_id == door.me().id,
            ),
        )
    )
    if found is None:
        raise NotFound("There is no such file.")
    content = storage.read(found.blob_sha256)
    kind = picture_kind(content) if request.args.get("view") == "1" else None
    response = Response(content, content_type=kind or "application/octet-stream")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Disposition"] = dump_options_header(
        "inline" if kind else "attachment", {"filename": _printable(found.filename)}
    )
    return response


def _printable(name: str) -> str:
    """The name without what could end a header line."""
    return "".join(letter for letter in name if letter.isprintable()) or "file"


def picture_kind(content: bytes) -> str | None:
    """The type of a picture by its bytes, or None for anything else, whatever it was declared to be."""
    for signature, kind in SIGNATURES:
        if content.startswith(signature):
            return kind
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None
