"""The embedded servers for the length of one command."""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ticketdesk.core.config import Config
from ticketdesk.core.servers import postgres as postgresql
from ticketdesk.core.servers import redis
from ticketdesk.core.servers.places import places
from ticketdesk.core.servers.postgres import Postgres, Say
from ticketdesk.core.servers.process import Program, ServerError, end_group, log_file, start, wait_until
from ticketdesk.core.servers.redis import RedisServer

SECONDS_TO_GO = 10.0


def to_stderr(words: str) -> None:
    """Say something without disturbing what a command prints."""
    sys.stderr.write(words + "\n")


@contextlib.contextmanager
def running(config: Config, *, with_redis: bool = True, say: Say = to_stderr) -> Iterator[Config]:
    """The config with servers that answer: those running, else our own, stopped by the last command out.

    Nothing is started where DATABASE_URL and REDIS_URL are given. Raises ServerError.
    """
    need_redis = with_redis and config.embedded_redis
    if not (config.embedded_postgres or need_redis):
        yield config
        return
    home = places(config.var)
    database, cache = Postgres(home), RedisServer(home)
    with in_use(config.var) as lock:
        started = []
        with starting(config.var):
            if config.embedded_postgres and not database.answers():
                started.append(start_postgres(database, say))
            if need_redis and not cache.answers():
                started.append(start_redis(cache))
        try:
            yield replace(config, embedded_postgres=False, embedded_redis=config.embedded_redis and not with_redis)
        finally:
            with starting(config.var):
                last = alone(lock)
                if last:
                    cache.stop()
                    database.stop()
            for process in started:
                if last:
                    process.wait(SECONDS_TO_GO)
                else:
                    # It goes on for others, and is no longer ours to wait for.
                    process.returncode = 0


def start_postgres(database: Postgres, say: Say = to_stderr, *, dies_with_us: bool = False) -> subprocess.Popen[bytes]:
    """Start it and wait until our database is there. Raises ServerError."""
    program = database.prepare(say)
    log = database.places.postgres_log
    process = _started("PostgreSQL", program, log, database.answers, postgresql.SECONDS_TO_START, dies_with_us)
    database.make_database()
    return process


def start_redis(cache: RedisServer, *, dies_with_us: bool = False) -> subprocess.Popen[bytes]:
    """Start it and wait until it answers. Raises ServerError."""
    program = cache.prepare()
    log = cache.places.redis_log
    return _started("Redis", program, log, cache.answers, redis.SECONDS_TO_START, dies_with_us)


@contextlib.contextmanager
def in_use(var: Path) -> Iterator[int]:
    """Keep others from stopping the servers while we need them; any number may do so at once."""
    with _lock_file(var, "in-use.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock


@contextlib.contextmanager
def starting(var: Path) -> Iterator[None]:
    """One at a time starts or stops the servers."""
    with _lock_file(var, "starting.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def alone(lock: int) -> bool:
    """Turn `in_use`'s lock into a sole one; False, and the lock as it was, when others use the servers."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # A failed change may have let go of what we had.
        fcntl.flock(lock, fcntl.LOCK_SH)
        return False
    return True


@contextlib.contextmanager
def _lock_file(var: Path, name: str) -> Iterator[int]:
    folder = var / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    lock = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


def _started(
    name: str, program: Program, log: Path, answers: Callable[[], bool], seconds: float, dies_with_us: bool
) -> subprocess.Popen[bytes]:
    with log_file(log) as output:
        process = start(program, output=output, dies_with_us=dies_with_us)
    if wait_until(lambda: answers() or process.poll() is not None, seconds) and process.poll() is None:
        return process
    end_group(process.pid)
    process.wait()
    said = log.read_text(errors="replace").strip().splitlines()
    raise ServerError(f"{name} did not start: {' '.join(said[-3:]) or 'it said nothing'}")
