"""What every test may ask for: the app on a real database, a Redis of its own, and a moment to call now."""

import contextlib
import contextvars
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from tests import servers as test_servers
from tests.servers import Servers
from ticketdesk import create_app
from ticketdesk.core.db import db

pytest_plugins = ("tests.people", "tests.policies")

_started = pytest.StashKey[contextlib.ExitStack]()
_servers = pytest.StashKey[Servers]()


class Visitor(FlaskClient):
    """A client whose every request starts from nothing, as a real one does.

    Flask lends a request the app context that is open around it, and with it whoever signed in before.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Before a worker of a parallel run starts, hand it the servers that the controller keeps."""
    node.workerinput["servers"] = _servers_of(node.config).as_words()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if _started in config.stash:
        config.stash[_started].close()


def _servers_of(config: pytest.Config) -> Servers:
    if _servers not in config.stash:
        stack = config.stash[_started] = contextlib.ExitStack()
        config.stash[_servers] = stack.enter_context(test_servers.running())
    return config.stash[_servers]


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """PostgreSQL and Redis, started when the first test needs them."""
    handed: dict[str, Any] | None = getattr(pytestconfig, "workerinput", None)
    return Servers(**handed["servers"]) if handed else _servers_of(pytestconfig)


@pytest.fixture(scope="session")
def redis_url(servers: Servers, pytestconfig: pytest.Config) -> str:
    """The address of this worker's own part of Redis."""
    handed: dict[str, Any] | None = getattr(pytestconfig, "workerinput", None)
    number = 1 + int(handed["workerid"].removeprefix("gw")) % 14 if handed else 0
    address, _, _ = servers.redis_url.partition("?")
    if address.startswith("unix://"):
        return f"{address}?db={number}&protocol=2"
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{number}"


@pytest.fixture(scope="session")
def whole_app(servers: Servers, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The app of this worker; tests take `app`, which keeps them apart."""
    with servers.clone() as database_url:
        root = tmp_path_factory.mktemp("root")
        app = create_app(test_servers.settings(database_url, redis_url, root / "var"))
        app.test_client_class = Visitor
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    """An empty Redis."""
    with Redis.from_url(redis_url) as client:
        client.flushdb()
        yield client


@pytest.fixture
def app(whole_app: Flask, redis: "Redis", monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The app with its context open; whatever a test commits is gone after it.

    Everything runs on one connection inside one transaction, so nothing may run beside the test.
    """
    with whole_app.app_context(), db.engine.connect() as connection:
        transaction = connection.begin()
        monkeypatch.setitem(db.engines, None, connection)
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        yield whole_app
        db.session.remove()
        db.session.configure(join_transaction_mode="conditional_savepoint")
        transaction.rollback()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def committed_app(servers: Servers, redis: "Redis", redis_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An app on a database of its own, for stories with real commits and several processes."""
    with servers.clone() as database_url:
        app = create_app(test_servers.settings(database_url, redis_url, tmp_path / "var"))
        app.test_client_class = Visitor
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def now() -> datetime:
    """A Wednesday morning."""
    return datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
