"""Pictures of the internet in mails, through us: their owner learns neither who looked nor from where.

The frame in which a mail is shown sends no cookies by right, so the signature in the address is the right to see it.
What was found is kept for a while, and nothing else changes: looking tells nobody anything a second time.
"""

import threading

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import NotFound, ServiceUnavailable

from ticketdesk.channels.email import remote_pictures
from ticketdesk.channels.email.remote_pictures import Shown
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.outgoing import LONGEST_URL, Unreachable
from ticketdesk.web import files

blueprint = Blueprint("images", __name__)

AT_ONCE = 16
"""Pictures fetched at the same time by one process; others wait for their turn."""
PATIENCE = 20.0
"""Seconds."""
LIFE = "private, max-age=86400"
_turns = threading.BoundedSemaphore(AT_ONCE)


def address(message_id: int, url: str) -> str:
    """Where a picture of a message is shown through us, up to the end of tomorrow."""
    until = remote_pictures.last_day(clock.now())
    proof = remote_pictures.proof(message_id, url, until)
    return url_for("images.image", message_id=message_id, until=until, proof=proof, of=url)


@blueprint.get("/images/<int:message_id>/<int:until>/<proof>")
def image(message_id: int, until: int, proof: str) -> Response:
    """One picture; nothing for an address that we did not sign, that is over, or behind which there is no picture."""
    url, now = request.args.get("of", ""), clock.now()
    if len(url) > LONGEST_URL or not remote_pictures.may_show(message_id, url, until, proof, now):
        raise NotFound
    found = remote_pictures.kept(url, now)
    shown = remote_pictures.content_of(found) if found is not None else None
    if shown is None and (found is None or found.problem is None):
        shown = _fetched(url)
    if shown is None:
        raise NotFound
    response = files.shown(shown.content, "picture")
    response.headers["Cache-Control"] = LIFE
    return response


def _fetched(url: str) -> Shown | None:
    """Fetch it with no transaction open, and remember what came of it."""
    db.session.commit()
    if not _turns.acquire(timeout=PATIENCE):
        raise ServiceUnavailable
    shown, problem = None, None
    try:
        shown = remote_pictures.fetch(url)
    except Unreachable as refusal:
        problem = str(refusal)
    finally:
        _turns.release()
    remote_pictures.keep(url, shown, problem, clock.now())
    db.session.commit()
    return shown
