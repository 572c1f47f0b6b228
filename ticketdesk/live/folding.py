"""How often a bell is passed on: at once, and after a pause what came meanwhile; the last is never lost; pure."""

from collections.abc import Mapping
from typing import NamedTuple

from ticketdesk.core.bell import NEWS

PAUSES: Mapping[str, float] = {"queue": 0.5, "ticket": 0.02, "talk": 0.02}
"""Seconds between two rings of one topic by what it is: a queue rings twice a second, however busy."""
PAUSE = 0.1
"""Seconds for any other topic, and for what is said of presence and typing."""
REMEMBERED = 10.0
"""Seconds for which a ring is kept for those who were just about to listen."""


class Ring(NamedTuple):
    """One ring of a bell."""

    topic: str
    seq: int | None
    kind: str


class Fold:
    """What rang lately, and what waits for its pause to end."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], tuple[float, Ring]] = {}
        self._waiting: dict[tuple[str, str], tuple[float, Ring]] = {}  # in the order of dues for each pause

    def ring(self, ring: Ring, now: float) -> Ring | None:
        """The ring itself where it may be passed on at once; None where it waits, folded into what waits already."""
        key = ring.topic, ring.kind
        if key in self._waiting:
            due, waiting = self._waiting[key]
            self._waiting[key] = due, ring._replace(seq=_later(waiting.seq, ring.seq))
            return None
        told = self._told.get(key)
        pause = _pause(ring)
        if told is not None and now < told[0] + pause:
            self._waiting[key] = told[0] + pause, ring
            return None
        self._told[key] = now, ring
        return ring

    def due(self, now: float) -> list[Ring]:
        """What has waited for long enough."""
        keys = [key for key, (due, _ring) in self._waiting.items() if due <= now]
        rings = [self._waiting.pop(key)[1] for key in keys]
        for key, ring in zip(keys, rings, strict=True):
            self._told[key] = now, ring
        return rings

    def next_due(self) -> float | None:
        """When the next one has waited for long enough."""
        return min((due for due, _ring in self._waiting.values()), default=None)

    def lately(self, topic: str) -> Ring | None:
        """The news of a topic that was told a moment ago, for whoever begins to listen now."""
        told = self._told.get((topic, NEWS))
        return told[1] if told is not None else None

    def forget(self, now: float) -> None:
        """Let go of what was told some time ago."""
        for key in [key for key, (at, _ring) in self._told.items() if at < now - REMEMBERED]:
            del self._told[key]


def _pause(ring: Ring) -> float:
    return PAUSES.get(ring.topic.partition(":")[0], PAUSE) if ring.kind == NEWS else PAUSE


def _later(one: int | None, other: int | None) -> int | None:
    """The higher number; a ring without one says that anything may be new, and so do both together."""
    return None if one is None or other is None else max(one, other)
