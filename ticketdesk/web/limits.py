"""The doors that stand open to everybody: how often one source may come through each, and with how much."""

from collections.abc import Mapping

from flask import Flask, request
from flask_limiter import Limiter

from ticketdesk.channels.email.limits import MAX_BYTES

ANONYMOUS: Mapping[str, str] = {
    "assets.file": "3000/minute",
    "auth.enter": "60/minute",
    "auth.enter_by_link": "30/minute",
    "auth.show_link": "60/minute",
    "auth.sign_in": "120/minute",
    "health.alive": "600/minute",
    "health.ready": "600/minute",
    "images.image": "1200/minute",
    "metrics.metrics": "600/minute",
    "hooks.email": "1200/minute",
    "portal.answer_survey": "30/minute",
    "portal.leave": "30/minute",
    "portal.leaving": "60/minute",
    "portal.survey": "60/minute",
    "portal.embedded_form": "120/minute",
    "portal.embedded_form_sent": "120/minute",
    "portal.form": "120/minute",
    "portal.logo": "600/minute",
    "portal.form_sent": "120/minute",
    "portal.send_embedded_form": "30/minute;200/hour",
    "portal.send_form": "30/minute;200/hour",
    "portal.article": "120/minute",
    "portal.ask_for_code": "30/minute",
    "portal.code": "60/minute",
    "portal.end_session": "30/minute",
    "portal.enter": "20/minute",
    "portal.home": "300/minute",
    "portal.my": "120/minute",
    "portal.my_ticket": "240/minute",
    "portal.my_ticket_answer": "20/minute;200/hour",
    "portal.my_ticket_file": "600/minute",
    "portal.my_ticket_reopen": "20/minute",
    "portal.my_ticket_solve": "20/minute",
    "portal.search": "120/minute",
    "portal.sign_in": "60/minute",
    "portal.sign_out": "30/minute",
    "portal.ticket": "240/minute",
    "portal.ticket_answer": "20/minute;200/hour",
    "portal.ticket_file": "600/minute",
    "portal.ticket_reopen": "20/minute",
    "portal.ticket_solve": "20/minute",
    "portal.vote": "30/minute",
    "widget.address": "30/minute",
    "widget.forget": "60/minute",
    "widget.identify": "120/minute",
    "widget.say_attributes": "120/minute",
    "widget.article": "120/minute",
    "widget.articles": "120/minute",
    "widget.end": "30/minute",
    "widget.file": "300/minute",
    "widget.frame": "300/minute",
    "widget.leave": "120/minute",
    "widget.live": "120/minute",
    "widget.loader": "600/minute",
    "widget.rate": "30/minute",
    "widget.rating": "240/minute",
    "widget.read": "600/minute",
    "widget.say": "240/minute",
    "widget.talk": "1200/minute",
    "widget.transcript": "30/minute",
    "widget.typed": "600/minute",
    "widget.visit": "60/minute",
    "widget.vote": "30/minute",
}
"""By endpoint. Whatever is not named here needs a sign-in, so an open door cannot be made without a limit."""

WITH_FILES: frozenset[str] = frozenset(
    ["portal.my_ticket_answer", "portal.send_embedded_form", "portal.send_form", "portal.ticket_answer", "widget.say"]
)
"""Open doors through which files may come; there, as behind a sign-in, the configuration's limit holds."""

RAW: Mapping[str, int] = {"hooks.email": MAX_BYTES + 1}
"""Open doors whose body is no form, with its most bytes; they read it themselves, once they know who asks.

One more than a mail may have: a body without a length is refused when it reaches the limit, not beyond it.
"""

KIB = 1024
LARGEST_ANONYMOUS = 64 * KIB
LARGEST_WITHOUT_FILES = 2048 * KIB
"""Bytes of a request's body; with files, the configuration's limit holds."""


def source() -> str:
    """Where a request comes from."""
    return request.remote_addr or "unknown"


def is_anonymous() -> bool:
    """Whether the present request came through an open door."""
    return request.endpoint in ANONYMOUS


def bound_bodies(app: Flask) -> None:
    """Refuse large bodies before they are read; comes before whatever reads forms."""
    app.before_request(_bound_body)


def register(app: Flask) -> None:
    """Limit every open door; comes last, when all of them are there. Raises KeyError for one that is not."""
    limiter = Limiter(key_func=source, app=app)
    for endpoint, limit in ANONYMOUS.items():
        view = app.view_functions[endpoint]
        app.view_functions[endpoint] = limiter.limit(limit)(view)  # type: ignore[assignment]  # it thinks of async views


def _bound_body() -> None:
    raw = RAW.get(request.endpoint or "")
    if raw is not None:
        request.max_content_length = raw
    elif is_anonymous() and request.endpoint not in WITH_FILES:
        request.max_content_length = LARGEST_ANONYMOUS
    elif request.mimetype != "multipart/form-data":
        request.max_content_length = LARGEST_WITHOUT_FILES
