"""All of TicketDesk under one process: databases, web, workers, schedule and the mail door."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import click
import flask_migrate
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select

from ticketdesk import ROOT, create_app
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import config as configuration
from ticketdesk.core import jobs, lasting, logs
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.environment import ConfigError
from ticketdesk.core.servers import elsewhere, ports, postgres, redis
from ticketdesk.core.servers.forking import fork
from ticketdesk.core.servers.keeping import Child, Keeper, Running, Stopping
from ticketdesk.core.servers.output import Output
from ticketdesk.core.servers.places import places
from ticketdesk.core.servers.process import Program, ServerError, end_group, into_log, start, wait_until
from ticketdesk.core.servers.running import alone, in_use, starting
from ticketdesk.core.servers.sole import SECONDS_FOR_PREDECESSOR, sole_supervisor
from ticketdesk.demo import company

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
            web_socket = after.enter_context(ports.listening(self.config.host, self.config.port, "HOST", "PORT"))
            with ports.listening(self.config.mail_host, self.config.mail_port, "MAIL_HOST", "MAIL_PORT"):
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
            lambda: self.gate_is_open and ports.web_is_ready(config),
            seconds_to_start=SECONDS_BEHIND_THE_GATE,
            seconds_to_stop=7.0,
        )
        # It imports while the database is made ready, and serves when the gate is opened.
        self.keeper.start(web)
        self.keeper.wait_for(*databases)
        if config.embedded_postgres:
            postgres.Postgres(self.home).make_database()
        ready = replace(config, embedded_postgres=False, embedded_redis=False)
        elsewhere.check_database(ready)
        elsewhere.check_redis(ready)
        app = self.app = create_app(ready)
        # A thread that some library starts at import would be torn in two by a fork.
        for thread in threading.enumerate():
            if thread is not threading.main_thread():
                thread.join(1)
        self.keeper.once("migrate", self._forked("migrate", lambda: migrate(app)))
        if config.demo:
            self.keeper.once("demo", self._forked("demo", lambda: command(app, "demo")))
        self.with_demo = self._demo_is_there()
        lasting.settle()
        self.gate_is_open = True
        web.began, web.seconds_to_start = time.monotonic(), SECONDS_TO_SERVE
        self._let_in(web_socket, lock)
        others = [
            *(Child(f"worker-{lane}", self._forked(f"worker-{lane}", work_on(app, lane))) for lane in jobs.LANES),
            Child("schedule", self._forked("schedule", lambda: command(app, "schedule"))),
            Child(
                "mail",
                self._forked("mail", lambda: command(app, "mail", "serve")),
                lambda: ports.mail_is_ready(config),
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
