"""Counting what would have been: verdicts by metric and part of the work, and how long answers took."""

from collections.abc import Iterator
from typing import Any, Literal

from ticketdesk.sla.simulate import Pair

Dimension = Literal["all", "queue", "channel", "priority"]
DIMENSIONS: tuple[Dimension, ...] = ("all", "queue", "channel", "priority")

MINUTE, HOUR = 60, 3600
STEPS = ((10 * HOUR, MINUTE), (100 * HOUR, 10 * MINUTE))
"""Up to so many seconds, times are kept in whole steps of so many; above in hours. Bounds what is kept."""


class Tallies:
    """Counts as they are stored: plain objects of plain numbers, so that batch can be added to batch.

    `counts` by metric, dimension and key holds how many clocks were, and would have been, met, missed and so on, how
    many have a verdict on both sides, and how many changed it. `needs` by metric and priority holds how many answers
    needed how much time, and how many were never given.
    """

    def __init__(self, stored: dict[str, Any] | None = None) -> None:
        self.stored: dict[str, Any] = stored or {"counts": {}, "needs": {}}

    def add(self, pair: Pair, queue_id: int, channel: str) -> None:
        """Count one clock."""
        keys = {"all": "all", "queue": str(queue_id), "channel": channel, "priority": pair.priority}
        by_dimension = self.stored["counts"].setdefault(pair.metric, {})
        for dimension, key in keys.items():
            count = by_dimension.setdefault(dimension, {}).setdefault(key, {})
            for name in _names(pair):
                count[name] = count.get(name, 0) + 1
        if pair.is_measured:
            need = self.stored["needs"].setdefault(pair.metric, {}).setdefault(pair.priority, {"never": 0, "steps": {}})
            if pair.needed_s is None:
                need["never"] += 1
            else:
                step = str(rounded_up(pair.needed_s))
                need["steps"][step] = need["steps"].get(step, 0) + 1

    def counts(self, metric: str, dimension: Dimension) -> dict[str, dict[str, int]]:
        """The counts of one metric by the keys of one dimension."""
        found: dict[str, dict[str, int]] = self.stored["counts"].get(metric, {}).get(dimension, {})
        return found

    def needs(self, metric: str) -> dict[str, dict[str, Any]]:
        """How much time the answers of one metric needed, by priority."""
        found: dict[str, dict[str, Any]] = self.stored["needs"].get(metric, {})
        return found


def _names(pair: Pair) -> Iterator[str]:
    yield f"was_{pair.was.verdict}"
    yield f"would_{pair.would.verdict}"
    if pair.is_judged:
        yield "judged"
    if pair.flip is not None:
        yield pair.flip


def rounded_up(seconds: int) -> int:
    """A time in whole minutes, or in larger steps where it is long; never less than it was."""
    step: int = next((step for limit, step in STEPS if seconds <= limit), HOUR)
    return -(-seconds // step) * step


def measured(need: dict[str, Any]) -> int:
    """How many clocks a need counts: answered, late without an answer, and waiting."""
    found: int = need["never"] + sum(need["steps"].values())
    return found


def tightest(need: dict[str, Any], percent: int) -> int | None:
    """The least target, in business seconds, that at least so many of a hundred clocks would have kept.

    Whatever was not answered counts as kept by no target, so that waiting long never makes a target look good;
    None when too many were not answered for any target to reach the share.
    """
    wanted = percent * measured(need)
    reached = 0
    for step in sorted(need["steps"], key=int):
        reached += need["steps"][step]
        if reached * 100 >= wanted:
            return int(step)
    return None
