"""Where a benchmark runs: servers of its own in a temporary folder, and its way to say what it found."""

import contextlib
import json
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import flask_migrate
from flask import Flask

from ticketdesk import create_app
from ticketdesk.core import config as configuration
from ticketdesk.core.config import Config
from ticketdesk.core.servers import postgres, redis
from ticketdesk.core.servers.places import places
from ticketdesk.core.servers.process import stop
from ticketdesk.core.servers.running import start_postgres, start_redis

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Place:
    """A database with all migrations, a Redis, and a folder."""

    folder: Path
    environ: dict[str, str]

    def config(self) -> Config:
        """The configuration of a process that works here."""
        return configuration.load(self.environ, self.folder)

    def app(self) -> Flask:
        """The product, on these servers."""
        return create_app(self.config())

    @staticmethod
    def say(words: str) -> None:
        """Tell whoever waits what is being done."""
        sys.stderr.write(words + "\n")

    @staticmethod
    def tell(name: str, value: float, unit: str, n: int, **more: object) -> None:
        """Print one figure."""
        print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "n": n, **more}), flush=True)


@contextlib.contextmanager
def own_place() -> Iterator[Place]:
    """Servers that keep what they are told, as they would in earnest: no setting is loosened for speed."""
    folder = Path(tempfile.mkdtemp(prefix="ticketdesk-bench-")).resolve()
    # Where this runs as root, PostgreSQL's own user has to pass through.
    folder.chmod(0o755)
    home = places(folder)
    with contextlib.ExitStack() as after:
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        after.callback(stop, start_postgres(postgres.Postgres(home), dies_with_us=True), signal.SIGQUIT, 10)
        after.callback(stop, start_redis(redis.RedisServer(home), dies_with_us=True), signal.SIGTERM, 10)
        sockets = quote(str(home.postgres_sockets), safe="/")
        place = Place(
            folder,
            {
                "TICKETDESK_ENV": "test",
                "TICKETDESK_DEMO": "0",
                "DATABASE_URL": f"postgresql+psycopg://{postgres.USER}@/{postgres.DATABASE}?host={sockets}",
                "REDIS_URL": f"unix://{quote(str(home.redis_socket), safe='/')}",
                "SECRET_KEY": "only-for-measuring-and-not-at-all-secret",
                "LOG_LEVEL": "ERROR",
            },
        )
        with place.app().app_context():
            flask_migrate.upgrade()
        yield place


def postmaster(place: Place) -> int:
    """The process from which all of the database's descend."""
    (notes,) = place.folder.rglob("postmaster.pid")
    return int(notes.read_text().splitlines()[0])


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds(work: Callable[[], object], times: int) -> list[float]:
    """How long each of several runs took."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
