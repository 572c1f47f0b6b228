"""Where the embedded servers keep their data and their sockets."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

# A unix socket's path may have 103 bytes on macOS and 107 on Linux.
LONGEST_SOCKET_PATH = 100
# PostgreSQL's own name for the file, made from its port.
POSTGRES_SOCKET = ".s.PGSQL.5432"
UNPRIVILEGED_USERS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one checkout; nothing here is made yet."""

    postgres_data: Path
    postgres_sockets: Path
    postgres_user: str | None
    """Who PostgreSQL runs as when that is not ourselves: it refuses to run as root."""
    postgres_log: Path
    """What it says when a command, not the supervisor, started it."""
    redis_data: Path
    redis_socket: Path
    redis_log: Path
    elsewhere: Path | None
    """The folder outside the checkout that is used because PostgreSQL's user cannot reach `var/`."""


def places(var: Path) -> Places:
    """Choose the folders for `var`; the same answer every time, so that a command finds a running server."""
    user = unprivileged_user(var) if os.geteuid() == 0 else None
    elsewhere = None
    base = var
    if user is not None and not may_enter(user, var):
        elsewhere = base = Path("/var/lib/ticketdesk") / _short_name(var)
    sockets = base / "run" / "postgres"
    if _too_long(sockets / POSTGRES_SOCKET):
        sockets = _temporary(var) / "postgres"
    redis_socket = var / "run" / "redis.sock"
    if _too_long(redis_socket):
        redis_socket = _temporary(var) / "redis.sock"
    return Places(
        postgres_data=base / "postgres",
        postgres_sockets=sockets,
        postgres_user=user,
        postgres_log=var / "log" / "postgres.log",
        redis_data=var / "redis",
        redis_socket=redis_socket,
        redis_log=var / "log" / "redis.log",
        elsewhere=elsewhere,
    )


def unprivileged_user(var: Path) -> str | None:
    """The checkout's owner when that is not root, else a user that every system has."""
    for folder in (var, *var.parents):
        if folder.exists():
            owner = folder.stat().st_uid
            if owner != 0:
                return _name_of(owner)
            break
    for name in UNPRIVILEGED_USERS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None


def may_enter(user: str, folder: Path) -> bool:
    """Whether `user` may pass through every folder on the way to `folder` and into it."""
    entry = pwd.getpwnam(user)
    groups = set(os.getgrouplist(user, entry.pw_gid))
    for step in (folder, *folder.parents):
        try:
            status = step.stat()
        except FileNotFoundError:
            continue
        if status.st_uid == entry.pw_uid:
            needed = stat.S_IXUSR
        elif status.st_gid in groups:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            return False
    return True


def _name_of(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _too_long(path: Path) -> bool:
    return len(os.fsencode(path)) > LONGEST_SOCKET_PATH


def _short_name(var: Path) -> str:
    return hashlib.sha256(os.fsencode(var)).hexdigest()[:12]


def _temporary(var: Path) -> Path:
    # Always /tmp: a command started with another TMPDIR must find the same socket.
    return Path("/tmp") / f"ticketdesk-{os.geteuid()}-{_short_name(var)}"  # noqa: S108
