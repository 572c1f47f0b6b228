"""The doors that people and machines come in through."""

from flask import Blueprint, Flask, g
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands import colours
from ticketdesk.brands.brand import Brand
from ticketdesk.core.config import Config
from ticketdesk.web import (
    account,
    admin,
    assets,
    auth,
    csrf,
    desk,
    development,
    errors,
    formatting,
    headers,
    health,
    hooks,
    images,
    limits,
    live,
    metrics,
    numbers,
    pages,
    portal,
    requests,
    sockets,
    supervisor,
    widget,
)

DOORS: tuple[Blueprint, ...] = (
    assets.blueprint,
    images.blueprint,
    health.blueprint,
    metrics.blueprint,
    portal.blueprint,
    widget.blueprint,
    hooks.blueprint,
    account.blueprint,
    desk.blueprint,
    live.blueprint,
    admin.blueprint,
    supervisor.blueprint,
    development.blueprint,
)


def register(app: Flask) -> None:
    """Put every door into the app, and in front of all of them what every request passes."""
    pages.register(app)
    _believe_our_proxies(app)
    app.jinja_env.globals.pop("config", None)  # templates have no business with secrets
    numbers.register(app)
    app.url_map.strict_slashes = False
    Babel(app, locale_selector=_locale, timezone_selector=_timezone)
    formatting.register(app)
    app.add_template_global(colours.derived, "brand_colours")
    requests.register(app)
    headers.register(app)
    errors.register(app)
    limits.bound_bodies(app)
    sockets.guard(app)
    auth.register(app)
    csrf.register(app)
    for door in DOORS:
        app.register_blueprint(door)
    csrf.excuse(app)
    limits.register(app)


def _believe_our_proxies(app: Flask) -> None:
    """Learn who asks from exactly as many proxies as are ours; nobody's word counts for the host (SECURITY R23)."""
    config: Config = app.extensions["ticketdesk.config"]
    if config.proxy_count:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way to wrap the application
            app.wsgi_app, x_for=config.proxy_count, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )


def _locale() -> str | None:
    chosen: str | None = g.get("locale")
    if chosen is not None:
        return chosen
    reader = _reader()
    return reader.locale if reader else None


def _timezone() -> str | None:
    reader = _reader()
    return reader.timezone if reader else None


def _reader() -> Brand | Agent | None:
    """Whose language and clock a page has: the brand's where it speaks for one, else the agent's who asks."""
    brand: Brand | None = g.get("brand")
    return brand or auth.known()
