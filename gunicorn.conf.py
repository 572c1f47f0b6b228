"""How gunicorn serves the web: found by `gunicorn wsgi:app` in the project's root, and by the supervisor."""

# ruff: noqa: E402 - gevent must change the standard library before anything else takes hold of it.
from gevent import monkey

monkey.patch_all()

import logging
import os
import sys
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.config import Config as GunicornConfig
from gunicorn.glogging import Logger

from ticketdesk.core import config as configuration
from ticketdesk.core import logs

try:
    _config = configuration.load(os.environ, Path(__file__).resolve().parent)
except configuration.ConfigError as error:
    sys.exit(str(error))
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


# The supervisor opens the port and hands it over, so that callers wait while we restart instead of being refused.
_port = os.environ.get("TICKETDESK_WEB_SOCKET")
bind = [f"fd://{_port}" if _port else f"{_config.host}:{_config.port}"]
worker_class = "gevent"
workers = int(os.environ.get("WEB_CONCURRENCY") or 1)
worker_connections = 2000
# Imported once, before the workers are forked: they share its memory.
preload_app = True
# Open sockets would hold a worker for longer than anyone waits for a restart.
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


def on_starting(arbiter: Arbiter) -> None:
    """Wait, with everything imported, until the database is ready to be asked."""
    gate = os.environ.get("TICKETDESK_WEB_GATE")
    if gate:
        with open(int(gate), "rb") as waiting:
            waiting.read()
