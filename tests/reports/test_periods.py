"""Whole days on the reader's clock, those of 23 and 25 hours included."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ticketdesk.reports.periods import LONGEST, between, latest


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_days_are_as_long_as_the_clock_says(day: date, hours: int) -> None:
    period = between(day, day, "Europe/Berlin")
    assert period.end - period.start == timedelta(hours=hours)


def test_today_is_the_reader_s() -> None:
    now = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
    assert latest(7, "Asia/Tokyo", now).last == date(2026, 3, 5)
    assert latest(7, "America/New_York", now).last == date(2026, 3, 4)
    assert len(list(latest(7, "UTC", now).days())) == 7


def test_days_the_wrong_way_round_are_turned_and_too_many_cut() -> None:
    assert between(date(2026, 2, 2), date(2026, 2, 1), "UTC").first == date(2026, 2, 1)
    assert len(list(between(date(2020, 1, 1), date(2026, 1, 1), "UTC").days())) == LONGEST


def test_one_period_ends_where_the_next_begins() -> None:
    assert between(date(2026, 3, 28), date(2026, 3, 28), "Europe/Berlin").end == (
        between(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin").start
    )
