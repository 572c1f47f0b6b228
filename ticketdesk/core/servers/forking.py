"""A child made by forking this process: it shares the memory of all that is imported already."""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from ticketdesk.core.servers.process import die_with_parent


@dataclass(slots=True)
class Forked:
    """A forked child, watched as a started program is."""

    pid: int
    _code: int | None = field(default=None)

    def poll(self) -> int | None:
        """Its exit code, negative for the signal that ended it; None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code


def fork(run: Callable[[], int], output: int | None, leave: Callable[[], None]) -> Forked:
    """Call `leave`, then `run`, in a child in a process group of its own that dies with us and writes to `output`."""
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        # Both sides do it: neither may go on before it is done.
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpgid(pid, pid)
        return Forked(pid)
    code = 1
    try:
        os.setpgid(0, 0)
        leave()
        ask = die_with_parent(parent, signal.SIGTERM)
        if ask is not None:
            ask()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        if output is not None:
            os.dup2(output, 1)
            os.dup2(output, 2)
        code = run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        if isinstance(end.code, str):
            sys.stderr.write(end.code + "\n")
    except BaseException:  # noqa: BLE001  # the border of the process
        traceback.print_exc()
    finally:
        # Not sys.exit: the parent's way out, its `finally`s and its buffers, are not ours to take.
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
