"""The cookies of customers' browsers: for this host alone, out of reach of scripts, not sent along from other sites."""

from datetime import timedelta

from flask import current_app, request
from werkzeug.wrappers import Response

from ticketdesk.core.config import Config

HOUR = timedelta(hours=1)
LASTS = timedelta(days=365)


def named(name: str) -> str:
    """A browser takes the `__Host-` name only over TLS and for this host alone."""
    return f"__Host-{name}" if _https() else name


def given(name: str) -> str:
    """What the browser keeps under a name, or nothing."""
    return request.cookies.get(named(name), "")


def give(response: Response, name: str, value: str, lasts: timedelta = LASTS) -> Response:
    """Let the browser keep a value."""
    age = int(lasts.total_seconds())
    response.set_cookie(named(name), value, max_age=age, secure=_https(), httponly=True, samesite="Lax")
    return response


def take(response: Response, name: str) -> Response:
    """Let the browser forget it."""
    response.delete_cookie(named(name), secure=_https(), httponly=True, samesite="Lax")
    return response


def _https() -> bool:
    config: Config = current_app.extensions["ticketdesk.config"]
    return config.https
