"""What became of a clock: the values that its row repeats, and its life in segments."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ticketdesk.calendars import spans
from ticketdesk.calendars.hours import instant_of
from ticketdesk.calendars.rules import History
from ticketdesk.sla.clock import Clock, Stretch
from ticketdesk.sla.policies import Metric, Policy


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a timer's life: running, paused, or closed because it lies outside the hours."""

    start: datetime
    end: datetime
    state: str
    business_s: int
    reason: str
    event_seq: int


@dataclass(frozen=True, slots=True)
class Timer:
    """One target on one ticket as the events tell it; the columns of `sla_timers` repeat it."""

    metric: Metric
    cycle: int
    policy: Policy
    hours: History
    target_s: int
    started_at: datetime
    state: str
    consumed_s: int  # up to `until`
    banked_s: int  # up to resumed_at while it runs, in all when it does not
    resumed_at: datetime | None
    due_at: datetime | None
    warn_at: datetime | None
    breached_at: datetime | None
    late_at_change: bool
    stopped_at: datetime | None
    ended_reason: str | None
    stretches: tuple[Stretch, ...]
    taken: frozenset[str] = frozenset()  # the escalation steps that were taken already, by their key

    def segments(self) -> list[Segment]:
        """Its whole life without gaps, cut at every event that mattered and at every opening and closing."""
        return [segment for stretch in self.stretches for segment in _segments(stretch)]


def of_clock(clock: Clock, aside: Collection[str], until: int) -> Timer:
    """What became of a clock; `aside` is why its ticket is set aside. Raises ValueError when nothing was promised."""
    if clock.policy is None or clock.target is None or clock.hours is None:
        raise ValueError("nothing was promised")
    state, ended_reason = _state(clock, aside)
    hours = clock.as_decided() or clock.hours
    ticks = clock.is_live and clock.mode == "running"
    consumed = clock.consumed(until)
    end = until if clock.stopped is None else clock.stopped
    stretches = list(clock.stretches)
    if end > clock.since:
        stretches.append(Stretch(clock.since, end, clock.mode, clock.hours, clock.reason, clock.seq))
    return Timer(
        metric=clock.metric,
        cycle=clock.cycle,
        policy=clock.policy,
        hours=hours,
        target_s=clock.target,
        started_at=instant_of(clock.started),
        state=state,
        consumed_s=consumed,
        banked_s=clock.banked if ticks else consumed,
        resumed_at=instant_of(clock.since) if ticks else None,
        due_at=None if clock.due is None else instant_of(clock.due),
        warn_at=None if clock.warn is None else instant_of(clock.warn),
        breached_at=None if clock.breached is None else instant_of(clock.breached),
        late_at_change=clock.late_at_change,
        stopped_at=None if clock.stopped is None else instant_of(clock.stopped),
        ended_reason=ended_reason,
        stretches=tuple(stretches),
    )


def _state(clock: Clock, aside: Collection[str]) -> tuple[str, str | None]:
    """The state and, where the clock ended without an answer, why."""
    if clock.is_live and aside:
        return "ended", min(aside)
    if clock.breached is not None:
        return "breached", clock.ended_reason
    if not clock.is_live:
        return ("met" if clock.ended_reason is None else "ended"), clock.ended_reason
    if clock.withdrawn:
        return "ended", "not_promised"
    return ("paused" if clock.mode == "paused" else "running"), None


def _segments(stretch: Stretch) -> list[Segment]:
    """A stretch cut where the hours begin and end; what is set aside is not cut."""
    if stretch.mode == "aside" or stretch.hours is None:
        return [_segment(stretch, stretch.start, stretch.end, "paused", 0)]
    found: list[Segment] = []
    reached = stretch.start
    for opens, closes in spans.open_spans(stretch.hours, stretch.start, stretch.end):
        if opens > reached:
            found.append(_segment(stretch, reached, opens, "closed", 0))
        counted = closes - opens if stretch.mode == "running" else 0
        found.append(_segment(stretch, opens, closes, stretch.mode, counted))
        reached = closes
    if reached < stretch.end:
        found.append(_segment(stretch, reached, stretch.end, "closed", 0))
    return found


def _segment(stretch: Stretch, start: int, end: int, state: str, business_s: int) -> Segment:
    return Segment(instant_of(start), instant_of(end), state, business_s, stretch.reason, stretch.seq)
