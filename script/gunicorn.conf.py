"""How gunicorn serves the web: `gunicorn -c script/gunicorn.conf.py wsgi:app`, as the supervisor does."""

# ruff: noqa: E402 - gevent must change the standard library before anything else takes hold of it.
from gevent import monkey

monkey.patch_all()

import logging
import os
import resource
import signal
import socket
import sys
import threading
from pathlib import Path

from flask import Flask
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config as GunicornConfig
from gunicorn.glogging import Logger
from gunicorn.sock import create_sockets
from gunicorn.workers.base import Worker

from ticketdesk.core import config as configuration
from ticketdesk.core import lasting, logs
from ticketdesk.core.environment import ConfigError
from ticketdesk.core.servers import process
from ticketdesk.live import streams

_gate = int(os.environ["TICKETDESK_WEB_GATE"]) if "TICKETDESK_WEB_GATE" in os.environ else None
if _gate is not None:
    _end_with_parent = process.die_with_parent(os.getppid(), signal.SIGTERM)
    if _end_with_parent is not None:
        _end_with_parent()
try:
    _config = configuration.load(os.environ, Path(__file__).resolve().parents[1])
except ConfigError as error:
    # The supervisor says it too.
    sys.exit(str(error) if _gate is None else 1)
logs.set_up(_config, "web")


class OneLog(Logger):
    """Lets gunicorn's own words go where all others go; requests are logged by the app."""

    def setup(self, cfg: GunicornConfig) -> None:
        """Leave the writing to the root logger."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True
        # "Starting", "listening", "booting": of no use to whoever started us.
        self.error_log.setLevel(max(logging.WARNING, logging.getLogger().level))


bind = [f"{_config.host}:{_config.port}"]
worker_class = "gevent"
workers = int(os.environ.get("WEB_CONCURRENCY") or 1)
# Requests at the same time; an open socket is none, for it has no thread of its own.
worker_connections = 2000
# Imported once, before the workers are forked: they share its memory.
preload_app = True
# Nobody waits for longer for a restart. Open sockets hold no worker: they are told to come back.
graceful_timeout = 5
timeout = 60
keepalive = 5
logger_class = OneLog
accesslog = None
errorlog = None
control_socket_disable = True
# Who is asking and over what is known by configuration, not by headers that anyone may send.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}


def post_fork(arbiter: Arbiter, worker: Worker) -> None:
    """Let this process have as many open sockets as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def worker_exit(arbiter: Arbiter, worker: Worker) -> None:
    """Tell every browser that we end, so that it comes back to another process at once."""
    if isinstance(worker.wsgi, Flask):
        streams.switchboard(worker.wsgi).hang_up()


def on_starting(arbiter: Arbiter) -> None:
    """Under the supervisor, wait until the database is ready, and take the open port from it.

    It keeps the port, so that callers wait while we are started again instead of being refused.
    """
    # A thread that some library starts at import would be torn in two by the fork of the workers.
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(1)
    # Otherwise the first who asks would wait for it.
    pages = arbiter.app.wsgi().jinja_env
    for name in pages.list_templates(extensions=["html", "txt"]):
        pages.get_template(name)
    lasting.settle()
    if _gate is None:
        return
    # The standard library's own socket: gevent's would start its loop before the workers are forked.
    with monkey.get_original("socket", "socket")(fileno=_gate) as gate:
        _, files, _, _ = socket.recv_fds(gate, 1, 2)
    if not files:
        sys.exit("The supervisor is gone.")
    # The second is the lock that tells the next supervisor whether one of us is still here: held, never used.
    arbiter.LISTENERS = create_sockets(arbiter.cfg, arbiter.log, fds=files[:1])
