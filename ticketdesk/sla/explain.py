"""Why a clock stands where it stands: the events of a ticket replayed into timers and their segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketdesk.calendars import spans
from ticketdesk.calendars.hours import instant_of, second_of
from ticketdesk.calendars.rules import History
from ticketdesk.sla.clock import Clock, Mode, Stretch
from ticketdesk.sla.policies import DEFAULT_PAUSES, Metric, Policy

DONE = frozenset({"solved", "closed"})

_SET_ASIDE = {"marked_spam": "spam", "trashed": "trash", "merged_into": "merged"}
_TAKEN_BACK = {"unmarked_spam": "spam", "restored": "trash", "merge_undone": "merged"}

KINDS = frozenset(
    {
        "ticket_opened",
        "message_received",
        "message_accepted",
        "reply_sent",
        "reply_repeated",
        "reply_withdrawn",
        "reply_failed",
        "no_reply_needed",
        "status_changed",
        "priority_changed",
        "queue_changed",
        "sla_applied",
        "sla_breached",
        "merged_from",
        *_SET_ASIDE,
        *_TAKEN_BACK,
    }
)
"""The events that can move a clock; others need not be given."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the ticket's log."""

    seq: int
    at: datetime
    kind: str
    actor_kind: str
    data: Mapping[str, Any]


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

    def segments(self) -> list[Segment]:
        """Its whole life without gaps, cut at every event that mattered and at every opening and closing."""
        return [segment for stretch in self.stretches for segment in _segments(stretch)]


@dataclass(slots=True)
class _Stop:
    """Something that ended the waiting for an answer."""

    seq: int
    at: int
    message_id: int | None
    ended_reason: str | None
    void: bool = False


def replay(
    happenings: Sequence[Happening],
    policies: Mapping[int, Policy],
    calendars: Mapping[int, History],
    until: datetime,
) -> list[Timer]:
    """The timers of one ticket, from its events in the order of their seq.

    `policies` by version id, `calendars` by calendar id; both must hold all that the events name.
    """
    story = _Story(policies, calendars)
    last = len(happenings) - 1
    for index, happening in enumerate(happenings):
        following = happenings[index + 1] if index < last else None
        story.take(happening, following)
    return story.timers(second_of(until))


class _Story:
    """The ticket as far as it has been read."""

    def __init__(self, policies: Mapping[int, Policy], calendars: Mapping[int, History]) -> None:
        self.policies = policies
        self.calendars = calendars
        self.policy: Policy | None = None
        self.priority = "normal"
        self.category = "new"
        self.woken = False  # the customer wrote since the status was set: a pause is over
        self.aside: set[str] = set()
        self.clocks: list[Clock] = []
        self.resolution: Clock | None = None
        self.response: Clock | None = None
        self.answers: set[int] = set()  # the messages that are a human's replies
        self.stops: list[_Stop] = []
        self.cause: Happening | None = None

    def take(self, happening: Happening, following: Happening | None) -> None:
        """Read one event; `following` is the next one, for a policy that is chosen in the same breath."""
        at, kind = second_of(happening.at), happening.kind
        for clock in self.live():
            clock.decide(at)
        data = happening.data
        if kind == "ticket_opened":
            self._opened(at, data, happening)
        elif kind == "message_received":
            if not data.get("held") and not data.get("inert"):
                self._customer_wrote(at, happening)
        elif kind == "message_accepted":
            if not data.get("inert"):
                self._customer_wrote(at, happening)
        elif kind == "reply_sent":
            if happening.actor_kind == "agent" and not data.get("automatic"):
                self.answers.add(data["message_id"])
                self._answered(at, happening, None)
        elif kind == "reply_repeated":
            if data["message_id"] in self.answers:
                self._answered(at, happening, None)
        elif kind == "no_reply_needed":
            self._answered(at, happening, kind)
        elif kind == "reply_withdrawn" or (kind == "reply_failed" and data.get("permanent")):
            self._taken_back(at, happening)
        elif kind == "status_changed":
            self._status(at, data["to_category"], happening)
        elif kind == "priority_changed":
            self.priority = data["to"]
        elif kind == "sla_applied":
            version_id = data.get("policy_version_id")
            self.policy = None if version_id is None else self.policies[version_id]
        elif kind == "sla_breached":
            for clock in self.live():
                clock.decide(
                    at + 1
                )  # said aloud at its due time, a verdict stands whatever turns up with an earlier time
        elif kind == "merged_from":
            self._merged_from(at, data, happening)
        elif kind in _SET_ASIDE:
            self.aside.add(_SET_ASIDE[kind])
        elif kind in _TAKEN_BACK:
            self.aside.discard(_TAKEN_BACK[kind])
            if kind == "merge_undone":
                self._merge_undone(at, data, happening)
        # A policy is chosen in the same breath: it alone judges, and what led to it is the reason.
        self.cause = self.cause or happening
        if following is None or following.kind != "sla_applied" or following.at != happening.at:
            self._settle(at, self.cause)
            self.cause = None

    def live(self) -> list[Clock]:
        """The clocks that wait for something, at most one for the answer and one for the solution."""
        return [clock for clock in (self.response, self.resolution) if clock is not None and clock.is_live]

    def timers(self, until: int) -> list[Timer]:
        """What became of every clock for which something was promised."""
        for clock in self.live():
            clock.decide(until)
        return [self._timer(clock, until) for clock in self.clocks if clock.policy is not None]

    def _opened(self, at: int, data: Mapping[str, Any], happening: Happening) -> None:
        self.priority = data["priority"]
        self.category = data["category"]
        if data.get("spam"):
            self.aside.add("spam")
        self.resolution = self._start("resolution", at, happening)
        if not data["by_agent"]:
            self.response = self._start("first_response", at, happening)
        if self.category in DONE:
            self._finish(at, happening)

    def _customer_wrote(self, at: int, happening: Happening) -> None:
        self.woken = True
        if self.response is None or not self.response.is_live:
            self._await_answer(at, happening)

    def _await_answer(self, at: int, happening: Happening) -> None:
        """Start the clock of the oldest unanswered message: the first answer, or one after it."""
        first_answered = any(
            clock.metric == "first_response" and not clock.is_live and clock.ended_reason is None
            for clock in self.clocks
        )
        self.response = self._start("next_response" if first_answered else "first_response", at, happening)

    def _answered(self, at: int, happening: Happening, ended_reason: str | None) -> None:
        stop = _Stop(happening.seq, at, happening.data.get("message_id"), ended_reason)
        self.stops.append(stop)
        if self.response is not None and self.response.is_live:
            self.response.stop(stop.at, stop.seq, stop.ended_reason)

    def _taken_back(self, at: int, happening: Happening) -> None:
        """A reply that never reached anyone answered nothing: what it stopped runs on from its start."""
        message_id = happening.data.get("message_id")
        for stop in self.stops:
            if stop.message_id is None or stop.message_id != message_id or stop.void:
                continue
            stop.void = True
            later = next((other for other in self.stops if other.seq > stop.seq and not other.void), None)
            for clock in [clock for clock in self.clocks if clock.stop_seq == stop.seq]:
                clock.run_on()
                if later is not None:
                    clock.stop(later.at, later.seq, later.ended_reason)
                    continue
                if self.response is not None and self.response is not clock and self.response.is_live:
                    self.response.stop(at, happening.seq, happening.kind)  # it waited for the same answer
                self.response = clock
                clock.decide(at)

    def _status(self, at: int, category: str, happening: Happening) -> None:
        was_done = self.category in DONE
        self.category = category
        self.woken = False
        if category in DONE and not was_done:
            self._finish(at, happening)
        elif was_done and category not in DONE and self.resolution is not None:
            used = self.resolution.consumed(at)
            self.resolution = self._start("resolution", at, happening)
            self.resolution.carried = self.resolution.banked = used

    def _finish(self, at: int, happening: Happening) -> None:
        if self.resolution is not None and self.resolution.is_live:
            self.resolution.stop(at, happening.seq, None)
        self._answered(at, happening, "solved")

    def _merged_from(self, at: int, data: Mapping[str, Any], happening: Happening) -> None:
        """Another ticket joined this one: the answer is owed to the oldest unanswered message of both."""
        since = data.get("unanswered_since")
        if since is None:
            return
        start = second_of(datetime.fromisoformat(since))
        if self.response is None or not self.response.is_live or start < self.response.started:
            self._owe_since(start, at, happening)

    def _merge_undone(self, at: int, data: Mapping[str, Any], happening: Happening) -> None:
        """What was joined is apart again: the answer is owed to the oldest unanswered message that stands here now."""
        if "unanswered_since" not in data:
            return
        if data["unanswered_since"] is not None:
            self._owe_since(second_of(datetime.fromisoformat(data["unanswered_since"])), at, happening)
        elif self.response is not None and self.response.is_live:
            if data.get("answered") is None:
                self.response.stop(at, happening.seq, happening.kind)
                return
            message_id, moment = data["answered"]  # an agent answered it while it stood elsewhere
            stop = _Stop(happening.seq, second_of(datetime.fromisoformat(moment)), message_id, None)
            self.answers.add(message_id)
            self.stops.append(stop)
            self.response.stop(stop.at, stop.seq, None)

    def _owe_since(self, start: int, at: int, happening: Happening) -> None:
        """Let an answer be owed since a moment that may be long over; what was missed since then was missed then."""
        if self.response is not None and self.response.is_live:
            if start != self.response.started:
                self.response.start_at(start)
        else:
            self._await_answer(start, happening)
            if self.response is not None:
                self._promise(self.response, start, happening)
        for clock in self.live():
            clock.decide(at)

    def _start(self, metric: Metric, at: int, happening: Happening) -> Clock:
        cycle = 1 + sum(clock.metric == metric for clock in self.clocks)
        clock = Clock(metric, cycle, at, at, self._mode(metric), happening.kind, happening.seq)
        self.clocks.append(clock)
        return clock

    def _mode(self, metric: Metric) -> Mode:
        if self.aside:
            return "aside"
        pauses = DEFAULT_PAUSES if self.policy is None else self.policy.pause_categories
        if metric == "resolution" and self.category in pauses and not self.woken:
            return "paused"
        return "running"

    def _settle(self, at: int, happening: Happening) -> None:
        """Let every live clock follow what has become of the ticket."""
        for clock in self.live():
            mode = self._mode(clock.metric)
            if mode != clock.mode:
                clock.turn(at, mode, happening.kind, happening.seq)
            self._promise(clock, at, happening)

    def _promise(self, clock: Clock, at: int, happening: Happening) -> None:
        """Let a clock have what the present policy promises."""
        target = None if self.policy is None else self.policy.target(clock.metric, self.priority)
        promised = None if clock.withdrawn or clock.target is None else (clock.policy, clock.target)
        wanted = None if target is None else (self.policy, target)
        if promised != wanted:
            hours = None if self.policy is None else self.calendars[self.policy.calendar_id]
            clock.promise(at, self.policy, target, hours, happening.kind, happening.seq)

    def _timer(self, clock: Clock, until: int) -> Timer:
        if clock.policy is None or clock.target is None or clock.hours is None:
            raise ValueError("nothing was promised")
        state, ended_reason = self._state(clock)
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

    def _state(self, clock: Clock) -> tuple[str, str | None]:
        """The state and, where the clock ended without an answer, why."""
        if clock.is_live and self.aside:
            return "ended", min(self.aside)
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


def as_json(number: int, timers: Sequence[Timer]) -> dict[str, Any]:
    """The timers in the shape that `sla explain --json` promises."""
    return {"ticket": number, "timers": [_timer_as_json(timer) for timer in timers]}


def _timer_as_json(timer: Timer) -> dict[str, Any]:
    return {
        "metric": timer.metric,
        "target_s": timer.target_s,
        "due_at": None if timer.due_at is None else timer.due_at.isoformat(),
        "state": timer.state,
        "consumed_s": timer.consumed_s,
        "policy": timer.policy.name,
        "policy_version": timer.policy.number,
        "segments": [
            {
                "from": segment.start.isoformat(),
                "to": segment.end.isoformat(),
                "state": segment.state,
                "business_s": segment.business_s,
                "reason": segment.reason,
                "event_seq": segment.event_seq,
            }
            for segment in timer.segments()
        ],
    }
