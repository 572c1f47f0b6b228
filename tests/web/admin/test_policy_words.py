"""What a policy says in plain words, in many shapes."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ticketdesk.calendars.rules import Hours, Week
from ticketdesk.sla.editing import Words
from ticketdesk.sla.policies import METRICS, Policy
from ticketdesk.web import spans
from ticketdesk.web.admin import policy_differences, policy_names, policy_order, policy_words
from ticketdesk.web.admin.policy_names import PRIORITIES, Called, Counting

HOUR = 3600
CALLED = Called(
    {1: "Billing", 2: "Trade"},
    {7: "Harrow & Pine"},
    {1: Counting("London hours", 8 * HOUR), 2: Counting("Shop hours", None), 3: Counting("Day and night", 24 * HOUR)},
)
SOON: dict[Any, int] = {"first_response": 300, "next_response": 600, "resolution": 16 * HOUR}


def text(app: Flask, words: Words) -> str:
    with app.test_request_context():
        return policy_words.plain(words, CALLED).text


def test_one_sentence_says_whom_what_and_how_it_is_counted(app: Flask) -> None:
    words = Words(1, dict.fromkeys(PRIORITIES, SOON), {"queue_id": [1], "channel": ["chat"]}, tells_ahead=True)
    assert text(app, words) == (
        "Tickets in Billing that come by chat: a first answer within 5 minutes, next answers within 10 minutes, "
        "solved within 2 business days. Counted in London hours, 8 hours a day; the solution waits while we wait for "
        "the customer. Warns when a quarter is left. The customer is told before a promised time passes unkept."
    )
    with app.test_request_context():
        assert policy_words.plain(words, CALLED).is_short


def test_priorities_that_are_promised_the_same_share_a_sentence(app: Flask) -> None:
    words = Words(2, {"urgent": SOON, "high": SOON, "normal": {"resolution": 40 * HOUR}}, warn_percent=0)
    said = text(app, words)
    assert "Every ticket: Urgent and High: a first answer within 5 minutes" in said
    assert "Normal: solved within 40 hours." in said
    assert "Low: nothing is promised." in said
    assert "Never warns." in said
    with app.test_request_context():
        assert not policy_words.plain(words, CALLED).is_short


def test_what_is_never_used_is_said(app: Flask) -> None:
    words = Words(3, dict.fromkeys(PRIORITIES, SOON), {"priority": ["high", "urgent"]})
    said = text(app, words)
    assert said.startswith("Tickets of priority urgent or high: ")
    assert "What it says for normal and low is never used." in said
    assert "a day;" not in said


@pytest.mark.parametrize(
    ("pauses", "words"),
    [
        ([], "the solution never waits"),
        (["on_hold"], "the solution waits while we wait for somebody else"),
        (["on_hold", "pending"], "while we wait for the customer or we wait for somebody else"),
    ],
)
def test_when_the_solution_waits(app: Flask, pauses: list[str], words: str) -> None:
    assert words in text(app, Words(1, {"normal": SOON}, pause_categories=pauses))


def test_without_a_promised_solution_nothing_is_said_of_its_pauses(app: Flask) -> None:
    assert "the solution" not in text(app, Words(1, {"normal": {"first_response": 60}}))


targets = st.dictionaries(
    st.sampled_from(PRIORITIES), st.dictionaries(st.sampled_from(METRICS), st.integers(1, 366 * 24 * HOUR))
)
conditions: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "queue_id": st.sets(st.integers(1, 3)).map(sorted),
        "brand_id": st.sets(st.integers(6, 8)).map(sorted),
        "channel": st.sets(st.sampled_from(["email", "form", "chat", "pigeon"])).map(sorted),
        "priority": st.sets(st.sampled_from(PRIORITIES)).map(sorted),
    },
)
some_words = st.builds(
    Words,
    st.integers(0, 3),
    targets,
    conditions,
    st.sets(st.sampled_from(["open", "pending", "on_hold"])).map(sorted),
    st.integers(0, 99),
    targets,
    st.just(()),
    st.booleans(),
)


@given(some_words)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_target_every_condition_and_the_hours_are_said(app: Flask, words: Words) -> None:
    said = text(app, words)
    day_s = CALLED.counting(words.calendar_id).day_s
    for promised in (*words.targets.values(), *words.chat_targets.values()):
        for target in promised.values():
            assert f"within {spans.spoken(target, day_s)}" in said
    with app.test_request_context():
        for name, allowed in words.conditions.items():
            assert all(CALLED.value(name, one) in said for one in allowed)
    assert CALLED.counting(words.calendar_id).name in said
    assert "  " not in said and ". ." not in said


@given(some_words, some_words)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_differences_are_told_exactly_where_there_are_any(app: Flask, before: Words, after: Words) -> None:
    def normal(words: Words) -> list[Any]:
        kept = [{name: value for name, value in part.items() if value} for part in (words.targets, words.chat_targets)]
        asked = {name: sorted(allowed, key=str) for name, allowed in words.conditions.items() if allowed}
        return [*kept, asked, sorted(words.pause_categories), words.warn_percent, words.tells_ahead]

    with app.test_request_context():
        told = policy_differences.between(before, after, CALLED)
        assert policy_differences.between(after, after, CALLED) == []
    same_hours = before.calendar_id == after.calendar_id
    assert bool(told) == (normal(before) != normal(after) or not same_hours)
    assert all(one.was != one.becomes or "gone" in one.was for one in told)


def test_how_long_a_working_day_is() -> None:
    def length(*days: tuple[tuple[int, int], ...]) -> int | None:
        return policy_names.day_length(Hours("UTC", Week((*days, *((),) * (7 - len(days))))))

    assert length(((540, 720), (780, 1080)), ((600, 1080),)) == 8 * HOUR
    assert length(((540, 1020),), ((540, 720),)) is None
    assert length() is None


@pytest.mark.parametrize(
    ("one", "other", "is_covered"),
    [
        ({}, {}, True),
        ({}, {"queue_id": [1]}, True),
        ({"queue_id": [1]}, {}, False),
        ({"queue_id": [1, 2]}, {"queue_id": [1]}, True),
        ({"queue_id": [1]}, {"queue_id": [1, 2]}, False),
        ({"queue_id": [1], "channel": ["chat"]}, {"queue_id": [1]}, False),
        ({"queue_id": []}, {"channel": ["chat"]}, True),
    ],
)
def test_which_policy_leaves_another_no_ticket(one: Any, other: Any, is_covered: bool) -> None:
    assert policy_order.covers(one, other) is is_covered
    assert policy_order.stands_before([one, other]) == [None, 0 if is_covered else None]


policy: Callable[..., Policy] = lambda number, **asked: Policy(  # noqa: E731
    number, f"P{number}", 1, {name: frozenset(values) for name, values in asked.items()}, {}, frozenset(), 1, 0
)


def test_policies_are_tried_up_to_the_first_that_fits() -> None:
    facts: dict[str, Any] = {"queue_id": 1, "channel": "email", "priority": "high", "brand_id": 7}
    tried = policy_order.tried(
        [policy(1, queue_id=[2], channel=["chat"]), policy(2, priority=["high"]), policy(3)], facts
    )
    assert [(one.policy.version_id, one.against) for one in tried] == [(1, ["queue_id", "channel"]), (2, [])]
    assert [one.fits for one in policy_order.tried([policy(1, queue_id=[2])], facts)] == [False]
