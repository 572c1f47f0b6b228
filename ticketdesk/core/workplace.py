"""Which process this is, and whether another one of the same machine still lives."""

import os
import socket
import threading
from functools import cache
from pathlib import Path


@cache
def machine() -> str:
    """This machine, or this part of it in which process numbers mean the same."""
    space = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()}/{space.stat().st_ino}" if space.exists() else socket.gethostname()


def here() -> str:
    """This process, told from every other that ever runs beside it."""
    return f"{machine()}:{os.getpid()}"


def hand() -> str:
    """The thread at work, told from every other of this process."""
    return f"{threading.get_ident():x}"


def is_dead(place: str) -> bool:
    """Whether a process of this machine is gone for certain; one elsewhere is never called dead."""
    where, _, number = place.rpartition(":")
    if where != machine() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
