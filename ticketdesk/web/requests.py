"""Each request has a number, which its log lines and its answer carry, and one moment that it calls now."""

import time

import structlog
from flask import Flask, Response, g, request

from ticketdesk.core import clock, logs

QUIET = ("assets.file", "health.alive", "health.ready", "metrics.metrics")
"""Asked so often that their lines would hide the others."""

log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Number every request and write one line about it."""
    app.before_request(_begin)
    app.after_request(_tell)
    app.teardown_request(_end)


def _begin() -> None:
    g.request_id = logs.request_id(request.headers.get("X-Request-ID"))
    g.began = time.perf_counter()
    g.now = clock.now()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _tell(response: Response) -> Response:
    if "request_id" not in g:  # refused before it was let in, as for a foreign host name
        g.request_id = logs.new_id()
    response.headers["X-Request-ID"] = g.request_id
    level = log.debug if request.endpoint in QUIET else log.info
    # The rule instead of the path, because a path may hold a secret.
    level(
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
    )
    return response


def _end(error: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request")
