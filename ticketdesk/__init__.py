"""TicketDesk: mail, forms and chat become one conversation."""

import os
from pathlib import Path

import redis
from flask import Flask
from flask_migrate import Migrate
from redis.backoff import NoBackoff
from redis.retry import Retry

from ticketdesk import cli, web, wiring
from ticketdesk.core import config as configuration
from ticketdesk.core import events, jobs, pinging, statements, storage
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.live import streams

ROOT = Path(__file__).resolve().parents[1]


def create_app(config: Config | None = None) -> Flask:
    """The app with everything switched on; reads the environment when no configuration is given.

    Raises ConfigError naming the variable that is wrong.
    """
    config = config or configuration.load(os.environ, ROOT)
    app = Flask("ticketdesk", root_path=str(ROOT / "ticketdesk"), template_folder="../templates", static_folder=None)
    app.config.from_mapping(config.flask_settings())
    app.extensions["ticketdesk.config"] = config
    db.init_app(app)
    with app.app_context():
        pinging.connect(db.engine)
        statements.keep(db.engine)
    Migrate(app, db, directory=str(ROOT / "migrations"), compare_type=True)
    storage.connect(app, storage.DiskStore(config.blobs))
    events.connect(now=wiring.NOW, soon=wiring.SOON, first=wiring.FIRST)
    jobs.connect(app, _redis(config), wiring.TASKS)
    streams.connect(app, config.redis_url)
    web.register(app)
    cli.register(app)
    return app


def _redis(config: Config) -> redis.Redis:
    """A client that gives up soon: the web goes on without Redis, and the relay repeats what was not said."""
    return redis.Redis.from_url(
        config.redis_url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1)
    )
