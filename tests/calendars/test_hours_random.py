"""Business hours against the slow way of reckoning them."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.calendars import oracle, worlds
from ticketdesk.calendars import spans
from ticketdesk.calendars.rules import History

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
DAY = 86_400


def agree(history: History, offset: int, length: int, seconds: int) -> None:
    start = worlds.change_of(history.versions[0].hours.zone) + offset
    end = start + length
    assert spans.open_seconds(history, start, end) == oracle.history_seconds(history, start, end)
    far = start + 6 * DAY
    slow = oracle.history_reach(history, start, seconds, far)
    try:
        quick = spans.reach(history, start, seconds)
    except spans.NeverOpens:
        assert slow is None
    else:
        assert (quick if quick <= far else None) == slow


worlds_and_times = (
    worlds.histories(),
    st.integers(-3 * DAY, DAY),
    st.integers(0, 4 * DAY),
    st.integers(0, 3 * DAY),
)


@QUICK
@given(*worlds_and_times)
def test_business_seconds_and_their_inverse_agree_with_the_minutes(
    history: History, offset: int, length: int, seconds: int
) -> None:
    agree(history, offset, length, seconds)


@pytest.mark.slow
@pytest.mark.timeout(900)
@LONG
@given(*worlds_and_times)
def test_business_seconds_agree_in_two_thousand_worlds(
    history: History, offset: int, length: int, seconds: int
) -> None:
    agree(history, offset, length, seconds)


@QUICK
@given(worlds.histories(), st.integers(-3 * DAY, DAY), st.integers(0, 4 * DAY))
def test_open_spans_hold_exactly_the_open_seconds(history: History, offset: int, length: int) -> None:
    start = worlds.change_of(history.versions[0].hours.zone) + offset
    found = spans.open_spans(history, start, start + length)
    assert sum(closes - opens for opens, closes in found) == spans.open_seconds(history, start, start + length)
    assert all(opens < closes for opens, closes in found)
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(found))
