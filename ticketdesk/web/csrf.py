"""A request that changes something must come from our own pages: by a token and by what the browser says of it."""

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import Forbidden

from ticketdesk.core.config import Config

SAFE = ("GET", "HEAD", "OPTIONS")
OWN_SITES = ("same-origin", "none")  # "none": typed, or reloaded by hand

PROVEN_OTHERWISE: frozenset[str] = frozenset(
    [
        "hooks.email",
        "portal.send_embedded_form",
        "portal.send_form",
        "portal.leave",
        "widget.address",
        "widget.forget",
        "widget.identify",
        "widget.say_attributes",
        "widget.end",
        "widget.leave",
        "widget.rate",
        "widget.read",
        "widget.say",
        "widget.typed",
        "widget.transcript",
        "widget.visit",
        "widget.vote",
    ]
)
"""Endpoints that nobody reaches with a cookie of ours: each proves its requests by a token of its own.

Forms and the widget stand in frames on other sites; the button of a survey's "ask me no more" is pressed by mail
programs (RFC 8058); mail is posted by providers with a secret.
"""

protect = CSRFProtect()


def register(app: Flask) -> None:
    """Ask every unsafe request for both proofs."""
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,  # as long as the browser's session: a desk stays open for days
        WTF_CSRF_SSL_STRICT=False,  # the check below is stricter than that of the Referer
    )
    app.before_request(_refuse_foreign)
    protect.init_app(app)


def excuse(app: Flask) -> None:
    """Ask no token of the cookie kind where none can be had; comes when all doors are there. Raises KeyError."""
    for endpoint in PROVEN_OTHERWISE:
        protect.exempt(app.view_functions[endpoint])


def _refuse_foreign() -> None:
    """Refuse what another site made the browser send."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in OWN_SITES:
        raise Forbidden("This request came from another site.")
    origin = request.headers.get("Origin")
    if origin is not None and not is_ours(origin):
        raise Forbidden("This request came from another site.")


def is_ours(origin: str) -> bool:
    """Whether a page of this origin is one of ours."""
    config: Config = current_app.extensions["ticketdesk.config"]
    if origin == config.public_url:
        return True
    # The Host header is one of the trusted hosts, and no page can make a browser lie about it.
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:  # no browser writes an origin that is none
        return False
