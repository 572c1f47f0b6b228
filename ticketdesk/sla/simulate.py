"""What would have been: the same events under other promises, clock by clock beside what was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ticketdesk.calendars import spans
from ticketdesk.calendars.rules import History
from ticketdesk.sla.explain import Happening, Timer, replay
from ticketdesk.sla.policies import Fact, Metric, Policy, first_match

CHOOSING = frozenset({"ticket_opened", "priority_changed", "queue_changed"})
"""The events at which a policy is chosen; the same as those of `timers`."""

Verdict = Literal["met", "missed", "changed", "open", "ended", "none"]
"""Changed: late only because priority, queue or policy changed, reported apart. Open: neither answered nor late yet.
Ended: without an answer and not late (solved without a word, merged, spam). None: nothing was promised."""

Flip = Literal["lost", "won"]
"""Lost: met as it was, missed under the draft; won: the other way round."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Promises: policies by the number that `sla_applied` names, and the hours they count in."""

    policies: Mapping[int, Policy]
    calendars: Mapping[int, History]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a clock under one set of promises."""

    verdict: Verdict
    due_at: datetime | None = None
    target_s: int | None = None
    used_s: int | None = None


NOTHING = Outcome("none")


@dataclass(frozen=True, slots=True)
class Pair:
    """One clock twice: as it was and as it would have been."""

    metric: Metric
    cycle: int
    priority: str  # when it stopped
    started_at: datetime
    stopped_at: datetime | None
    was: Outcome
    would: Outcome
    needed_s: int | None  # the tightest target that would have held it; None: it was never answered
    is_measured: (
        bool  # whether it tells anything about targets: promised under the draft, and answered, waiting or late
    )

    @property
    def is_judged(self) -> bool:
        """Whether there is a verdict on both sides."""
        return self.was.verdict in ("met", "missed") and self.would.verdict in ("met", "missed")

    @property
    def flip(self) -> Flip | None:
        """Which way the verdict changes, if it does."""
        if not self.is_judged or self.was.verdict == self.would.verdict:
            return None
        return "lost" if self.would.verdict == "missed" else "won"


def retold(happenings: Sequence[Happening], tried: Sequence[Policy], facts: Mapping[str, Fact]) -> list[Happening]:
    """The events as they would have been with these policies in force all the time, in the order given.

    At each moment of choosing the ticket is judged by what it was then. `facts` is what is known of the ticket
    besides, for events that do not say it.
    """
    known = dict(facts)
    applied: int | None = None
    told: list[Happening] = []
    for happening in happenings:
        if happening.kind == "sla_applied":
            continue
        told.append(happening)
        if happening.kind not in CHOOSING:
            continue
        known |= _learned(happening)
        chosen = first_match(tried, known)
        version_id = None if chosen is None else chosen.version_id
        if version_id != applied:
            applied = version_id
            choice = {"policy_version_id": version_id}
            told.append(Happening(happening.seq, happening.at, "sla_applied", "system", choice))
    return told


def _learned(happening: Happening) -> dict[str, Fact]:
    """What an event says about the ticket."""
    data = happening.data
    if happening.kind == "priority_changed":
        return {"priority": data["to"]}
    if happening.kind == "queue_changed":
        return {"queue_id": data["to"]}
    return {name: data[name] for name in ("queue_id", "brand_id", "priority", "channel") if name in data}


def compare(
    happenings: Sequence[Happening],
    was: Terms,
    draft: Terms,
    tried: Sequence[Policy],
    facts: Mapping[str, Fact],
    until: datetime,
) -> list[Pair]:
    """Every clock of one ticket under what was applied to it and under the draft, at `until`.

    A clock begins and stops with the events, whatever is promised: so the two replays have the same ones.
    """
    before = _by_cycle(replay(happenings, was.policies, was.calendars, until))
    after = _by_cycle(replay(retold(happenings, tried, facts), draft.policies, draft.calendars, until))
    return [_pair(before.get(key), after.get(key), happenings) for key in sorted(before.keys() | after.keys())]


def _by_cycle(timers: Sequence[Timer]) -> dict[tuple[str, int], Timer]:
    return {(timer.metric, timer.cycle): timer for timer in timers}


def _pair(before: Timer | None, after: Timer | None, happenings: Sequence[Happening]) -> Pair:
    timer = after or before
    if timer is None:
        raise ValueError("a clock that neither side knows")
    would = outcome(after)
    return Pair(
        timer.metric,
        timer.cycle,
        _priority(happenings, timer.stopped_at),
        timer.started_at,
        timer.stopped_at,
        outcome(before),
        would,
        needed(after) if after is not None and after.stopped_at is not None and after.ended_reason is None else None,
        would.verdict not in ("none", "ended"),
    )


def outcome(timer: Timer | None) -> Outcome:
    """A clock's verdict with its numbers."""
    if timer is None:
        return NOTHING
    verdict: Verdict
    if timer.state == "breached":
        verdict = "changed" if timer.late_at_change else "missed"
    elif timer.state == "met":
        verdict = "met"
    else:
        verdict = "ended" if timer.state == "ended" else "open"
    return Outcome(verdict, timer.due_at, timer.target_s, timer.consumed_s)


def _priority(happenings: Sequence[Happening], at: datetime | None) -> str:
    """The ticket's priority at a moment, or now."""
    found = "normal"
    for happening in happenings:
        if happening.kind == "ticket_opened":
            found = happening.data["priority"]
        elif happening.kind == "priority_changed" and (at is None or happening.at <= at):
            found = happening.data["to"]
    return found


def needed(timer: Timer) -> int:
    """The least target, in business seconds, that a stopped clock would have kept.

    That is the time it used up; one second more where it still ran after closing, for a target that is used up
    exactly at closing time is due then and not on the next morning. A verdict that was given before undoing a merge
    moved the clock's beginning stands, so no target that was missed is said to hold.
    """
    missed = 0 if timer.breached_at is None else timer.target_s
    return max(_used_up(timer), missed + 1)


def _used_up(timer: Timer) -> int:
    for stretch in reversed(timer.stretches):
        if stretch.mode != "running" or stretch.hours is None:
            continue
        if spans.open_seconds(stretch.hours, stretch.end - 1, stretch.end) == 0:
            return timer.consumed_s + 1
        if spans.open_seconds(stretch.hours, stretch.start, stretch.end) > 0:
            break
    return timer.consumed_s
