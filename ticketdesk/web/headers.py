"""What every answer tells the browser not to do."""

import secrets

from flask import Flask, Response, current_app, g

from ticketdesk.core.config import Config
from ticketdesk.web import limits

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), payment=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000"


def register(app: Flask) -> None:
    """Put the headers on every answer, and give templates the nonce."""
    app.after_request(_protect)
    app.add_template_global(nonce, "csp_nonce")


def nonce() -> str:
    """The word by which this page's own inline scripts and styles are known; fresh for every answer."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    word: str = g.csp_nonce
    return word


def policy(word: str, ancestors: str = "'none'") -> str:
    """The content policy of our own pages; a view that shows somebody else's content sets its own.

    `ancestors` are the sites in whose frames the page may stand.
    """
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{word}'; style-src 'self' 'nonce-{word}'; "
        f"img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
    )


def _protect(response: Response) -> Response:
    config: Config = current_app.extensions["ticketdesk.config"]
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", policy(nonce()))
    if config.https:
        response.headers["Strict-Transport-Security"] = HSTS
    # What needs a sign-in is never kept; the rest only where its view says so.
    if not limits.is_anonymous() or "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
