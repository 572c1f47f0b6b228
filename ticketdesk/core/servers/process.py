"""Starting a program that dies with us, and ending it."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
LONGEST_LOG = 5_000_000


class ServerError(Exception):
    """A server of ours cannot be had; the text says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, as whom, and how to ask it to stop."""

    command: Sequence[str]
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def start(
    program: Program, *, output: int | None = None, dies_with_us: bool = True, inherited: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start it in a process group of its own, writing to the file descriptor `output` or where we write.

    With `dies_with_us` the kernel stops it when we are killed, where the kernel can (Linux).
    """
    parent = os.getpid()
    end = program.stop_signal if dies_with_us else None
    owner = pwd.getpwnam(program.user) if program.user else None
    return subprocess.Popen(
        list(program.command),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd="/" if owner else None,
        env={**os.environ, **({"HOME": "/"} if owner else {}), **program.environment},
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
        process_group=0,
        pass_fds=inherited,
        preexec_fn=die_with_parent(parent, end) if end is not None else None,
    )


def die_with_parent(parent: int, end: signal.Signals) -> Callable[[], None] | None:
    """What a new child calls to be sent `end` when `parent` is gone; None where the kernel cannot do that."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(end))
        if os.getppid() != parent:
            os._exit(1)

    return ask


@contextlib.contextmanager
def log_file(path: Path) -> Iterator[int]:
    """A file descriptor to append a server's words to; what is very long is put aside once, as `….1`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_name(path.name + ".1"))
    with path.open("ab") as file:
        yield file.fileno()


def into_log(program: Program, log: Path, lock: int) -> subprocess.Popen[bytes]:
    """Start a server whose words nobody reads while all is well."""
    with log_file(log) as output:
        return start(program, output=output, inherited=[lock])


def stop(process: subprocess.Popen[bytes], end: signal.Signals, seconds: float) -> None:
    """Ask it to stop; kill it and whatever it started when it is not gone after `seconds`."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(end)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    end_group(process.pid)
    process.wait()


def end_group(leader: int) -> None:
    """Kill what is left of a process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def wait_until(true: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Ask again and again until it is true; False when it did not become so in time."""
    last = time.monotonic() + seconds
    while not true():
        if time.monotonic() > last:
            return False
        time.sleep(every)
    return True


def runs(pid: int, words: str) -> bool:
    """Whether process `pid` lives and has `words` in its command line."""
    proc = Path(f"/proc/{pid}/cmdline")
    try:
        if Path("/proc/self/cmdline").exists():
            line = proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        else:
            line = subprocess.run(
                ["ps", "-p", str(pid), "-o", "command="],
                capture_output=True,
                text=True,
                check=False,
                timeout=5,
            ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return words in line
