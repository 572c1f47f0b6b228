"""When everything happened, for whatever hour a newcomer first looks."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from ticketdesk.calendars.hours import business_seconds, is_open
from ticketdesk.demo import company, reading
from ticketdesk.demo.planning import WEEKS, Step, open_before, plan

NOWS = [
    datetime(2026, 3, 4, 10, 0, tzinfo=UTC),  # in working hours
    datetime(2026, 3, 8, 3, 10, tzinfo=UTC),  # a Sunday night
    datetime(2026, 6, 30, 22, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # the night in which the clocks go back
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
]


def planned(now: datetime, seed: int = 1) -> list[Step]:
    return plan(reading.conversations(), company.hours(), company.TIMEZONE, now, seed)


@pytest.mark.parametrize("now", NOWS)
def test_it_all_happened_in_order_and_before_now(now: datetime) -> None:
    steps = planned(now)
    moments = [step.at for step in steps]
    assert moments == sorted(moments)
    assert now - WEEKS < moments[0] and moments[-1] < now
    by_key: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        by_key[step.conversation.key].append(step)
    assert len(by_key) == len(reading.conversations())
    for of_one in by_key.values():
        conversation = of_one[0].conversation
        turns = [step.turn for step in of_one]
        assert turns[0] is None and turns[1:] == list(conversation.turns)[: len(turns) - 1]
        cut = conversation.turns[len(turns) - 1 :]
        assert all(turn.does in ("rates", "concludes") for turn in cut), conversation.subject


@pytest.mark.parametrize("now", NOWS)
def test_something_happens_at_every_hour(now: datetime) -> None:
    last = {step.conversation.key: step.at for step in planned(now)}
    assert sum(at > now - timedelta(hours=1) for at in last.values()) >= 8
    assert sum(at > now - timedelta(minutes=3) for at in last.values()) >= 2


@pytest.mark.parametrize("now", NOWS)
def test_agents_keep_the_hours_of_business(now: datetime) -> None:
    hours = company.hours()
    outside = [
        step
        for step in planned(now)
        if step.turn is not None
        and step.turn.who != "customer"
        and step.conversation.channel != "chat"
        and step.conversation.priority != "urgent"
        and not is_open(hours, step.at)
    ]
    assert outside == []


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    assert planned(NOWS[0]) == planned(NOWS[0])
    assert [step.at for step in planned(NOWS[0])] != [step.at for step in planned(NOWS[0], seed=2)]


def test_another_conversation_moves_none_that_is_there() -> None:
    found = reading.conversations()
    without = plan(found[1:], company.hours(), company.TIMEZONE, NOWS[0], 1)
    assert without == [step for step in planned(NOWS[0]) if step.conversation != found[0]]


def test_work_spreads_over_the_weeks() -> None:
    weeks = Counter((NOWS[0] - step.at).days // 7 for step in planned(NOWS[0]) if step.turn is None)
    assert all(weeks[week] >= 10 for week in range(4))


@pytest.mark.parametrize("now", NOWS)
def test_open_time_is_counted_back(now: datetime) -> None:
    hours = company.hours()
    for length in (timedelta(seconds=1), timedelta(hours=3), timedelta(days=4)):
        at = open_before(hours, now.replace(microsecond=0), length)
        assert business_seconds(hours, at, now) == length.total_seconds()
