"""Mail from providers that post it as it is: a raw RFC 5322 message, taken in before anything reads it."""

import tempfile
from threading import BoundedSemaphore
from typing import IO

import structlog
from flask import Response, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from ticketdesk.channels import hook_secrets
from ticketdesk.channels.email import intake, limits, posted
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint
from ticketdesk.web.hooks.door import blueprint, said

IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
NOT_RAW = ("multipart/form-data", "application/json")

_room = BoundedSemaphore(4)  # so many mails are whole in memory at once

log = structlog.get_logger(__name__)


@blueprint.post("/email")
def email() -> Response:
    """Take one mail in: 200 only when it is stored and committed, 503 when it cannot be now."""
    try:
        return _take()
    except (SQLAlchemyError, OSError) as error:
        db.session.rollback()
        # The first line only: what follows may be the statement with its values.
        log.error("posted mail not stored", error=f"{type(error).__name__}: {error}".partition("\n")[0][:500])
        return said(503, "It cannot be stored now, try again later.")


def _take() -> Response:
    secret = hook_secrets.find(_secret(), g.now)
    if secret is None:
        answer = said(401, "A secret that is good is needed.")
        answer.headers["WWW-Authenticate"] = 'Basic realm="mail"'
        return answer
    secret_id, mailbox_id = secret.id, secret.mailbox_id
    db.session.commit()  # nothing stays open while a slow sender speaks
    if request.mimetype in NOT_RAW:
        return said(415, "Post the raw mail itself, not a form or JSON.")
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as content:
        if not _read(content):
            return said(400, "There is no mail in it.")
        with _room:
            content.seek(0)
            posted.take(content.read(), mailbox_id, _sender(), _recipients(), g.now)
            hook_secrets.seen(secret_id, g.now)
            failpoint("commit")
            db.session.commit()
    failpoint("hook post")
    return said(200, "Stored.")


def _secret() -> str:
    """What proves the provider: a bearer token or the password of Basic authentication, never a part of the URL."""
    given = request.authorization
    if given is None:
        return ""
    return (given.token if given.type == "bearer" else given.password if given.type == "basic" else None) or ""


def _read(content: IO[bytes]) -> bool:
    """Read the body piece by piece, what is large to disk; whether there is more than white space.

    Raises RequestEntityTooLarge.
    """
    size, speaks = 0, False
    if (request.content_length or 0) > limits.MAX_BYTES:
        raise RequestEntityTooLarge
    while piece := request.stream.read(PIECE):
        size += len(piece)
        if size > limits.MAX_BYTES:
            raise RequestEntityTooLarge
        speaks = speaks or bool(piece.strip())
        content.write(piece)
    return speaks


def _recipients() -> list[str]:
    """The envelope's recipients, from the header, repeated or with commas, or else from the address's `to`."""
    named = request.headers.getlist("X-Envelope-To") or request.args.getlist("to")
    found = [address.strip().strip("<>") for words in named for address in words.split(",")]
    return [address for address in found if address and "\x00" not in address][: intake.MOST_RECIPIENTS]


def _sender() -> str | None:
    """The envelope's sender; an empty one, as bounces have it, is not the same as none."""
    given = request.headers.get("X-Envelope-From", request.args.get("from"))
    return None if given is None else given.strip().strip("<>").replace("\x00", "")
