"""SLA clocks the slow way: a ticket lived minute by minute, by somebody who reads the rules and counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.calendars import oracle as hours_oracle
from ticketdesk.calendars.rules import History
from ticketdesk.sla.explain import Happening
from ticketdesk.sla.policies import Policy

MINUTE = 60
LOOK_AHEAD = 5 * 24 * 60


@dataclass(frozen=True)
class Verdict:
    """What one clock came to."""

    metric: str
    cycle: int
    started: int
    target: int
    state: str
    used: int
    due: int | None
    breached: int | None
    late_at_change: bool
    stopped: int | None
    why: str | None


class Watch:
    """One clock: minutes are dropped into it."""

    def __init__(self, metric: str, cycle: int, now: int) -> None:
        self.metric, self.cycle, self.started = metric, cycle, now
        # every minute since the start, whether it was to be counted, and in which hours
        self.minutes: list[tuple[int, bool, History | None]] = []
        self.policy: Policy | None = None
        self.target: int | None = None
        self.promised = False
        self.calendar: History | None = None
        self.used = 0
        self.reached: int | None = None
        self.breached: int | None = None
        self.late_at_change = False
        self.stop: tuple[int, int, str | None] | None = None  # when, event, why (None: answered)
        self.used_at_stop = 0
        self.last_stop = 0
        self.changed = now  # when anything was last different for it
        self.mode = ""

    def judge(self, now: int) -> None:
        if self.stop is None and self.reached is not None and self.reached < now and self.breached is None:
            self.breached = self.reached


class World:
    """The ticket, its clocks and the minute it is."""

    def __init__(
        self, policies: Mapping[int, Policy], calendars: Mapping[int, History], seen: dict[tuple[int, int], bool]
    ) -> None:
        self.policies, self.calendars = policies, calendars
        self.watches: list[Watch] = []
        self.category, self.priority, self.by_chat = "new", "normal", False
        self.policy: Policy | None = None
        self.customer_waits_in_pause = False
        self.flags: set[str] = set()
        self.ends: list[tuple[int, int, int | None, str | None]] = []  # event, when, message, why
        self.voided: set[int] = set()
        self.replies: list[int] = []
        self.waited_in_pause: dict[int, bool] = {}  # before each change of status
        self.open_minutes = seen

    def is_open(self, calendar: History, minute: int) -> bool:
        key = (id(calendar), minute)
        if key not in self.open_minutes:
            hours = hours_oracle.in_force(calendar, minute * MINUTE)
            self.open_minutes[key] = hours_oracle.minute_is_open(hours, minute)
        return self.open_minutes[key]

    def waiting(self, *metrics: str) -> list[Watch]:
        return [watch for watch in self.watches if watch.stop is None and watch.metric in metrics]

    def wanted_mode(self, metric: str) -> str:
        if self.flags:
            return "aside"
        pauses = self.policy.pause_categories if self.policy else {"pending"}
        if metric == "resolution" and self.category in pauses and not self.customer_waits_in_pause:
            return "paused"
        return "running"

    def begin(self, metric: str, now: int) -> Watch:
        watch = Watch(metric, 1 + len([other for other in self.watches if other.metric == metric]), now)
        watch.mode = self.wanted_mode(metric)
        self.watches.append(watch)
        return watch

    def stop(self, watch: Watch, now: int, seq: int, why: str | None) -> None:
        watch.judge(now)
        watch.stop, watch.last_stop = (now, seq, why), now
        watch.used_at_stop = watch.used

    def happen(self, now: int, event: Happening) -> None:
        for watch in self.watches:
            watch.judge(now)
        kind, data = event.kind, event.data
        wrote = kind == "message_accepted" or (kind == "message_received" and not (data["held"] or data["inert"]))
        if kind == "ticket_opened":
            self.category, self.priority = data["category"], data["priority"]
            self.by_chat = data["channel"] == "chat"
            self.begin("resolution", now)
            if not data["by_agent"]:
                self.begin("first_response", now)
            if self.category in ("solved", "closed"):  # a talk that was over when it was written down
                for watch in self.waiting("resolution"):
                    self.stop(watch, now, event.seq, None)
        if wrote:
            self.customer_waits_in_pause = True
            if not self.waiting("first_response", "next_response"):
                answered = [w for w in self.watches if w.metric == "first_response" and w.stop and w.stop[2] is None]
                self.begin("next_response" if answered else "first_response", now)
        if kind == "reply_sent" and event.actor_kind == "agent" and not data["automatic"]:
            self.replies.append(data["message_id"])
            self.end_waiting(now, event.seq, data["message_id"], None)
        if kind == "reply_repeated" and data["message_id"] in self.replies:
            self.end_waiting(now, event.seq, data["message_id"], None)
        if kind == "no_reply_needed":
            self.end_waiting(now, event.seq, None, "no_reply_needed")
        if kind == "reply_withdrawn" or (kind == "reply_failed" and data["permanent"]):
            self.take_back(now, event)
        if kind == "status_changed" and data.get("takes_back"):
            first = min(data["takes_back"])
            self.category = data["to_category"]
            self.customer_waits_in_pause = self.customer_waits_in_pause or self.waited_in_pause[first]
            for seq in data["takes_back"]:
                self.never_was(seq, now, event)
        elif kind == "status_changed":
            self.waited_in_pause[event.seq] = self.customer_waits_in_pause
            before, self.category = self.category, data["to_category"]
            self.customer_waits_in_pause = False
            over = ("solved", "closed")
            if self.category in over and before not in over:
                for watch in self.waiting("resolution"):
                    self.stop(watch, now, event.seq, None)
                self.end_waiting(now, event.seq, None, "solved")
            if before in over and self.category not in over:
                used = [w for w in self.watches if w.metric == "resolution"][-1].used_at_stop
                self.begin("resolution", now).used = used
        if kind == "priority_changed":
            self.priority = data["to"]
        if kind == "medium_changed":
            self.by_chat = data["to"] == "chat"
        if kind == "sla_applied":
            self.policy = self.policies[data["policy_version_id"]] if data["policy_version_id"] else None
        if kind in ("marked_spam", "trashed", "merged_into"):
            self.flags.add({"marked_spam": "spam", "trashed": "trash", "merged_into": "merged"}[kind])
        if kind in ("unmarked_spam", "restored", "merge_undone"):
            self.flags.discard({"unmarked_spam": "spam", "restored": "trash", "merge_undone": "merged"}[kind])

        returned = kind == "merged_from" and "returned" in data
        joined = (kind == "merged_from" and not returned) or kind == "reply_withdrawn"
        if joined and data.get("unanswered_since") is not None:
            since = int(datetime.fromisoformat(data["unanswered_since"]).timestamp())
            waiting = self.waiting("first_response", "next_response")
            if not waiting or since < waiting[0].started:
                self.owe_since(since, now)
        if (kind in ("merge_undone", "split_off") or returned) and "unanswered_since" in data:
            if data["unanswered_since"] is not None:
                self.owe_since(int(datetime.fromisoformat(data["unanswered_since"]).timestamp()), now)
            elif data.get("answered") is None:
                for watch in self.waiting("first_response", "next_response"):
                    self.stop(watch, now, event.seq, kind)
            elif self.waiting("first_response", "next_response"):
                message, moment = data["answered"]
                self.replies.append(message)
                self.ends.append((event.seq, int(datetime.fromisoformat(moment).timestamp()), message, None))
                for watch in self.waiting("first_response", "next_response"):
                    self.stop(
                        watch, max(watch.changed, int(datetime.fromisoformat(moment).timestamp())), event.seq, None
                    )

    def promised(self, metric: str) -> int | None:
        """What the policy in force promises: in a chat what it says of chats, where it says anything."""
        if self.policy is None:
            return None
        if self.by_chat and metric in self.policy.chat_targets.get(self.priority, {}):
            return self.policy.chat_targets[self.priority][metric]
        return self.policy.targets.get(self.priority, {}).get(metric)

    def owe_since(self, since: int, now: int) -> None:
        """The customer waits since then: the minutes that are over are lived again."""
        waiting = self.waiting("first_response", "next_response")
        if not waiting:
            answered = [w for w in self.watches if w.metric == "first_response" and w.stop and w.stop[2] is None]
            waiting = [self.begin("next_response" if answered else "first_response", since)]
            watch = waiting[0]
            if self.policy is not None and self.promised(watch.metric):
                watch.promised, watch.policy = True, self.policy
                watch.target = self.promised(watch.metric)
                watch.calendar = self.calendars[self.policy.calendar_id]
            watch.minutes = [
                (minute, watch.mode == "running", watch.calendar) for minute in range(since // MINUTE, now // MINUTE)
            ]
        watch = waiting[0]
        if since >= watch.started or (watch.changed == watch.started and watch.mode == "running"):
            watch.changed = max(watch.changed, since) if since >= watch.started else since
        if since < watch.started:
            calendar = watch.minutes[0][2] if watch.minutes else watch.calendar
            before = range(since // MINUTE, watch.started // MINUTE)
            watch.minutes = [*((minute, True, calendar) for minute in before), *watch.minutes]
        watch.minutes = [one for one in watch.minutes if one[0] * MINUTE >= since]
        watch.started, watch.used = since, 0
        verdict_stands = watch.breached is not None
        if not verdict_stands:
            watch.reached = None
        for minute, counted, calendar in watch.minutes:
            if counted and calendar is not None and self.is_open(calendar, minute):
                watch.used += MINUTE
                if watch.promised and not verdict_stands and watch.used == watch.target:
                    watch.reached = (minute + 1) * MINUTE
        if watch.promised and not verdict_stands and watch.target is not None:
            if watch.used > watch.target:
                watch.breached = watch.reached
            elif watch.mode != "running":
                watch.reached = None
        watch.judge(now)

    def end_waiting(self, now: int, seq: int, message: int | None, why: str | None) -> None:
        self.ends.append((seq, now, message, why))
        for watch in self.waiting("first_response", "next_response"):
            self.stop(watch, now, seq, why)

    def take_back(self, now: int, event: Happening) -> None:
        for seq, _, message, _ in list(self.ends):
            if message is None or message != event.data["message_id"] or seq in self.voided:
                continue
            self.never_was(seq, now, event)

    def never_was(self, seq: int, now: int, event: Happening) -> None:
        """What stopped clocks did not happen."""
        for watch in self.watches:
            if watch.metric == "resolution" and watch.stop is not None and watch.stop[1] == seq:
                watch.stop = None
                self.recount(watch, now)
                watch.judge(now)
        if seq in {end[0] for end in self.ends} - self.voided:
            self.voided.add(seq)
            later = [end for end in self.ends if end[0] > seq and end[0] not in self.voided]
            for watch in self.watches:
                if watch.stop is None or watch.stop[1] != seq or watch.metric == "resolution":
                    continue
                watch.stop = None
                self.recount(watch, later[0][1] if later else now)
                if later:
                    self.stop(watch, later[0][1], later[0][0], later[0][3])
                    continue
                for other in self.waiting("first_response", "next_response"):
                    if other is not watch:
                        self.stop(other, now, event.seq, event.kind)
                watch.judge(now)

    def recount(self, watch: Watch, until: int) -> None:
        """The stop never was: count the minutes since it was made."""
        watch.used = watch.used_at_stop
        for minute, counted, _calendar in watch.minutes:
            if minute * MINUTE >= until:
                break
            if minute * MINUTE >= watch.last_stop and counted:
                self.drop(watch, minute)

    def settle(self, now: int) -> None:
        for watch in self.watches:
            if watch.stop is not None:
                continue
            mode = self.wanted_mode(watch.metric)
            if mode != watch.mode:
                watch.mode, watch.changed = mode, max(now, watch.changed)
                if watch.breached is None:
                    watch.reached = now if mode == "running" and watch.promised and watch.used == watch.target else None
            target = self.promised(watch.metric)
            if watch.breached is not None:
                continue
            if target is None:
                watch.promised = False
                watch.reached = None
                continue
            if watch.promised and watch.policy is self.policy and watch.target == target:
                continue
            if watch.calendar is None:
                calendar = self.calendars[self.policy.calendar_id]
                watch.used += MINUTE * sum(
                    counted and self.is_open(calendar, minute) for minute, counted, _none in watch.minutes
                )
                watch.minutes = [(minute, counted, calendar) for minute, counted, _none in watch.minutes]
            watch.changed = max(now, watch.changed)
            watch.promised, watch.policy, watch.target = True, self.policy, target
            watch.calendar = self.calendars[self.policy.calendar_id]
            watch.reached = None
            if watch.used > target:
                watch.breached, watch.late_at_change = now, True
            elif watch.used == target and watch.mode == "running":
                watch.reached = now

    def drop(self, watch: Watch, minute: int) -> None:
        """One minute passes for a running clock."""
        if watch.calendar is not None and self.is_open(watch.calendar, minute):
            watch.used += MINUTE
            if watch.promised and watch.reached is None and watch.used == watch.target:
                watch.reached = (minute + 1) * MINUTE

    def tick(self, minute: int) -> None:
        for watch in self.watches:
            watch.minutes.append((minute, watch.mode == "running", watch.calendar))
            if watch.stop is None and watch.mode == "running":
                self.drop(watch, minute)

    def verdict(self, watch: Watch, until: int) -> Verdict:
        watch.judge(until)
        used = watch.used if watch.stop is None else watch.used_at_stop
        due = self.due(watch, until)
        if watch.stop is None and self.flags:
            state, why = "ended", min(self.flags)
        elif watch.breached is not None:
            state, why = "breached", watch.stop[2] if watch.stop else None
        elif watch.stop is not None:
            state, why = ("met", None) if watch.stop[2] is None else ("ended", watch.stop[2])
        elif not watch.promised:
            state, why = "ended", "not_promised"
        else:
            state, why = watch.mode, None
        assert watch.target is not None
        return Verdict(
            watch.metric,
            watch.cycle,
            watch.started,
            watch.target,
            state,
            used,
            due,
            watch.breached,
            watch.late_at_change,
            watch.stop[0] if watch.stop else None,
            why,
        )

    def due(self, watch: Watch, until: int) -> int | None:
        """When its time is over, lived on from here as if nothing more happened; None when not in sight."""
        if watch.breached is not None:
            return watch.breached
        if watch.mode != "running" or not watch.promised or watch.target is None or watch.calendar is None:
            return None
        if watch.reached is not None:
            return watch.reached
        used = watch.used if watch.stop is None else watch.used_at_stop
        minute = (until if watch.stop is None else watch.stop[0]) // MINUTE
        for ahead in range(minute, minute + LOOK_AHEAD):
            if self.is_open(watch.calendar, ahead):
                used += MINUTE
                if used == watch.target:
                    return (ahead + 1) * MINUTE
        return None


def live(
    events: Sequence[Happening],
    policies: Mapping[int, Policy],
    calendars: Mapping[int, History],
    until: datetime,
    seen: dict[tuple[int, int], bool] | None = None,
) -> list[Verdict]:
    """Live the ticket from its first event to `until`; every event lies on a whole minute.

    `seen` remembers from one ticket to the next which minutes of the same calendars were open.
    """
    world = World(policies, calendars, {} if seen is None else seen)
    end = int(until.timestamp())
    left = list(events)
    for minute in range(int(events[0].at.timestamp()) // MINUTE, end // MINUTE + 1):
        now = minute * MINUTE
        while left and left[0].at.timestamp() <= now:
            event = left.pop(0)
            world.happen(now, event)
            if not (left and left[0].kind == "sla_applied" and left[0].at == event.at):
                world.settle(now)
        if now < end:
            world.tick(minute)
    return [world.verdict(watch, end) for watch in world.watches if watch.policy is not None]
