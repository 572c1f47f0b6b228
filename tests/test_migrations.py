"""Migrations run both ways and end where the models are."""

import flask_migrate
from sqlalchemy import inspect

from tests.servers import Servers, settings
from ticketdesk import create_app
from ticketdesk.core.db import db


def test_down_and_up_again(servers: Servers, redis_url: str) -> None:
    with servers.clone() as database_url:
        app = create_app(settings(database_url, redis_url))
        with app.app_context():
            flask_migrate.downgrade(revision="base")
            left = inspect(db.engine).get_table_names()
            flask_migrate.upgrade()
            db.engine.dispose()
    assert left == ["alembic_version"]


def test_models_are_what_the_migrations_made(servers: Servers, redis_url: str) -> None:
    with servers.clone() as database_url:
        app = create_app(settings(database_url, redis_url))
        with app.app_context():
            flask_migrate.check()
            db.engine.dispose()
