"""What an escalation step is, when its moment comes, and when it has none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sla import stories
from tests.sla.test_purity import FORBIDDEN, imported
from ticketdesk.calendars.hours import add_business, always, business_seconds, is_open
from ticketdesk.calendars.rules import Hours, Week
from ticketdesk.core.errors import Invalid
from ticketdesk.sla import steps
from ticketdesk.sla.explain import Happening, Timer, replay
from ticketdesk.sla.policies import METRICS, Policy
from ticketdesk.sla.steps import Action, Step
from ticketdesk.tickets.status import PRIORITIES

OFFICE = always(Hours("UTC", Week((((540, 1020),),) * 5 + ((), ()))))
WEDNESDAY = datetime(2026, 3, 4, 10, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRST: dict[str, Any] = {"metric": "first_response", "offset_s": -1800, "recipients": ["team"]}


def policy(*given: dict[str, Any], target: int = 4 * 3600) -> Policy:
    """A first answer and a solution within four hours, with these steps."""
    targets: Any = {"normal": {"first_response": target, "resolution": target}}
    return Policy(1, "Standard", 1, {}, targets, frozenset({"pending"}), 1, 25, steps=given)


def happened(*more: tuple[datetime, str, dict[str, Any]]) -> list[Happening]:
    """A ticket of Wednesday at ten, and what became of it."""
    begun = [
        (WEDNESDAY, "ticket_opened", {"priority": "normal", "category": "new", "by_agent": False}),
        (WEDNESDAY, "sla_applied", {"policy_version_id": 1}),
    ]
    return [Happening(seq, at, kind, "agent", data) for seq, (at, kind, data) in enumerate([*begun, *more], start=1)]


def clock(told: list[Happening], terms: Policy, until: datetime, metric: str = "first_response") -> Timer:
    """The newest clock of a kind."""
    return [timer for timer in replay(told, {1: terms}, {1: OFFICE}, until) if timer.metric == metric][-1]


def coming(timer: Timer) -> list[tuple[datetime, int]]:
    return [(at, step.offset_s) for at, step in steps.to_come(timer)]


def test_steps_are_pure() -> None:
    found = imported("ticketdesk.sla.steps", set())
    assert "datetime" in found
    assert [name for name in found if name.split(".")[0] in FORBIDDEN or name.startswith("ticketdesk.core.db")] == []
    assert steps.PRIORITIES == PRIORITIES


def test_what_is_stored_reads_back_the_same() -> None:
    stored = {
        "metric": "resolution",
        "offset_s": 3600,
        "recipients": ["supervisors", "agent:7"],
        "actions": [
            {"do": "priority", "to": "urgent"},
            {"do": "queue", "to": 3},
            {"do": "tag", "to": "Very  late"},
            {"do": "assignee", "to": None},
        ],
        "urgent": True,
    }
    step = steps.parse(stored)
    assert step.agents == [7]
    assert step.actions[2] == Action("tag", "very-late")
    assert steps.parse(steps.written(step)) == step
    assert step.key == "resolution:3600:agent:7,supervisors"


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "mood"},
        {"offset_s": "soon"},
        {"offset_s": True},
        {"offset_s": 10**9},
        {"recipients": []},
        {"recipients": ["everybody"]},
        {"recipients": ["agent:"]},
        {"recipients": ["agent:x"]},
        {"recipients": ["agent:²"]},
        {"recipients": ["team", "team"]},
        {"recipients": "team"},
        {"recipients": [3]},
        {"actions": [{"do": "shout", "to": 1}]},
        {"actions": [{"do": "priority", "to": "huge"}]},
        {"actions": [{"do": "queue", "to": "3"}]},
        {"actions": [{"do": "queue", "to": True}]},
        {"actions": [{"do": "tag", "to": " "}]},
        {"actions": [{"do": "tag", "to": "x" * 41}]},
        {"actions": [{"do": "assignee", "to": 0}]},
        {"actions": [{"do": "priority"}]},
        {"actions": ["priority"]},
        {"actions": [{"do": "priority", "to": "high"}, {"do": "priority", "to": "urgent"}]},
        {"urgent": 1},
        {"colour": "red"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_and_stops_no_clock(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        steps.parse({**FIRST, **wrong})
    terms = policy({**FIRST, **wrong}, {**FIRST, "offset_s": 0})
    assert [step.offset_s for step in steps.of_policy(terms)] == [0]


def test_two_steps_of_one_moment_for_the_same_people_are_one() -> None:
    with pytest.raises(Invalid, match="already"):
        steps.check([FIRST, {**FIRST, "urgent": True}])
    with pytest.raises(Invalid, match="At most 20"):
        steps.check([{**FIRST, "offset_s": n} for n in range(21)])
    assert [step.offset_s for step in steps.check([{**FIRST, "offset_s": 60}, FIRST])] == [-1800, 60]


def test_moments_are_counted_in_business_time() -> None:
    """Due at 14:00 on Wednesday; two hours and a half before, at the due time, and five hours after: on Thursday."""
    terms = policy(*({**FIRST, "offset_s": offset} for offset in (5 * 3600, -9000, 0)))
    timer = clock(happened(), terms, WEDNESDAY)
    assert coming(timer) == [
        (WEDNESDAY + 1.5 * HOUR, -9000),
        (WEDNESDAY + 4 * HOUR, 0),
        (datetime(2026, 3, 5, 11, tzinfo=UTC), 5 * 3600),
    ]
    assert steps.next_moment(timer) == WEDNESDAY + 1.5 * HOUR


def test_a_step_further_ahead_than_the_promise_comes_at_once() -> None:
    timer = clock(happened(), policy({**FIRST, "offset_s": -9 * 3600}), WEDNESDAY + MINUTE)
    assert steps.next_moment(timer) == WEDNESDAY


def test_before_the_due_time_there_is_no_step_once_it_is_over() -> None:
    """After an outage the steps after the due time say what is so; those before it would say what no longer is."""
    terms = policy(*({**FIRST, "offset_s": offset} for offset in (-7200, -1800, 0, 3600)))
    late = clock(happened(), terms, WEDNESDAY + 6 * HOUR)
    assert late.breached_at is not None
    assert [offset for _at, offset in coming(late)] == [0, 3600]
    assert [step.offset_s for _at, step in steps.due_now(late, WEDNESDAY + 4.5 * HOUR)] == [0]


@pytest.mark.parametrize("kind", ["merged_into", "marked_spam", "trashed"])
def test_what_is_set_aside_has_no_steps(kind: str) -> None:
    terms = policy(FIRST, {**FIRST, "offset_s": 3600})
    for at in (HOUR, 5 * HOUR):
        assert coming(clock(happened((WEDNESDAY + at, kind, {})), terms, WEDNESDAY + 6 * HOUR)) == []


def test_after_the_clock_stopped_there_are_no_steps() -> None:
    terms = policy(FIRST, {**FIRST, "offset_s": 3600})
    for after in (HOUR, 4.5 * HOUR):
        told = happened((WEDNESDAY + after, "reply_sent", {"message_id": 1}))
        assert coming(clock(told, terms, WEDNESDAY + 6 * HOUR)) == []


def test_a_pause_takes_the_steps_along() -> None:
    """Paused from 11 to 13: every moment is two hours later, those after the due time as well."""
    terms = policy({**FIRST, "metric": "resolution"}, {**FIRST, "metric": "resolution", "offset_s": 1800})
    pause = (WEDNESDAY + HOUR, "status_changed", {"to_category": "pending"})
    on = (WEDNESDAY + 3 * HOUR, "status_changed", {"to_category": "open"})
    assert coming(clock(happened(pause), terms, WEDNESDAY + 2 * HOUR, "resolution")) == []
    timer = clock(happened(pause, on), terms, WEDNESDAY + 3 * HOUR, "resolution")
    assert coming(timer) == [(WEDNESDAY + 5.5 * HOUR, -1800), (WEDNESDAY + 6.5 * HOUR, 1800)]


def test_a_pause_after_the_due_time_does_not_count_as_waiting() -> None:
    """Due at 14:00, paused from 14:10 to 15:10: half an hour late is at 15:30."""
    terms = policy({**FIRST, "metric": "resolution", "offset_s": 1800})
    told = happened(
        (WEDNESDAY + 4 * HOUR + 10 * MINUTE, "status_changed", {"to_category": "pending"}),
        (WEDNESDAY + 5 * HOUR + 10 * MINUTE, "status_changed", {"to_category": "open"}),
    )
    assert coming(clock(told, terms, WEDNESDAY + 6 * HOUR, "resolution")) == [(WEDNESDAY + 5.5 * HOUR, 1800)]


def test_taken_steps_are_known_by_what_they_are_not_by_their_place() -> None:
    data = {"metric": "first_response", "cycle": 1, "step": steps.parse(FIRST).key}
    told = happened((WEDNESDAY + 3.5 * HOUR, "escalated", data))
    assert steps.taken(told) == {("first_response", 1): frozenset({"first_response:-1800:team"})}


@settings(max_examples=150, deadline=None)
@given(stories.stories(), st.integers(-20_000, 20_000), st.sampled_from(METRICS))
def test_a_moment_is_where_the_business_time_says(story: stories.Story, offset: int, metric: str) -> None:
    """In random lives: as far before or after the due time as the business seconds say, and while it is open."""
    step = Step(metric, offset, ("team",))
    for timer in replay(story.events, story.policies, story.calendars, story.until):
        at = steps.moment(step, timer)
        if timer.metric != metric or timer.resumed_at is None or timer.due_at is None:
            assert at is None
        elif at is None:
            assert offset < 0 or timer.state == "ended"
            assert timer.breached_at is not None or timer.state == "ended"
        elif offset < 0:
            between = business_seconds(timer.hours, at, timer.due_at)
            assert timer.resumed_at <= at <= timer.due_at
            assert between == -offset or (between < -offset and at == timer.resumed_at)
        else:
            waited = business_seconds(timer.hours, timer.due_at, at)
            paused = timer.resumed_at > timer.due_at
            assert at >= timer.due_at
            assert waited >= offset if paused else waited == offset
        if at is not None and at not in (timer.resumed_at, timer.due_at):
            assert is_open(timer.hours, at - timedelta(seconds=1))


def test_moments_are_reached_through_the_night() -> None:
    assert add_business(OFFICE, WEDNESDAY, 8 * 3600) == WEDNESDAY + 24 * HOUR
