"""What went wrong, as a page for people and as RFC 9457 JSON for machines."""

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from ticketdesk.accounts.signing_in import TooManyTries
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from ticketdesk.web.texts import _

STATUS: dict[type[Refused], int] = {NotAllowed: 403, NotFound: 404, Conflict: 409, Invalid: 422, TooManyTries: 429}
PAGES = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503)
RETRY_AFTER = {429: 60, 503: 5}
"""Seconds."""

log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Answer every refusal and every failure in one way."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _no_token)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DataError, _does_not_fit)
    app.register_error_handler(IntegrityError, _done_before)
    for gone in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(gone, _database_away)


def answer(status: int, reason: str | None = None) -> Response:
    """The page or the JSON of one status; `reason` is for the person who asked.

    A 404 never has a reason: what is forbidden and what is not there must look alike.
    """
    reason = None if status == 404 else reason
    request_id = g.get("request_id") if status >= 500 else None
    if wants_json():
        problem = {"type": "about:blank", "title": _title(status), "status": status, "detail": reason}
        response = jsonify({name: value for name, value in problem.items() if value is not None})
        response.mimetype = "application/problem+json"
    else:
        page = status if status in PAGES else 400 if status < 500 else 500
        response = make_response(render_template(f"errors/{page}.html", reason=reason, request_id=request_id))
    response.status_code = status
    if status in RETRY_AFTER:
        response.headers["Retry-After"] = str(RETRY_AFTER[status])
    return response


def wants_json() -> bool:
    """Whether a machine asks."""
    if request.path.startswith("/api/"):
        return True
    kinds = request.accept_mimetypes
    return kinds["application/json"] > kinds["text/html"] or kinds["application/problem+json"] > kinds["text/html"]


def _refused(refusal: Refused) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 400)
    return answer(status, str(refusal) or None)


def _no_token(error: CSRFError) -> Response:
    return answer(400, _("This page was open for too long. Load it again, then repeat what you did."))


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:  # a redirect that routing raised
        return make_response(error.get_response())
    made_by_us = type(error).description != error.description and error.code in (401, 403, 409, 422)
    response = answer(error.code, error.description if made_by_us else None)
    if isinstance(error, InternalServerError):
        return response
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _does_not_fit(error: DataError) -> Response:
    """A number too large for its column, or a character that cannot be stored."""
    log.warning("value refused by the database", error=str(error.orig).partition("\n")[0])
    return answer(422)


def _done_before(error: IntegrityError) -> Response:
    """Two requests made the same thing at the same moment, and the other one was quicker."""
    if not isinstance(error.orig, UniqueViolation):
        raise error
    db.session.rollback()
    return answer(409, _("This was done a moment ago, by another window or a second press. Reload the page to see it."))


def _database_away(error: Exception) -> Response:
    # The first line only: what follows is the statement with its values.
    log.error("database away", error=str(error).partition("\n")[0])
    return answer(503)


def _title(status: int) -> str:
    titles = {
        400: _("The request could not be understood"),
        401: _("Please sign in"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Not possible here"),
        409: _("Something happened in between"),
        413: _("Too large"),
        422: _("Something does not fit"),
        429: _("Too many requests"),
        503: _("Not ready"),
    }
    return titles.get(status, _("Something went wrong"))
