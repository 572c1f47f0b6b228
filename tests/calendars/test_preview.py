"""What is open on the days to come, and the reason for each day that differs."""

import time
from datetime import UTC, date, datetime

from ticketdesk.calendars import preview, wallclock
from ticketdesk.calendars.preview import Day, names_of
from ticketdesk.calendars.rules import History, Version, from_stored

OFFICE = [[[540, 1020]]] * 5 + [[], []]
NIGHTS = [[[1320, 1800]]] * 7


def days(
    zone: str, week: list[list[list[int]]], first: date, count: int, **dates: list[dict[str, object]]
) -> list[Day]:
    exceptions, holidays = dates.get("exceptions", []), dates.get("holidays", [])
    version = Version(1, datetime(2026, 1, 1, tzinfo=UTC), from_stored(zone, week, exceptions, holidays))
    return preview.days(History((version,)), [names_of(exceptions, holidays)], first, count)


def clock(day: Day) -> list[tuple[str, str]]:
    return [
        (f"{wallclock.shown(day.zone, opens):%d %H:%M}", f"{wallclock.shown(day.zone, closes):%d %H:%M}")
        for opens, closes in day.spans
    ]


def test_each_day_has_its_reason() -> None:
    found = days(
        "Europe/London",
        OFFICE,
        date(2026, 12, 23),
        7,
        exceptions=[{"date": "2026-12-24", "name": "Christmas Eve", "open": [[540, 720]]}],
        holidays=[
            {"date": "2026-12-24", "name": "not said", "off": False},
            {"date": "2026-12-25", "name": "Christmas Day", "off": False},
            {"date": "2026-12-28", "name": "Boxing Day", "off": True},
        ],
    )
    assert [(day.why, day.name, day.seconds // 3600) for day in found] == [
        ("week", "", 8),
        ("exception", "Christmas Eve", 3),
        ("holiday", "Christmas Day", 0),
        ("week", "", 0),
        ("week", "", 0),
        ("worked", "Boxing Day", 8),
        ("week", "", 8),
    ]
    assert not any(day.is_carried for day in found)


def test_a_night_is_shown_on_both_of_its_days() -> None:
    eve, holiday, after = days(
        "UTC", NIGHTS, date(2026, 12, 24), 3, holidays=[{"date": "2026-12-25", "name": "Christmas Day"}]
    )
    assert clock(eve) == [("24 00:00", "24 06:00"), ("24 22:00", "25 00:00")]
    assert clock(holiday) == [("25 00:00", "25 06:00")]
    assert (holiday.why, holiday.is_carried, eve.is_carried) == ("holiday", True, False)
    assert clock(after) == [("26 22:00", "27 00:00")]


def test_changed_clocks_are_said() -> None:
    saturday, sunday = days("Europe/Berlin", NIGHTS, date(2026, 3, 28), 2)
    assert (saturday.shift, sunday.shift, sunday.seconds) == (0, 60, 7 * 3600)  # 0 to 2, 3 to 6, 22 to 24
    (sunday,) = days("Australia/Lord_Howe", NIGHTS, date(2026, 4, 5), 1)
    assert (sunday.shift, sunday.seconds) == (-30, 8 * 3600 + 1800)


def test_a_date_that_was_left_out() -> None:
    thursday, friday, saturday = days("Pacific/Apia", [[[0, 1440]]] * 7, date(2011, 12, 29), 3)
    assert [(day.why, day.seconds) for day in (thursday, friday, saturday)] == [
        ("week", 86_400),
        ("missing", 0),
        ("week", 86_400),
    ]


def test_a_version_that_begins_is_remarked_on_its_day_once_it_lies_ahead() -> None:
    first = Version(1, datetime(2026, 1, 1, tzinfo=UTC), from_stored("UTC", OFFICE, [], []))
    later = Version(2, datetime(2026, 6, 10, 13, tzinfo=UTC), from_stored("UTC", [[]] * 6 + [[[540, 600]]], [], []))
    history, names = History((first, later)), [names_of([], [])] * 2
    found = preview.days(history, names, date(2026, 6, 9), 6)
    assert [(day.begins, day.seconds // 3600) for day in found] == [
        (False, 8),
        (True, 4),
        (False, 0),
        (False, 0),
        (False, 0),
        (False, 1),
    ]
    after = int(datetime(2026, 6, 10, 14, tzinfo=UTC).timestamp())
    assert not any(day.begins for day in preview.days(history, names, date(2026, 6, 9), 6, after))


def test_a_day_is_cut_to_what_was_asked() -> None:
    (sunday,) = days("Europe/Berlin", [[[60, 240]]] * 7, date(2026, 10, 25), 1)  # 1 to 4, of which 2 to 3 twice
    assert sunday.seconds == 4 * 3600
    start, end = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)
    cut = preview.cut(sunday, start, end)
    assert (cut.spans, cut.seconds) == (((start, end),), 5400)  # from the first half past two to three


def test_local_times_that_come_twice_or_not_at_all() -> None:
    assert wallclock.moment("Europe/Berlin", datetime(2026, 7, 1, 9, 0)) == (
        datetime(2026, 7, 1, 7, tzinfo=UTC),
        "once",
    )
    twice = wallclock.moment("Europe/Berlin", datetime(2026, 10, 25, 2, 30))
    assert twice == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "twice")
    skipped = wallclock.moment("Europe/Berlin", datetime(2026, 3, 29, 2, 30))
    assert skipped == (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "skipped")
    assert wallclock.shown("Europe/Berlin", skipped[0]) == datetime(2026, 3, 29, 3, 30)


def test_two_weeks_take_milliseconds() -> None:
    holidays: list[dict[str, object]] = [
        {"date": date.fromordinal(740_000 + number).isoformat(), "name": "Day"} for number in range(600)
    ]
    days("Europe/London", NIGHTS, date(2026, 12, 1), 14, holidays=holidays)
    begun = time.process_time()
    for _ in range(20):
        days("Europe/London", NIGHTS, date(2026, 12, 1), 14, holidays=holidays)
    assert (time.process_time() - begun) / 20 < 0.02
