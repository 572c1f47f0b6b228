"""A ticket as its events tell it, read one after another: what it waits for, and which clocks run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketdesk.calendars.hours import second_of
from ticketdesk.calendars.rules import History
from ticketdesk.sla.clock import Clock, Mode
from ticketdesk.sla.outcome import Timer, of_clock
from ticketdesk.sla.policies import DEFAULT_PAUSES, Medium, Metric, Policy

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
        "medium_changed",
        "queue_changed",
        "sla_applied",
        "sla_breached",
        "escalated",
        "merged_from",
        "split_from",
        "split_off",
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


@dataclass(slots=True)
class _Stop:
    """Something that ended the waiting for an answer."""

    seq: int
    at: int
    message_id: int | None
    ended_reason: str | None
    void: bool = False
    is_told_later: bool = False  # of several that one event tells

    def ended(self, clock: Clock) -> bool:
        """Whether it is this that ended a clock."""
        if self.is_told_later and clock.stopped != max(self.at, clock.since):
            return False
        return clock.stop_seq == self.seq


class Story:
    """The ticket as far as it has been read."""

    def __init__(self, policies: Mapping[int, Policy], calendars: Mapping[int, History]) -> None:
        self.policies = policies
        self.calendars = calendars
        self.policy: Policy | None = None
        self.priority = "normal"
        self.medium: Medium = "mail"
        self.category = "new"
        self.woken = False  # the customer wrote since the status was set: a pause is over
        self.aside: set[str] = set()
        self.clocks: list[Clock] = []
        self.cycles: dict[Metric, int] = {}  # the clocks so far of each kind: a long chat has many
        self.resolution: Clock | None = None
        self.response: Clock | None = None
        self.answers: set[int] = set()  # the messages that are a human's replies
        self.stops: list[_Stop] = []
        self.woken_before: dict[int, bool] = {}  # at each change of status
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
            if data.get("takes_back"):
                self._status_taken_back(at, data["to_category"], data["takes_back"], happening)
            else:
                self._status(at, data["to_category"], happening)
        elif kind == "priority_changed":
            self.priority = data["to"]
        elif kind == "medium_changed":
            self.medium = data["to"]
        elif kind == "sla_applied":
            version_id = data.get("policy_version_id")
            self.policy = None if version_id is None else self.policies[version_id]
        elif kind == "sla_breached":
            for clock in self.live():
                clock.decide(
                    at + 1
                )  # said aloud at its due time, a verdict stands whatever turns up with an earlier time
        elif kind == "merged_from":
            if "returned" in data:
                self._merge_undone(at, data, happening)
            else:
                self._merged_from(at, data, happening)
        elif kind == "split_from":
            self._split_from(at, data, happening)
        elif kind == "split_off":
            self._merge_undone(at, data, happening)
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
        return [of_clock(clock, self.aside, until) for clock in self.clocks if clock.policy is not None]

    def _opened(self, at: int, data: Mapping[str, Any], happening: Happening) -> None:
        self.priority = data["priority"]
        self.category = data["category"]
        self.medium = "chat" if data.get("channel") == "chat" else "mail"
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
            if stop.message_id is not None and stop.message_id == message_id and not stop.void:
                self._void(stop, at, happening)
        if happening.data.get("unanswered_since") is not None:  # it stopped a clock where it stood before a merge
            self._merged_from(at, happening.data, happening)

    def _void(self, stop: _Stop, at: int, happening: Happening) -> None:
        """Whatever this stopped runs on, up to what would have stopped it next."""
        stop.void = True
        after = next(place for place, other in enumerate(self.stops) if other is stop) + 1
        later = next((other for other in self.stops[after:] if not other.void), None)
        for clock in [clock for clock in self.clocks if stop.ended(clock) and clock is not self.resolution]:
            clock.run_on()
            if later is not None:
                clock.stop(later.at, later.seq, later.ended_reason)
                continue
            if self.response is not None and self.response is not clock and self.response.is_live:
                self.response.stop(at, happening.seq, happening.kind)  # it waited for the same answer
            self.response = clock
            clock.decide(at)

    def _status_taken_back(self, at: int, category: str, seqs: Collection[int], happening: Happening) -> None:
        """A change that came with a reply which is taken back never was: what it ended or paused goes on."""
        self.category = category
        self.woken = self.woken or self.woken_before.get(min(seqs), False)
        for stop in self.stops:
            if stop.seq in seqs and not stop.void:
                self._void(stop, at, happening)
        if self.resolution is not None and self.resolution.stop_seq in seqs:
            self.resolution.run_on()
            self.resolution.decide(at)

    def _status(self, at: int, category: str, happening: Happening) -> None:
        was_done = self.category in DONE
        self.woken_before[happening.seq] = self.woken
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

    def _split_from(self, at: int, data: Mapping[str, Any], happening: Happening) -> None:
        """It was part of another ticket: what was asked and answered in its letters was so when they came."""
        turns = [(second_of(datetime.fromisoformat(moment)), answer) for moment, answer in data["turns"]]
        if turns and self.resolution is not None and self.resolution.is_live:
            self.resolution.start_at(turns[0][0])
        for moment, answer in turns:
            if answer is None:
                self._owe_since(moment, moment, happening)
                continue
            stop = _Stop(happening.seq, moment, answer, None, is_told_later=True)
            self.answers.add(answer)
            self.stops.append(stop)
            if self.response is not None and self.response.is_live:
                self.response.stop(moment, stop.seq, None)
        for clock in self.live():
            clock.decide(at)

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
        self.cycles[metric] = cycle = self.cycles.get(metric, 0) + 1
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
        target = None if self.policy is None else self.policy.target(clock.metric, self.priority, self.medium)
        promised = None if clock.withdrawn or clock.target is None else (clock.policy, clock.target)
        wanted = None if target is None else (self.policy, target)
        if promised != wanted:
            hours = None if self.policy is None else self.calendars[self.policy.calendar_id]
            clock.promise(at, self.policy, target, hours, happening.kind, happening.seq)
