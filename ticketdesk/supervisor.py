"""All of TicketDesk under one process: databases, web, workers, schedule and the mail door."""

import contextlib
import errno
import fcntl
import gc
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click
import flask_migrate
import psycopg
import redis as redis_client
from flask import Flask
from flask.cli import ScriptInfo
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.orm import configure_mappers

from ticketdesk import ROOT, create_app
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import config as configuration
from ticketdesk.core import jobs, logs
from ticketdesk.core.config import Config, ConfigError
from ticketdesk.core.db import db
from ticketdesk.core.servers import postgres, redis
from ticketdesk.core.servers.forking import fork
from ticketdesk.core.servers.keeping import Child, Keeper, Running, Stopping
from ticketdesk.core.servers.output import Output
from ticketdesk.core.servers.places import places
from ticketdesk.core.servers.process import Program, ServerError, end_group, log_file, runs, start, wait_until
from ticketdesk.core.servers.running import alone, in_use, starting
from ticketdesk.demo import company

SECONDS_FOR_PREDECESSOR = 20.0
SECONDS_BEHIND_THE_GATE = 3600.0
"""How long the web may wait for migrations, and for a company to move in."""
SECONDS_TO_SERVE = 60.0


@dataclass(slots=True)
class HeadStart:
    """The web's first process, started before we could be imported: it waits at its gate for an open port."""

    process: subprocess.Popen[bytes]
    gate: socket.socket
    words: int | None
    """Where it writes to, the end to read from; None when it writes where we do."""
    began: float
    """When, by the monotonic clock."""

    def end(self) -> None:
        """We do not start: it goes as well."""
        self.gate.close()
        if self.process.poll() is None:
            end_group(self.process.pid)
            self.process.wait()


class Supervisor:
    """One run of the whole product."""

    def __init__(self, config: Config, head_start: HeadStart | None) -> None:
        """Nothing is started yet."""
        self.head_start = head_start
        self.config = config
        self.home = places(config.var)
        self.output = None if config.production else Output(1, coloured=sys.stdout.isatty())
        notes = config.var / "run"
        self.gate_is_open = False
        self.with_demo = False
        self.keeper = Keeper(self.say, self.output, notes)
        if head_start is not None and head_start.words is not None:
            self.keeper.hear(head_start.words, "web")

    def run(self) -> int:
        """Start all, watch, and stop all; the exit code."""
        began = self.head_start.began if self.head_start else time.monotonic()
        with contextlib.ExitStack() as after:
            lock = after.enter_context(sole_supervisor(self.config.var, self.say))
            web_socket = after.enter_context(listening(self.config.host, self.config.port, "HOST", "PORT"))
            with listening(self.config.mail_host, self.config.mail_port, "MAIL_HOST", "MAIL_PORT"):
                pass  # the mail door opens it itself
            after.enter_context(self._servers_to_ourselves())
            after.callback(self.keeper.stop)
            try:
                self._start(lock, web_socket)
                self._tell(time.monotonic() - began)
                self.keeper.keep()
            except Stopping:
                self.say("Stopping …")
        self.say("Stopped.")
        return 0

    def say(self, words: str) -> None:
        """Tell whoever started us."""
        if self.output is not None:
            self.output.line(words.encode())
        else:
            sys.stderr.write(words + "\n")

    def _start(self, lock: int, web_socket: socket.socket) -> None:
        config = self.config
        databases = list(self._databases(lock))
        self.keeper.start(*databases)
        web = Child(
            "web",
            lambda output: self._web(output, web_socket, lock),
            lambda: self.gate_is_open and web_is_ready(config),
            seconds_to_start=SECONDS_BEHIND_THE_GATE,
            seconds_to_stop=7.0,
        )
        # It imports while the database is made ready, and serves when the gate is opened.
        self.keeper.start(web)
        self.keeper.wait_for(*databases)
        if config.embedded_postgres:
            postgres.Postgres(self.home).make_database()
        ready = replace(config, embedded_postgres=False, embedded_redis=False)
        check_database(ready)
        check_redis(ready)
        app = self.app = create_app(ready)
        # A thread that some library starts at import would be torn in two by a fork.
        for thread in threading.enumerate():
            if thread is not threading.main_thread():
                thread.join(1)
        self.keeper.once("migrate", self._forked("migrate", lambda: migrate(app)))
        if config.demo:
            self.keeper.once("demo", self._forked("demo", lambda: command(app, "demo")))
        self.with_demo = self._demo_is_there()
        share_memory()
        self.gate_is_open = True
        web.began, web.seconds_to_start = time.monotonic(), SECONDS_TO_SERVE
        self._let_in(web_socket, lock)
        others = [
            *(Child(f"worker-{lane}", self._forked(f"worker-{lane}", work_on(app, lane))) for lane in jobs.LANES),
            Child("schedule", self._forked("schedule", lambda: command(app, "schedule"))),
            Child(
                "mail",
                self._forked("mail", lambda: command(app, "mail", "serve")),
                lambda: mail_is_ready(config),
            ),
        ]
        self.keeper.start(*others)
        self.keeper.wait_for(web, *others)

    def _databases(self, lock: int) -> Iterator[Child]:
        if self.config.embedded_postgres:
            database = postgres.Postgres(self.home)
            yield Child(
                "postgres",
                lambda output: into_log(database.prepare(self.say), self.home.postgres_log, lock),
                database.answers,
                floor=0,
                end=signal.SIGINT,
                seconds_to_start=postgres.SECONDS_TO_START,
                seconds_to_stop=postgres.SECONDS_TO_STOP,
                words=self.home.postgres_log,
            )
        if self.config.embedded_redis:
            cache = redis.RedisServer(self.home)
            yield Child(
                "redis",
                lambda output: into_log(cache.prepare(), self.home.redis_log, lock),
                cache.answers,
                floor=0,
                seconds_to_start=redis.SECONDS_TO_START,
                seconds_to_stop=redis.SECONDS_TO_STOP,
                words=self.home.redis_log,
            )

    def _web(self, output: int | None, web_socket: socket.socket, lock: int) -> Running:
        """The web's process; it takes the open port through its gate, the first one when all is ready."""
        if self.head_start is not None:
            first, self.gate, self.head_start = self.head_start.process, self.head_start.gate, None
            return first
        self.gate, theirs = socket.socketpair()
        with theirs:
            program = Program(
                [sys.executable, "-m", "gunicorn", "-c", "script/gunicorn.conf.py", "wsgi:app"],
                environment={"TICKETDESK_WEB_GATE": str(theirs.fileno())},
            )
            process = start(program, output=output, inherited=[theirs.fileno()])
        if self.gate_is_open:
            self._let_in(web_socket, lock)
        return process

    def _let_in(self, web_socket: socket.socket, lock: int) -> None:
        # A web that has died meanwhile gets its port when it is started again.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self.gate, [b"."], [web_socket.fileno(), lock])
        self.gate.close()

    def _forked(self, part: str, run: Callable[[], int]) -> Callable[[int | None], Running]:
        def begin(output: int | None) -> Running:
            def in_child() -> int:
                logs.set_up(self.config, part)
                return run()

            return fork(in_child, output, self.keeper.leave)

        return begin

    @contextlib.contextmanager
    def _servers_to_ourselves(self) -> Iterator[None]:
        """Wait for commands that use the embedded servers, and end what they left, so that all are our children."""
        if not (self.config.embedded_postgres or self.config.embedded_redis):
            yield
            return
        with in_use(self.config.var) as lock:
            with starting(self.config.var):
                if not wait_until(lambda: alone(lock), SECONDS_FOR_PREDECESSOR):
                    raise ServerError("Another command uses the databases in var/; start again when it has ended.")
                redis.RedisServer(self.home).stop()
                postgres.Postgres(self.home).stop()
                fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    def _demo_is_there(self) -> bool:
        """Whether the demo's people may sign in: the database may be older than our wish for a demo.

        Asked in any case: what the first question costs is then shared by all who are forked from here.
        """
        with self.app.app_context():
            anybody = select(Agent.id).where(Agent.email.in_([email for _, email in company.SIGN_INS]))
            there = db.session.scalar(anybody.limit(1)) is not None
            db.session.remove()
            # Whoever is forked from here must not find a connection that is ours.
            db.engine.dispose()
        return there and self.config.demo

    def _tell(self, seconds: float) -> None:
        url = self.config.public_url
        self.say(f"TicketDesk is ready after {seconds:.1f} s.")
        self.say(f"  Agents      {url}/desk")
        self.say(f"  Customers   {url}/")
        self.say(f"  Mail in     {self.config.mail_host}:{self.config.mail_port} (SMTP)")
        if self.config.smtp_url is None:
            self.say(f"  Mail out    {self.config.outbox} (SMTP_URL is not set)")
        if self.with_demo:
            for role, email in company.SIGN_INS:
                self.say(f"  Sign in     {email} ({role}), password: {company.PASSWORD}")
        self.say("  Processes   " + ", ".join(f"{name} {pid}" for name, pid in self.keeper.pids().items()))
        self.say("Ctrl-C ends all of it.")


def main(head_start: HeadStart | None = None) -> int:
    """Run until asked to end; the exit code."""
    try:
        config = configuration.load(os.environ, ROOT)
        logs.set_up(config, "supervisor")
        return Supervisor(config, head_start).run()
    except (ConfigError, ServerError) as error:
        sys.stderr.write(f"TicketDesk did not start. {error}\n")
        return 1
    finally:
        if head_start is not None:
            head_start.end()


@contextlib.contextmanager
def sole_supervisor(var: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock that all our children share, so that it is free only when the last of them has gone."""
    folder = var / "run"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ServerError(f"{error.filename or folder} cannot be written ({error.strerror}).") from None
    try:
        if not _locked(lock):
            holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
            if holder.isdigit() and runs(int(holder), "supervise.py"):
                raise ServerError(f"It runs here already, as process {holder}.")
            say("Waiting for the processes of a start that was killed to end …")
            if not wait_until(lambda: _locked(lock), SECONDS_FOR_PREDECESSOR):
                raise ServerError(f"Processes of a start that was killed (its supervisor was {holder}) do not end.")
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield lock
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def listening(host: str, port: int, host_variable: str, port_variable: str) -> Iterator[socket.socket]:
    """An open port; raises ServerError in one sentence when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        opened = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        number = error.errno or 0
        if number == errno.EADDRINUSE:
            raise ServerError(f"{port_variable}: {port} on {host} is in use by another program.") from None
        if number == errno.EACCES:
            raise ServerError(f"{port_variable}: {port} is open to root only; choose one above 1023.") from None
        # Below zero: the resolver's own numbers, which say that there is no such name.
        if number < 0 or number == errno.EADDRNOTAVAIL:
            raise ServerError(f"{host_variable}: {host} is no address of this machine.") from None
        raise ServerError(f"{port_variable}: {port} on {host} cannot be opened: {error.strerror}.") from None
    with opened:
        yield opened


def into_log(program: Program, log: Path, lock: int) -> Running:
    """Start a server whose words nobody reads while all is well."""
    with log_file(log) as output:
        return start(program, output=output, inherited=[lock])


def check_database(config: Config) -> None:
    """Raise ServerError, without the password, when the database cannot be reached."""
    try:
        with psycopg.connect(config.libpq_url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        said = logs.hide_in_addresses(" ".join(str(error).split()))
        raise ServerError(f"DATABASE_URL: the database does not answer: {said}") from None
    if version < 150000:
        raise ServerError(f"DATABASE_URL: PostgreSQL {version // 10000} is too old; 15 or later is needed.")


def check_redis(config: Config) -> None:
    """Raise ServerError, without the password, when Redis cannot be reached."""
    try:
        with redis_client.Redis.from_url(config.redis_url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (RedisError, OSError) as error:
        said = logs.hide_in_addresses(" ".join(str(error).split()))
        raise ServerError(f"REDIS_URL: Redis does not answer: {said}") from None


def share_memory() -> None:
    """Before forking: do what each child would do for itself, and keep the collector from touching what is here."""
    configure_mappers()
    gc.collect()
    # What is imported by now is never freed; out of collection, its memory stays shared.
    gc.freeze()


def migrate(app: Flask) -> int:
    """Bring the database's tables up to date."""
    with app.app_context():
        flask_migrate.upgrade()
    return 0


def command(app: Flask, *words: str) -> int:
    """Run `flask WORDS` with the app that is here already; its exit code."""
    info = ScriptInfo(create_app=lambda: app)
    try:
        code = app.cli.main(args=list(words), prog_name="flask", obj=info, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return code if isinstance(code, int) else 0


def work_on(app: Flask, lane: str) -> Callable[[], int]:
    """What a worker does."""
    return lambda: command(app, "worker", "--lane", lane)


def web_is_ready(config: Config) -> bool:
    """Whether the web answers, and has its database and Redis."""
    # Nothing else is looked after meanwhile; while it imports, the open port accepts and nobody answers.
    connection = http.client.HTTPConnection(_reachable(config.host), config.port, timeout=0.5)
    try:
        connection.request("GET", "/readyz", headers={"Host": config.public_host})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def mail_is_ready(config: Config) -> bool:
    """Whether the mail door greets."""
    try:
        with socket.create_connection((_reachable(config.mail_host), config.mail_port), 0.5) as line:
            return line.recv(3) == b"220"
    except OSError:
        return False


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
