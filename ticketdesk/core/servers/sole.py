"""One run of the whole product in a folder, and not two."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ticketdesk.core.servers.process import ServerError, runs, wait_until

SECONDS_FOR_PREDECESSOR = 20.0


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
