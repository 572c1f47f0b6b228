"""The PostgreSQL and Redis that tests run on: one pair for a run, a cloned database for each who asks."""

import contextlib
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import flask_migrate
import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from ticketdesk import create_app
from ticketdesk.core import config as configuration
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.servers import postgres, redis
from ticketdesk.core.servers.places import places
from ticketdesk.core.servers.process import stop
from ticketdesk.core.servers.running import start_postgres, start_redis

# Any number will do; it only keeps two workers from building the template at once.
BUILDING = 7_245_101


@dataclass(frozen=True)
class Servers:
    """Where they are; plain text, so that it can be handed to another process."""

    database_url: str
    redis_url: str
    run: str
    """Begins the name of every database of this run: a given server may be shared."""

    def as_words(self) -> dict[str, str]:
        """For the hand-over to a test worker."""
        return asdict(self)

    def url_of(self, database: str) -> str:
        """The address of one database."""
        return make_url(self.database_url).set(database=database).render_as_string(hide_password=False)

    @contextlib.contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        """A connection to the database that is always there, for making others."""
        with psycopg.connect(_for_libpq(self.database_url), autocommit=True) as connection:
            yield connection

    def template(self) -> str:
        """The name of a database with all migrations applied, made by whoever asks first."""
        name = f"{self.run}_template"
        with self.connected() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return name
            unfinished = f"{self.run}_unfinished"
            _run(connection, "CREATE DATABASE {}", unfinished)
            migrate(self.url_of(unfinished), self.redis_url)
            _run(connection, "ALTER DATABASE {} RENAME TO {}", unfinished, name)
        return name

    @contextlib.contextmanager
    def clone(self) -> Iterator[str]:
        """The address of a fresh copy of the template; dropped at the end."""
        template = self.template()
        name = f"{self.run}_{secrets.token_hex(4)}"
        with self.connected() as connection:
            # Two copies of one template at the same moment are refused.
            connection.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
            _run(connection, "CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url_of(name)
        finally:
            self.drop(name)

    def drop(self, name: str) -> None:
        """Remove a database and whoever is still connected to it."""
        with self.connected() as connection:
            _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def drop_all(self) -> None:
        """Remove what this run made."""
        with self.connected() as connection:
            made = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.run])
            for (name,) in made.fetchall():
                _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextlib.contextmanager
def running() -> Iterator[Servers]:
    """Those named by DATABASE_URL and REDIS_URL, else our own in a temporary folder."""
    run = f"test_{secrets.token_hex(4)}"
    given = configuration.load(os.environ, Path(tempfile.gettempdir()) / "nowhere") if _all_given() else None
    if given is not None:
        servers = Servers(given.database_url, given.redis_url, run)
        try:
            yield servers
        finally:
            servers.drop_all()
        return
    folder = Path(tempfile.mkdtemp(prefix="ticketdesk-tests-")).resolve()
    # Where the tests run as root, PostgreSQL's own user has to pass through.
    folder.chmod(0o755)
    home = places(folder)
    with contextlib.ExitStack() as after:
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        server = start_postgres(postgres.Postgres(home, forgetful=True), dies_with_us=True)
        after.callback(stop, server, signal.SIGQUIT, 10)
        cache = start_redis(redis.RedisServer(home, forgetful=True), dies_with_us=True)
        after.callback(stop, cache, signal.SIGTERM, 10)
        yield Servers(
            f"postgresql+psycopg://{postgres.USER}@/postgres?host={quote(str(home.postgres_sockets), safe='/')}",
            f"unix://{quote(str(home.redis_socket), safe='/')}",
            run,
        )


def settings(database_url: str, redis_url: str, var: Path | None = None, **more: str) -> Config:
    """A configuration for tests; `more` sets further variables."""
    environ = {
        "TICKETDESK_ENV": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_URL": "http://localhost",
        "SECRET_KEY": "only-for-tests-and-not-at-all-secret",
        "TICKETDESK_DEMO": "0",
        **more,
    }
    root = var.parent if var is not None else Path(tempfile.gettempdir()) / "ticketdesk-tests-nothing-here"
    return configuration.load(environ, root)


def migrate(database_url: str, redis_url: str) -> None:
    """Apply all migrations."""
    app = create_app(settings(database_url, redis_url))
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()


def _all_given() -> bool:
    return bool(os.environ.get("DATABASE_URL")) and bool(os.environ.get("REDIS_URL"))


def _for_libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _run(connection: psycopg.Connection, words: str, *names: str) -> None:
    connection.execute(sql.SQL(words).format(*(sql.Identifier(name) for name in names)))
