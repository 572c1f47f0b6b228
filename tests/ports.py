"""Ports for servers of tests."""

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_MANY = 12_000
_CHOICE = random.SystemRandom()
"""Not the seeded one: processes that run beside each other must not choose alike."""


def free_port() -> int:
    """A port nobody listens on, outside of those that the system gives to outgoing connections.

    One of those could be taken by any connection before the server starts, or while it is started anew.
    """
    first = _first_given_away()
    for _try in range(200):
        port = _CHOICE.randrange(first - _MANY, first)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def _first_given_away() -> int:
    try:
        first = int(_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    return first if first > _MANY + 1024 else 32_768
