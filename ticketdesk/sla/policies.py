"""What is promised to a ticket: the first policy that fits, its targets, and the clock with least time left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Metric = Literal["first_response", "next_response", "resolution"]
METRICS: tuple[Metric, ...] = ("first_response", "next_response", "resolution")

Medium = Literal["mail", "chat"]
"""How the customer is talked with just now: at once, or by letters."""

CONDITIONS = ("queue_id", "brand_id", "priority", "channel")
"""What a policy may ask of a ticket."""

DEFAULT_PAUSES = frozenset({"pending"})
"""Where resolution stands still while no policy says otherwise."""

Fact = int | str | None


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a policy as plain values."""

    version_id: int
    name: str
    number: int
    conditions: Mapping[str, frozenset[int | str]]
    targets: Mapping[str, Mapping[Metric, int]]
    pause_categories: frozenset[str]
    calendar_id: int
    warn_percent: int
    chat_targets: Mapping[str, Mapping[Metric, int]] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()
    tells_ahead: bool = False

    def fits(self, facts: Mapping[str, Fact]) -> bool:
        """Whether every condition allows what the ticket has; a policy without conditions fits all."""
        return all(facts.get(name) in allowed for name, allowed in self.conditions.items())

    def target(self, metric: Metric, priority: str, medium: Medium = "mail") -> int | None:
        """The business seconds promised, or None when nothing is; where a chat has none of its own, as by mail."""
        by_mail = self.targets.get(priority, {}).get(metric)
        return self.chat_targets.get(priority, {}).get(metric, by_mail) if medium == "chat" else by_mail


def first_match(policies: Sequence[Policy], facts: Mapping[str, Fact]) -> Policy | None:
    """The first policy in their order that fits the ticket."""
    return next((policy for policy in policies if policy.fits(facts)), None)


class Running(Protocol):
    """What `next_due` needs to know of a timer; a row and a replayed timer both have it."""

    @property
    def metric(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def resumed_at(self) -> datetime | None: ...
    @property
    def stopped_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class NextDue:
    """The clock that a ticket's chip shows; `at` is None while it is paused."""

    at: datetime | None
    metric: str
    state: Literal["running", "paused"]
    started_at: datetime


def next_due(timers: Iterable[Running]) -> NextDue | None:
    """The timer with least time left; a missed one that still waits comes first, a paused one last."""
    live = [timer for timer in timers if timer.stopped_at is None and timer.state != "ended"]
    ticking = [
        (timer.due_at, timer.started_at, timer.metric)
        for timer in live
        if timer.due_at is not None and timer.resumed_at is not None
    ]
    if ticking:
        due_at, started_at, metric = min(ticking)
        return NextDue(due_at, metric, "running", started_at)
    paused = [(timer.started_at, timer.metric) for timer in live if timer.resumed_at is None]
    if paused:
        started_at, metric = min(paused)
        return NextDue(None, metric, "paused", started_at)
    return None
