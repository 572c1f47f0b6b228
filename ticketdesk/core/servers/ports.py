"""Our ports: opened before anything starts, and asked whether somebody serves behind them."""

import contextlib
import errno
import http.client
import socket
from collections.abc import Iterator

from ticketdesk.core.config import Config
from ticketdesk.core.servers.process import ServerError


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
