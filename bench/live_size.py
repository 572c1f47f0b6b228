"""How large the live benchmark is: `BENCH_LIVE=0.02 script/bench live` runs a fiftieth of it."""

import os
from dataclasses import dataclass

SCALE = "BENCH_LIVE"


@dataclass(frozen=True, slots=True)
class Size:
    """The numbers of one run."""

    connections: int
    watchers: int
    bells: int
    desks: int
    changes: int
    chats: int
    seconds: float

    @property
    def agents(self) -> int:
        """Of the connections, those of agents; the others are visitors'."""
        return self.connections // 2


def size() -> Size:
    """The whole, or the share of it that the environment asks for."""
    share = float(os.environ.get(SCALE, "1"))

    def part(whole: int, least: int) -> int:
        return max(least, round(whole * share))

    return Size(
        connections=part(5_000, 40),
        watchers=part(500, 10),
        bells=part(60, 10),
        desks=part(50, 3),
        changes=part(30, 5),
        chats=part(80, 2),
        seconds=max(8.0, 40.0 * min(share, 1.0)),
    )
