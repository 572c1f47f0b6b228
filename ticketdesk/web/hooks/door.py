"""How machines are answered: in one plain line, and never with a final no for a fault of ours (SECURITY fact 13)."""

from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")

WAIT = 60
"""Seconds until a machine should try again."""


def said(status: int, words: str) -> Response:
    """One line."""
    answer = Response(words + "\n", status=status, content_type="text/plain; charset=utf-8")
    if status >= 500:
        answer.headers["Retry-After"] = str(WAIT)
    return answer


@blueprint.errorhandler(413)
def too_large(error: HTTPException) -> Response:
    """More than a mail may have."""
    return said(413, "This mail is too large.")


@blueprint.errorhandler(429)
def too_many(error: HTTPException) -> Response:
    """Several providers drop a mail at any 4xx, so whoever comes too often is told that we are busy."""
    return said(503, "Too many requests, try again later.")


@blueprint.errorhandler(500)
def our_fault(error: Exception) -> Response:
    """What went wrong stands in the log."""
    return said(500, "Something went wrong here, try again later.")
