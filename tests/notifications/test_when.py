"""When mail about notices may leave: the rhythm, and the quiet hours of an agent's own zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ticketdesk.notifications.when import Quiet, awake, ever_ends, leaves_at

LONDON, KOLKATA = ZoneInfo("Europe/London"), ZoneInfo("Asia/Kolkata")
NIGHTS: Quiet = [[20 * 60, 8 * 60]] * 5 + [[0, 0]] * 2
"""Every night, and the weekend from midnight to midnight; Sunday is over as Monday begins."""
NONE: Quiet = ()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        ("2026-03-04T10:00", "2026-03-04T10:00"),  # a Wednesday morning
        ("2026-03-04T19:59", "2026-03-04T19:59"),
        ("2026-03-04T20:00", "2026-03-05T08:00"),
        ("2026-03-05T07:59", "2026-03-05T08:00"),  # the evening before is still quiet
        ("2026-03-05T08:00", "2026-03-05T08:00"),
        ("2026-03-06T21:00", "2026-03-09T00:00"),  # Friday's night goes over into the weekend
        ("2026-03-08T12:00", "2026-03-09T00:00"),
    ],
)
def test_quiet_hours_by_weekday(moment: str, leaves: str) -> None:
    assert awake(at(moment), NIGHTS, LONDON) == at(leaves)


def test_they_are_those_of_the_agents_zone() -> None:
    assert awake(at("2026-03-04T15:00"), NIGHTS, KOLKATA) == at("2026-03-05T02:30")
    assert awake(at("2026-03-04T15:00"), NIGHTS, LONDON) == at("2026-03-04T15:00")


def test_the_night_in_which_the_clocks_change() -> None:
    assert awake(at("2026-03-28T23:30"), [[22 * 60, 8 * 60]] * 7, LONDON) == at("2026-03-29T07:00")


def test_hours_that_never_end_keep_nothing_back() -> None:
    whole: Quiet = [[0, 0]] * 7
    assert not ever_ends(whole)
    assert ever_ends([[0, 1439], *[[0, 0]] * 6])
    assert ever_ends(NIGHTS) and ever_ends(NONE)
    assert awake(at("2026-03-04T15:00"), whole, LONDON) == at("2026-03-04T15:00")


@pytest.mark.parametrize(
    ("rhythm", "moment", "leaves"),
    [
        ("at_once", "2026-03-04T10:17", "2026-03-04T10:17"),
        ("hourly", "2026-03-04T10:17", "2026-03-04T11:00"),
        ("hourly", "2026-03-04T10:00", "2026-03-04T11:00"),
        ("morning", "2026-03-04T07:59", "2026-03-04T08:00"),
        ("morning", "2026-03-04T08:00", "2026-03-05T08:00"),
        ("morning", "2026-03-28T12:00", "2026-03-29T07:00"),  # summer time begins
    ],
)
def test_the_rhythm(rhythm: str, moment: str, leaves: str) -> None:
    assert leaves_at(at(moment), rhythm, 480, NONE, LONDON) == at(leaves)


def test_full_hours_are_those_of_the_zone() -> None:
    assert leaves_at(at("2026-03-04T10:17"), "hourly", 480, NONE, KOLKATA) == at("2026-03-04T10:30")


def test_a_rhythm_keeps_the_quiet_hours() -> None:
    assert leaves_at(at("2026-03-04T19:30"), "hourly", 480, NIGHTS, LONDON) == at("2026-03-05T08:00")
