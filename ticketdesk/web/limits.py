"""The doors that stand open to everybody, and how often one source may come through each."""

from collections.abc import Mapping

from flask import Flask, request
from flask_limiter import Limiter

ANONYMOUS: Mapping[str, str] = {
    "assets.file": "3000/minute",
    "auth.enter": "60/minute",
    "auth.enter_by_link": "30/minute",
    "auth.show_link": "60/minute",
    "auth.sign_in": "120/minute",
    "health.alive": "600/minute",
    "health.ready": "600/minute",
    "start.page": "300/minute",
}
"""By endpoint. Whatever is not named here needs a sign-in, so an open door cannot be made without a limit."""


def source() -> str:
    """Where a request comes from."""
    return request.remote_addr or "unknown"


limiter = Limiter(key_func=source)


def register(app: Flask) -> None:
    """Limit every open door; comes last, when all of them are there. Raises KeyError for one that is not."""
    limiter.init_app(app)
    for endpoint, limit in ANONYMOUS.items():
        view = app.view_functions[endpoint]
        app.view_functions[endpoint] = limiter.limit(limit)(view)  # type: ignore[assignment]  # it thinks of async views


def is_anonymous() -> bool:
    """Whether the present request came through an open door."""
    return request.endpoint in ANONYMOUS
