"""One clock on one ticket: how its time is used up, when it is due and what became of it."""

from dataclasses import dataclass, field, replace
from typing import Literal

from ticketdesk.calendars import spans
from ticketdesk.calendars.rules import History
from ticketdesk.sla.policies import Metric, Policy

Mode = Literal["running", "paused", "aside"]
"""Aside: the ticket is spam, in the trash or merged into another; no clock counts."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time during which nothing changed for the clock; bounds in seconds since 1970."""

    start: int
    end: int
    mode: Mode
    hours: History | None
    reason: str
    seq: int


@dataclass(slots=True)
class Clock:
    """A clock while events are replayed; every time in seconds since 1970.

    `banked` is the business time used up before `since`, the beginning of the open stretch. A stopped clock
    keeps that stretch open, so that taking the stop back makes it run on as if it had never stood.
    """

    metric: Metric
    cycle: int
    started: int
    since: int
    mode: Mode
    reason: str
    seq: int
    carried: int = 0  # used up in earlier cycles
    banked: int = 0
    policy: Policy | None = None
    target: int | None = None
    hours: History | None = None
    withdrawn: bool = False  # the present policy promises nothing for this any more
    due: int | None = None
    warn: int | None = None
    breached: int | None = None
    late_at_change: bool = False
    stopped: int | None = None
    stop_seq: int | None = None
    ended_reason: str | None = None
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        """Whether it has neither been answered nor ended."""
        return self.stopped is None

    def consumed(self, until: int) -> int:
        """Business seconds used up, earlier cycles included."""
        return self.banked + self._open(self.since, until if self.stopped is None else self.stopped)

    def _open(self, start: int, end: int) -> int:
        if self.mode != "running" or self.hours is None:
            return 0
        return spans.open_seconds(self.hours, start, end)

    def decide(self, at: int) -> None:
        """Give the verdict when the due time has passed; it stands at the due time, however late anyone looks."""
        if self.due is not None and self.due < at and self.breached is None and self.mode == "running":
            self.breached = self.due

    def turn(self, at: int, mode: Mode, reason: str, seq: int) -> None:
        """Go on in another mode."""
        self._cut(at, reason, seq)
        self.mode = mode
        self._reckon()

    def promise(
        self, at: int, policy: Policy | None, target: int | None, hours: History | None, why: str, seq: int
    ) -> None:
        """Take over what is now promised; the time used up stays, a verdict already given stays as well."""
        if self.breached is not None:
            return
        if policy is None or target is None or hours is None:
            self.withdrawn = True
            self.due = self.warn = None
            return
        if self.hours is None:
            self._count_from_the_start(hours)
        self._cut(at, why, seq)
        self.withdrawn = False
        self.policy, self.target, self.hours = policy, target, hours
        if self.banked > target:
            self.breached = self.due = self.since
            self.warn = None
            self.late_at_change = True
        else:
            self._reckon()

    def stop(self, at: int, seq: int, ended_reason: str | None) -> None:
        """Stand still for good: answered, or ended without an answer for the reason given."""
        at = max(at, self.since)
        self.decide(at)
        self.stopped, self.stop_seq, self.ended_reason = at, seq, ended_reason

    def as_decided(self) -> History | None:
        """The hours as they were known when the verdict fell; what was announced later moves no due time any more."""
        decided = self.stopped if self.breached is None else self.breached
        if decided is None or self.hours is None:
            return self.hours
        known = self.hours.as_known(decided)
        if known is not self.hours and self.due is not None and self.breached is None:
            everything, self.hours = self.hours, known
            self._reckon()
            self.hours = everything
        return known

    def run_on(self) -> None:
        """Take the stop back."""
        self.stopped = self.stop_seq = self.ended_reason = None

    def start_at(self, at: int) -> None:
        """Begin at another moment after all, so that what was used up is counted anew; a verdict stands."""
        if at >= self.started:
            self.stretches = [replace(one, start=max(one.start, at)) for one in self.stretches if one.end > at]
            self.since = max(self.since, at)
        elif self.stretches:
            first = self.stretches[0]
            self.stretches.insert(0, Stretch(at, self.started, "running", first.hours, first.reason, first.seq))
        elif self.mode == "running":
            self.since = at
        else:
            self.stretches = [Stretch(at, self.started, "running", self.hours, self.reason, self.seq)]
        self.started = at
        self._count_anew()

    def _count_anew(self) -> None:
        """Reckon all of its life again, from the stretches as they are now."""
        self.banked = self.carried
        reached: int | None = None
        for one in self.stretches:
            if one.mode != "running" or one.hours is None:
                continue
            opened = spans.open_seconds(one.hours, one.start, one.end)
            if reached is None and self.target is not None and self.banked + opened >= self.target:
                reached = spans.reach(one.hours, one.start, self.target - self.banked)
            self.banked += opened
        self._reckon()
        if reached is None or self.withdrawn or self.breached is not None or self.target is None:
            return
        if self.banked > self.target:
            self.breached = self.due = reached
            self.warn = None
        elif self.mode == "running":
            self.due = reached

    def _cut(self, at: int, reason: str, seq: int) -> None:
        """Close the open stretch and begin the next; one without length leaves no trace."""
        at = max(at, self.since)
        self.banked += self._open(self.since, at)
        if at > self.since:
            self.stretches.append(Stretch(self.since, at, self.mode, self.hours, self.reason, self.seq))
        self.since, self.reason, self.seq = at, reason, seq

    def _count_from_the_start(self, hours: History) -> None:
        """Count in these hours what passed while nothing was promised."""
        self.hours = hours
        self.banked = self.carried
        for index, one in enumerate(self.stretches):
            self.stretches[index] = Stretch(one.start, one.end, one.mode, hours, one.reason, one.seq)
            if one.mode == "running":
                self.banked += spans.open_seconds(hours, one.start, one.end)

    def _reckon(self) -> None:
        """Work out when it is due, unless that is settled."""
        if self.breached is not None:
            return
        self.due = self.warn = None
        if self.mode != "running" or self.withdrawn or self.target is None or self.hours is None or self.policy is None:
            return
        self.due = self._when(self.target)
        if self.policy.warn_percent:
            self.warn = self._when(self.target * (100 - self.policy.warn_percent) // 100)

    def _when(self, consumed: int) -> int | None:
        """When so much will have been used up; None when the hours never come to that."""
        if self.hours is None:
            return None
        try:
            return spans.reach(self.hours, self.since, consumed - self.banked)
        except spans.NeverOpens:
            return None
