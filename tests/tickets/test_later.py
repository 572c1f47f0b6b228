"""When "later" is: by the clock on the wall, in working hours where these are known."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ticketdesk.calendars import hours
from ticketdesk.calendars.rules import History, Hours, Week
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import later

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")


def said(now: datetime, zone: ZoneInfo = UTC_ZONE, *calendars: History) -> dict[str, str]:
    return {one.name: one.at.astimezone(zone).strftime("%a %d %H:%M") for one in later.offered(now, zone, calendars)}


def shop(zone: str = "UTC") -> History:
    """Open from Monday to Thursday, from eight to four."""
    day = ((8 * 60, 16 * 60),)
    return hours.always(Hours(zone, Week((day, day, day, day, (), (), ()))))


def test_without_hours_days_begin_at_nine() -> None:
    assert said(datetime(2026, 3, 4, 10, 7, tzinfo=UTC)) == {
        "today": "Wed 04 13:15",
        "tomorrow": "Thu 05 09:00",
        "next_week": "Mon 09 09:00",
    }


def test_in_the_evening_today_is_over() -> None:
    assert "today" not in said(datetime(2026, 3, 4, 15, 1, tzinfo=UTC))
    assert said(datetime(2026, 3, 4, 15, 0, tzinfo=UTC))["today"] == "Wed 04 18:00"


def test_a_moment_is_offered_once() -> None:
    assert said(datetime(2026, 3, 8, 10, 0, tzinfo=UTC)) == {"today": "Sun 08 13:00", "tomorrow": "Mon 09 09:00"}


def test_with_hours_only_open_days_are_offered() -> None:
    thursday = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
    assert said(thursday, UTC_ZONE, shop()) == {"today": "Thu 05 13:00", "next_working_day": "Mon 09 08:00"}
    tuesday = datetime(2026, 3, 3, 13, 30, tzinfo=UTC)
    assert said(tuesday, UTC_ZONE, shop()) == {"tomorrow": "Wed 04 08:00", "next_week": "Mon 09 08:00"}


def test_it_is_the_readers_clock_over_the_change_to_summer() -> None:
    friday = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)
    assert said(friday, BERLIN)["next_week"] == "Mon 30 09:00"
    (monday,) = (one.at for one in later.offered(friday, BERLIN) if one.name == "next_week")
    assert monday == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_as_much_later() -> None:
    assert later.on_the_clock(datetime(2026, 3, 29, 2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("away", [timedelta(0), timedelta(seconds=-1), timedelta(days=367)])
def test_what_is_over_or_too_far_away_is_refused(now: datetime, away: timedelta) -> None:
    with pytest.raises(Invalid):
        later.chosen(now + away, now)
    assert later.chosen(now + timedelta(seconds=1), now) == now + timedelta(seconds=1)
