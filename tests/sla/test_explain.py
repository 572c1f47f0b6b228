"""The rules of the clocks, one by one, on a Wednesday of an office that is open from 9 to 17 UTC."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ticketdesk.calendars.hours import always
from ticketdesk.calendars.rules import Hours, Week
from ticketdesk.sla.explain import Happening, Timer, as_json, replay
from ticketdesk.sla.policies import Policy, first_match, next_due

HOUR = 3600
OFFICE = always(Hours("UTC", Week((((540, 1020),),) * 5 + ((), ()))))
AROUND_THE_CLOCK = always(Hours("UTC", Week((((0, 1440),),) * 7)))
TARGETS: dict[str, dict[Any, int]] = {
    "normal": {"first_response": 4 * HOUR, "next_response": 2 * HOUR, "resolution": 24 * HOUR},
    "high": {"first_response": 2 * HOUR, "next_response": 1 * HOUR, "resolution": 6 * HOUR},
}
STANDARD = Policy(1, "Standard", 7, {}, TARGETS, frozenset({"pending"}), 1, 25)
ALL_DAY = Policy(2, "All day", 1, {}, TARGETS, frozenset({"pending", "on_hold"}), 2, 25)
NO_ANSWER = Policy(3, "Only solved", 1, {}, {"normal": {"resolution": 8 * HOUR}}, frozenset(), 1, 0)
POLICIES = {policy.version_id: policy for policy in (STANDARD, ALL_DAY, NO_ANSWER)}


def at(text: str) -> datetime:
    """A time on Wednesday, or on "05 10:00" (Thursday the fifth)."""
    day, _, time = text.rpartition(" ")
    return datetime.fromisoformat(f"2026-03-{day or '04'}T{time}").replace(tzinfo=UTC)


class Story:
    """A ticket's events, written down one after another."""

    def __init__(self, start: str = "10:00", *, by_agent: bool = False, **more: Any) -> None:
        self.events: list[Happening] = []
        opened = {"priority": "normal", "category": "new", "by_agent": by_agent, **more}
        self.add(start, "ticket_opened", "agent" if by_agent else "contact", **opened)
        self.add(start, "sla_applied", "system", policy_version_id=1)

    def add(self, when: str, kind: str, actor: str = "agent", **data: Any) -> "Story":
        self.events.append(Happening(len(self.events) + 1, at(when), kind, actor, data))
        return self

    def wrote(self, when: str, *, held: bool = False, inert: bool = False) -> "Story":
        return self.add(when, "message_received", "contact", message_id=1, held=held, inert=inert)

    def replied(self, when: str, message_id: int = 5) -> "Story":
        return self.add(when, "reply_sent", message_id=message_id, automatic=False)

    def status(self, when: str, category: str) -> "Story":
        return self.add(when, "status_changed", to_category=category)

    def timers(self, until: str) -> list[Timer]:
        return replay(self.events, POLICIES, {1: OFFICE, 2: AROUND_THE_CLOCK}, at(until))

    def one(self, metric: str, until: str, cycle: int = 1) -> Timer:
        return next(timer for timer in self.timers(until) if (timer.metric, timer.cycle) == (metric, cycle))

    def has(self, metric: str, until: str = "12:00") -> bool:
        return any(timer.metric == metric for timer in self.timers(until))


def test_the_first_answer_is_due_after_its_business_hours() -> None:
    first = Story("15:00").one("first_response", "16:00")
    assert (first.state, first.due_at, first.consumed_s) == ("running", at("05 11:00"), HOUR)
    assert first.warn_at == at("05 10:00")


def test_an_agents_ticket_owes_no_answer_until_the_customer_writes() -> None:
    story = Story(by_agent=True).replied("10:00")
    assert not story.has("first_response")
    assert story.wrote("11:00").one("first_response", "12:00").started_at == at("11:00")


def test_an_answer_at_the_due_second_is_in_time_and_one_later_is_not() -> None:
    assert Story().replied("14:00:00").one("first_response", "15:00").state == "met"
    late = Story().replied("14:00:01").one("first_response", "15:00")
    assert (late.state, late.breached_at, late.stopped_at) == ("breached", at("14:00"), at("14:00:01"))


@pytest.mark.parametrize(
    ("kind", "actor", "data"),
    [
        ("note_added", "agent", {"message_id": 5}),
        ("reply_sent", "system", {"message_id": 5, "automatic": True}),
        ("reply_sent", "agent", {"message_id": 5, "automatic": True}),
        ("reply_sent", "automation", {"message_id": 5, "automatic": False}),
        ("assigned", "agent", {"to": 1}),
        ("queue_changed", "agent", {"to": 1}),
    ],
)
def test_only_a_humans_public_reply_answers(kind: str, actor: str, data: dict[str, Any]) -> None:
    assert Story().add("11:00", kind, actor, **data).one("first_response", "12:00").state == "running"


def test_a_withdrawn_reply_lets_the_clock_run_on_from_its_start() -> None:
    story = Story().replied("11:00").add("11:00:08", "reply_withdrawn", message_id=5)
    first = story.one("first_response", "12:00")
    assert (first.state, first.consumed_s, first.due_at) == ("running", 2 * HOUR, at("14:00"))
    assert [segment.state for segment in first.segments()] == ["running"]


def test_a_reply_that_fails_for_good_lets_the_clock_run_on_and_one_that_is_tried_again_does_not() -> None:
    assert (
        Story()
        .replied("11:00")
        .add("11:30", "reply_failed", message_id=5, permanent=False)
        .one("first_response", "12:00")
        .state
        == "met"
    )
    failed = Story().replied("11:00").add("15:30", "reply_failed", message_id=5, permanent=True)
    first = failed.one("first_response", "15:31")
    assert (first.state, first.breached_at, first.stopped_at) == ("breached", at("14:00"), None)


def test_a_later_reply_still_counts_when_the_earlier_one_failed() -> None:
    story = Story().replied("11:00").replied("11:20", 6).add("12:00", "reply_failed", message_id=5, permanent=True)
    first = story.one("first_response", "13:00")
    assert (first.state, first.stopped_at) == ("met", at("11:20"))


def test_when_all_replies_failed_nothing_was_answered() -> None:
    story = Story().replied("11:00").replied("11:20", 6)
    story.add("12:00", "reply_failed", message_id=6, permanent=True)
    story.add("12:10", "reply_failed", message_id=5, permanent=True)
    assert story.one("first_response", "13:00").state == "running"


def test_a_failed_reply_that_is_sent_again_answers_from_then_on() -> None:
    story = Story().replied("11:00").add("12:00", "reply_failed", message_id=5, permanent=True)
    story.add("12:30", "reply_repeated", message_id=5, outbox_id=1)
    first = story.one("first_response", "13:00")
    assert (first.state, first.stopped_at) == ("met", at("12:30"))
    story.add("13:30", "reply_failed", message_id=5, permanent=True)
    assert story.one("first_response", "13:45").state == "running"


def test_an_acknowledgement_that_is_sent_again_answers_nothing() -> None:
    story = Story().add("10:00", "reply_sent", "system", message_id=5, automatic=True)
    story.add("11:00", "reply_repeated", message_id=5, outbox_id=1)
    assert story.one("first_response", "12:00").state == "running"


def test_what_the_customer_wrote_after_a_failed_reply_waits_for_the_same_answer() -> None:
    story = Story().replied("11:00").wrote("11:30").add("12:00", "reply_failed", message_id=5, permanent=True)
    following = story.one("next_response", "12:30")
    assert (following.state, following.ended_reason) == ("ended", "reply_failed")
    story.replied("13:00", 6)
    assert story.one("first_response", "13:30").state == "met"
    assert story.wrote("14:00").one("next_response", "14:30", cycle=2).started_at == at("14:00")


def test_the_next_answer_is_owed_to_the_oldest_unanswered_message() -> None:
    story = Story().replied("10:30").wrote("11:00").wrote("12:00")
    assert story.one("next_response", "12:30").due_at == at("13:00")
    story.replied("12:45").wrote("13:00")
    assert story.one("next_response", "13:30", cycle=2).due_at == at("15:00")


@pytest.mark.parametrize("more", [{"held": True}, {"inert": True}])
def test_held_and_inert_messages_move_nothing(more: dict[str, bool]) -> None:
    story = Story().replied("10:30").status("10:30", "pending").wrote("11:00", **more)
    assert not story.has("next_response")
    assert story.one("resolution", "12:00").state == "paused"


def test_an_accepted_message_counts_from_then_on() -> None:
    story = Story().replied("10:30").wrote("11:00", held=True).add("12:00", "message_accepted", message_id=1)
    assert story.one("next_response", "12:30").started_at == at("12:00")


def test_no_reply_needed_and_solving_end_the_waiting_without_an_answer() -> None:
    waiting = Story().replied("10:30").wrote("11:00")
    waiting.add("11:30", "no_reply_needed")
    ended = waiting.one("next_response", "12:00")
    assert (ended.state, ended.ended_reason, ended.stopped_at) == ("ended", "no_reply_needed", at("11:30"))
    solved = Story().replied("10:30").wrote("11:00").status("11:30", "solved").one("next_response", "12:00")
    assert (solved.state, solved.ended_reason) == ("ended", "solved")


def test_only_the_solution_pauses_and_only_in_the_policys_categories() -> None:
    story = Story().status("11:00", "pending")
    assert story.one("first_response", "12:00").state == "running"
    paused = story.one("resolution", "12:00")
    assert (paused.state, paused.consumed_s, paused.due_at) == ("paused", HOUR, None)
    assert Story().status("11:00", "on_hold").one("resolution", "12:00").state == "running"


def test_a_message_of_the_customer_ends_the_pause_by_itself() -> None:
    story = Story().replied("10:30").status("11:00", "pending").wrote("13:00")
    running = story.one("resolution", "14:00")
    assert (running.state, running.consumed_s) == ("running", 2 * HOUR)
    assert [(one.state, one.reason, one.event_seq) for one in running.segments()] == [
        ("running", "ticket_opened", 1),
        ("paused", "status_changed", 4),
        ("running", "message_received", 5),
    ]


def test_reopening_goes_on_with_the_time_used_and_keeps_the_first_verdict() -> None:
    story = Story().status("12:00", "solved").status("15:00", "open")
    first, second = story.one("resolution", "16:00"), story.one("resolution", "16:00", cycle=2)
    assert (first.state, first.stopped_at, first.consumed_s) == ("met", at("12:00"), 2 * HOUR)
    assert (second.state, second.started_at, second.consumed_s) == ("running", at("15:00"), 3 * HOUR)
    assert second.due_at == at("09 13:00")  # 22 hours more: 2 on Wednesday, 8 on Thursday, 8 on Friday, 4 on Monday


def test_reopening_what_was_solved_too_late_is_late_from_then_on_and_told_apart() -> None:
    story = Story().add("10:00", "priority_changed", to="high").status("05 10:00", "solved").status("05 12:00", "open")
    first, second = story.one("resolution", "05 13:00"), story.one("resolution", "05 13:00", cycle=2)
    assert (first.state, first.breached_at, first.late_at_change) == ("breached", at("16:00"), False)
    assert (second.state, second.breached_at, second.late_at_change) == ("breached", at("05 12:00"), True)


def test_closing_a_solved_ticket_changes_nothing() -> None:
    story = Story().status("12:00", "solved").status("18 12:00", "closed")
    assert [timer.cycle for timer in story.timers("19 12:00") if timer.metric == "resolution"] == [1]


def test_another_priority_keeps_the_time_used() -> None:
    first = Story().add("11:00", "priority_changed", to="high").one("first_response", "11:30")
    assert (first.target_s, first.due_at, first.banked_s) == (2 * HOUR, at("12:00"), HOUR)


def test_a_target_that_is_over_already_is_late_at_the_change() -> None:
    late = Story().add("13:00", "priority_changed", to="high").one("first_response", "13:00")
    assert (late.state, late.breached_at, late.due_at, late.late_at_change) == (
        "breached",
        at("13:00"),
        at("13:00"),
        True,
    )
    at_once = Story().add("12:00", "priority_changed", to="high").one("first_response", "12:00")
    assert (at_once.state, at_once.due_at, at_once.late_at_change) == ("running", at("12:00"), False)


def test_a_verdict_is_never_taken_back() -> None:
    story = Story().add("15:00", "priority_changed", to="high").add("15:00", "priority_changed", to="normal")
    story.replied("15:30").add("15:31", "reply_withdrawn", message_id=5).replied("16:00", 6)
    first = story.one("first_response", "16:30")
    assert (first.state, first.breached_at, first.late_at_change) == ("breached", at("14:00"), False)


def test_another_policy_counts_in_its_own_hours_from_the_change_on() -> None:
    story = (
        Story("16:00").add("16:30", "queue_changed", to=2).add("16:30", "sla_applied", "system", policy_version_id=2)
    )
    first = story.one("first_response", "18:00")
    assert (first.consumed_s, first.due_at, first.policy.name) == (2 * HOUR, at("20:00"), "All day")
    assert [(one.reason, one.business_s) for one in first.segments()] == [
        ("ticket_opened", HOUR // 2),
        ("queue_changed", HOUR * 3 // 2),
    ]


def test_a_change_with_its_policy_is_judged_by_that_policy_alone() -> None:
    story = Story().add("13:00", "priority_changed", to="high")
    story.add("13:00", "sla_applied", "system", policy_version_id=3)
    first = story.one("first_response", "13:30")
    assert (first.state, first.ended_reason, first.breached_at) == ("ended", "not_promised", None)


def test_a_policy_that_comes_late_counts_from_the_beginning() -> None:
    story = Story()
    del story.events[1]
    story.add("11:00", "queue_changed", to=1).add("11:00", "sla_applied", "system", policy_version_id=1)
    assert story.one("first_response", "12:00").due_at == at("14:00")


def test_a_merged_ticket_has_no_clock_and_gets_it_back_when_that_is_undone() -> None:
    story = Story().add("11:00", "merged_into", to=9)
    first = story.one("first_response", "12:00")
    assert (first.state, first.ended_reason, first.due_at) == ("ended", "merged", None)
    story.add("13:00", "merge_undone")
    first = story.one("first_response", "13:30")
    assert (first.state, first.consumed_s, first.due_at) == ("running", HOUR * 3 // 2, at("16:00"))


def test_the_survivor_owes_its_answer_to_the_oldest_message_of_both() -> None:
    story = Story("09:00").replied("09:30").wrote("12:00")
    story.add("13:00", "merged_from", source_id=9, unanswered_since=at("11:00").isoformat())
    assert story.one("next_response", "13:30").due_at == at("13:00")
    assert story.one("resolution", "13:30").started_at == at("09:00")


def test_spam_from_the_start_promises_nothing_until_it_is_none() -> None:
    story = Story(spam=True)
    assert story.one("first_response", "11:00").state == "ended"
    story.add("12:00", "unmarked_spam")
    assert story.one("first_response", "12:30").due_at == at("16:00")


def test_a_verdict_said_aloud_stands_against_an_answer_with_an_earlier_time() -> None:
    story = Story().add("14:00", "sla_breached", "system", metric="first_response").replied("13:59:59")
    assert story.one("first_response", "15:00").state == "breached"


def test_the_segments_show_when_the_office_is_closed() -> None:
    told = as_json(4711, Story("16:00").timers("05 10:00"))
    assert told["ticket"] == 4711
    first = next(timer for timer in told["timers"] if timer["metric"] == "first_response")
    assert first == {
        "metric": "first_response",
        "target_s": 4 * HOUR,
        "due_at": "2026-03-05T12:00:00+00:00",
        "state": "running",
        "consumed_s": 2 * HOUR,
        "policy": "Standard",
        "policy_version": 7,
        "segments": [
            {
                "from": "2026-03-04T16:00:00+00:00",
                "to": "2026-03-04T17:00:00+00:00",
                "state": "running",
                "business_s": HOUR,
                "reason": "ticket_opened",
                "event_seq": 1,
            },
            {
                "from": "2026-03-04T17:00:00+00:00",
                "to": "2026-03-05T09:00:00+00:00",
                "state": "closed",
                "business_s": 0,
                "reason": "ticket_opened",
                "event_seq": 1,
            },
            {
                "from": "2026-03-05T09:00:00+00:00",
                "to": "2026-03-05T10:00:00+00:00",
                "state": "running",
                "business_s": HOUR,
                "reason": "ticket_opened",
                "event_seq": 1,
            },
        ],
    }


def test_the_first_policy_that_fits_wins() -> None:
    for_chat = Policy(8, "Chat", 1, {"channel": frozenset({"chat"}), "queue_id": frozenset({1})}, {}, frozenset(), 1, 0)
    ordered = [for_chat, STANDARD]
    assert first_match(ordered, {"channel": "chat", "queue_id": 1}) is for_chat
    assert first_match(ordered, {"channel": "chat", "queue_id": 2}) is STANDARD
    assert first_match([for_chat], {"channel": "email", "queue_id": 1}) is None


def test_the_clock_with_least_time_left_is_shown_and_a_paused_one_last() -> None:
    story = Story().replied("10:30")
    shown = next_due(story.timers("11:00"))
    assert shown is not None
    assert (shown.metric, shown.state) == ("resolution", "running")
    paused = next_due(story.status("11:00", "pending").timers("11:30"))
    assert paused is not None
    assert (paused.metric, paused.state, paused.at) == ("resolution", "paused", None)
    waiting = next_due(story.wrote("12:00").timers("16:00"))
    assert waiting is not None
    assert (waiting.metric, waiting.at) == ("next_response", at("14:00"))
    assert next_due(story.status("16:00", "solved").timers("16:30")) is None
