"""TM-02: sixty cases reckoned by hand on a wall clock: changed clocks, leap days, ends of years, nights, holidays."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ticketdesk.calendars.hours import add_business, business_seconds
from ticketdesk.calendars.rules import History, Version, from_stored

Week = list[list[list[int]]]


def every_day(*openings: list[int]) -> Week:
    return [list(openings)] * 7


def weekdays(*openings: list[int]) -> Week:
    return [list(openings)] * 5 + [[], []]


OFFICE = weekdays([540, 1020])  # 9 to 17
LUNCH = weekdays([540, 750], [810, 1020])  # 9 to 12:30 and 13:30 to 17
NIGHTS = every_day([1320, 1800])  # 22 to 6
LATE = every_day([1080, 1560])  # 18 to 2
SMALL = every_day([60, 180])  # 1 to 3
EARLY = every_day([0, 360])  # midnight to 6
ALWAYS = every_day([0, 1440])
FRIDAYS: Week = [[], [], [], [], [[540, 1020]], [], []]


@dataclass(frozen=True)
class Rules:
    """One version; exceptions and holidays by date, a holiday with "worked" being switched off."""

    zone: str
    week: Week
    exceptions: tuple[tuple[str, list[list[int]]], ...] = ()
    holidays: tuple[str, ...] = ()
    worked: tuple[str, ...] = ()
    since: str = "2026-01-01T00:00+00:00"


def v(zone: str, week: Week, **more: Any) -> Rules:
    return Rules(zone, week, **more)


EASTER = ("2026-04-03", "2026-04-06")  # Good Friday and Easter Monday
LONDON, BERLIN, NEW_YORK, SYDNEY = "Europe/London", "Europe/Berlin", "America/New_York", "Australia/Sydney"
HOWE = "Australia/Lord_Howe"
LATER = "2026-06-10T13:00+00:00"  # a Wednesday

# What it is about; the versions; from and to, as a wall clock shows them with its offset; open hours and minutes.
CASES: list[tuple[str, list[Rules], str, str, str]] = [
    # Lunch: 11 to 12:30 is 1:30, 13:30 to 14 is 0:30.
    ("around lunch", [v(LONDON, LUNCH)], "2026-03-10T11:00+00:00", "2026-03-10T14:00+00:00", "2:00"),
    ("in the break", [v(LONDON, LUNCH)], "2026-03-10T12:30+00:00", "2026-03-10T13:30+00:00", "0:00"),
    # Friday 16 to 17, Monday 9 to 10.
    ("lunch, over a weekend", [v(LONDON, LUNCH)], "2026-03-13T16:00+00:00", "2026-03-16T10:00+00:00", "2:00"),
    # Five days of seven hours.
    ("lunch, a week", [v(LONDON, LUNCH)], "2026-03-09T00:00+00:00", "2026-03-16T00:00+00:00", "35:00"),
    # Friday 16:30 to 17 in winter time, Monday 9 to 9:15 in summer time.
    ("lunch, a weekend with 47 hours", [v(LONDON, LUNCH)], "2026-03-27T16:30+00:00", "2026-03-30T09:15+01:00", "0:45"),
    # Friday 16 to 17, Monday 9 to 11.
    ("a weekend with 49 hours", [v(LONDON, OFFICE)], "2026-10-23T16:00+01:00", "2026-10-26T11:00+00:00", "3:00"),
    # 18 to 24 is 6, 0 to 1 is 1, 1 to 2 never comes.
    ("London, gap at its end", [v(LONDON, LATE)], "2026-03-28T12:00+00:00", "2026-03-29T12:00+01:00", "7:00"),
    # 18 to 24 is 6, 0 to 1 is 1, 1 to 2 comes twice.
    ("London, fold at its end", [v(LONDON, LATE)], "2026-10-24T12:00+01:00", "2026-10-25T12:00+00:00", "9:00"),
    # 22 to 6 are eight hours on the wall; one is left out, or one comes twice.
    ("Berlin, night over the gap", [v(BERLIN, NIGHTS)], "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00", "7:00"),
    ("Berlin, night over the fold", [v(BERLIN, NIGHTS)], "2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00", "9:00"),
    ("New York, the gap", [v(NEW_YORK, NIGHTS)], "2026-03-07T12:00-05:00", "2026-03-08T12:00-04:00", "7:00"),
    ("New York, the fold", [v(NEW_YORK, NIGHTS)], "2026-10-31T12:00-04:00", "2026-11-01T12:00-05:00", "9:00"),
    ("Sydney, the gap", [v(SYDNEY, NIGHTS)], "2026-10-03T12:00+10:00", "2026-10-04T12:00+11:00", "7:00"),
    ("Sydney, the fold", [v(SYDNEY, NIGHTS)], "2026-04-04T12:00+11:00", "2026-04-05T12:00+10:00", "9:00"),
    # Lord Howe moves by half an hour: 2:00 becomes 2:30, and 2:00 becomes 1:30.
    ("Lord Howe, night, gap", [v(HOWE, NIGHTS)], "2026-10-03T12:00+10:30", "2026-10-04T12:00+11:00", "7:30"),
    ("Lord Howe, night, fold", [v(HOWE, NIGHTS)], "2026-04-04T12:00+11:00", "2026-04-05T12:00+10:30", "8:30"),
    # 1 to 2, then 2:30 to 3.
    ("Lord Howe, around the gap", [v(HOWE, SMALL)], "2026-10-04T00:00+10:30", "2026-10-04T12:00+11:00", "1:30"),
    # 1 to 2, again 1:30 to 2, then 2 to 3.
    ("Lord Howe, around the fold", [v(HOWE, SMALL)], "2026-04-05T00:00+11:00", "2026-04-05T12:00+10:30", "2:30"),
    ("Lord Howe, the Monday after", [v(HOWE, OFFICE)], "2026-10-05T08:00+11:00", "2026-10-05T18:00+11:00", "8:00"),
    # Midnight is skipped there: 0 to 1 does not come, 1 to 6 does.
    (
        "Santiago, no midnight",
        [v("America/Santiago", EARLY)],
        "2026-09-05T12:00-04:00",
        "2026-09-06T12:00-03:00",
        "5:00",
    ),
    # At midnight it is 23:00 again: 18 to 24 is six and one more, then 0 to 2.
    ("Santiago, 23 twice", [v("America/Santiago", LATE)], "2026-04-04T12:00-03:00", "2026-04-05T12:00-04:00", "9:00"),
    # Friday, 30 December 2011, was left out: Thursday eight hours, then Monday eight.
    ("Apia, office", [v("Pacific/Apia", OFFICE)], "2011-12-29T08:00-10:00", "2012-01-02T18:00+14:00", "16:00"),
    # Thursday alone lies between the two midnights.
    ("Apia, day and night", [v("Pacific/Apia", ALWAYS)], "2011-12-29T00:00-10:00", "2011-12-31T00:00+14:00", "24:00"),
    # 22 to 24 on Thursday, and the next thing on the wall is Saturday, 0 to 6.
    ("Apia, the night", [v("Pacific/Apia", NIGHTS)], "2011-12-29T12:00-10:00", "2011-12-31T12:00+14:00", "8:00"),
    # Saturday, 21 August 1993, was left out.
    (
        "Kwajalein, day and night",
        [v("Pacific/Kwajalein", ALWAYS)],
        "1993-08-20T00:00-12:00",
        "1993-08-22T00:00+12:00",
        "24:00",
    ),
    # Leap years: Monday 1, Tuesday the 29th 8, Wednesday 1.
    ("over a leap day", [v("UTC", OFFICE)], "2028-02-28T16:00+00:00", "2028-03-01T10:00+00:00", "10:00"),
    ("no leap day in 2027", [v("UTC", OFFICE)], "2027-02-26T16:00+00:00", "2027-03-01T10:00+00:00", "2:00"),
    ("the leap day itself", [v("UTC", OFFICE)], "2024-02-29T00:00+00:00", "2024-03-01T00:00+00:00", "8:00"),
    ("no leap day in 2100", [v("UTC", OFFICE)], "2100-02-26T16:00+00:00", "2100-03-01T10:00+00:00", "2:00"),
    (
        "closed on a leap day",
        [v("UTC", OFFICE, exceptions=(("2028-02-29", []),))],
        "2028-02-28T16:00+00:00",
        "2028-03-01T10:00+00:00",
        "2:00",
    ),
    # Thursday 1, Friday 8, Monday 1.
    ("the end of a year", [v("UTC", OFFICE)], "2026-12-31T16:00+00:00", "2027-01-04T10:00+00:00", "10:00"),
    (
        "the end of a year, New Year's Day off",
        [v("UTC", OFFICE, holidays=("2027-01-01",))],
        "2026-12-31T16:00+00:00",
        "2027-01-04T10:00+00:00",
        "2:00",
    ),
    ("the last night of a year", [v("UTC", NIGHTS)], "2026-12-31T20:00+00:00", "2027-01-01T08:00+00:00", "8:00"),
    # The night that began on the 31st runs into the holiday; that of the 1st does not begin.
    (
        "a night into a holiday",
        [v("UTC", NIGHTS, holidays=("2027-01-01",))],
        "2026-12-31T20:00+00:00",
        "2027-01-02T12:00+00:00",
        "8:00",
    ),
    # An hour is lost in spring and won in autumn: 365 times 24.
    ("a whole year", [v(LONDON, ALWAYS)], "2026-01-01T00:00+00:00", "2027-01-01T00:00+00:00", "8760:00"),
    ("a whole leap year", [v("UTC", ALWAYS)], "2028-01-01T00:00+00:00", "2029-01-01T00:00+00:00", "8784:00"),
    (
        "Tokyo, the turn of a year",
        [v("Asia/Tokyo", OFFICE)],
        "2026-12-31T16:30+09:00",
        "2027-01-01T09:30+09:00",
        "1:00",
    ),
    # Thursday 16 to 17, Tuesday 9 to 10.
    ("Easter", [v(LONDON, OFFICE, holidays=EASTER)], "2026-04-02T16:00+01:00", "2026-04-07T10:00+01:00", "2:00"),
    (
        "Easter, Monday worked all the same",
        [v(LONDON, OFFICE, holidays=EASTER[:1], worked=EASTER[1:])],
        "2026-04-02T16:00+01:00",
        "2026-04-07T10:00+01:00",
        "10:00",
    ),
    (
        "two hours on Good Friday outrank the holiday",
        [v(LONDON, OFFICE, holidays=EASTER, exceptions=(("2026-04-03", [[600, 720]]),))],
        "2026-04-02T16:00+01:00",
        "2026-04-04T00:00+01:00",
        "3:00",
    ),
    (
        "closed on an ordinary Wednesday",
        [v("UTC", OFFICE, exceptions=(("2026-05-13", []),))],
        "2026-05-12T16:00+00:00",
        "2026-05-14T10:00+00:00",
        "2:00",
    ),
    (
        "open on one Sunday",
        [v("UTC", OFFICE, exceptions=(("2026-05-17", [[600, 840]]),))],
        "2026-05-16T00:00+00:00",
        "2026-05-18T00:00+00:00",
        "4:00",
    ),
    (
        "an exception outranks a holiday that is worked",
        [v("UTC", OFFICE, worked=("2026-12-28",), exceptions=(("2026-12-28", [[540, 600]]),))],
        "2026-12-28T00:00+00:00",
        "2026-12-29T00:00+00:00",
        "1:00",
    ),
    (
        "a holiday on a Saturday",
        [v("UTC", OFFICE, holidays=("2026-12-26",))],
        "2026-12-25T00:00+00:00",
        "2026-12-28T00:00+00:00",
        "8:00",
    ),
    # Friday 16:30 to 17, Tuesday 9 to 9:30.
    (
        "a bank holiday and lunch breaks",
        [v(LONDON, LUNCH, holidays=("2026-05-25",))],
        "2026-05-22T16:30+01:00",
        "2026-05-26T09:30+01:00",
        "1:00",
    ),
    (
        "one night on a Saturday",
        [v("UTC", OFFICE, exceptions=(("2026-06-06", [[1200, 1680]]),))],
        "2026-06-06T00:00+00:00",
        "2026-06-08T00:00+00:00",
        "8:00",
    ),
    (
        "a holiday takes its own night only",
        [v("UTC", NIGHTS, holidays=("2026-06-09",))],
        "2026-06-08T12:00+00:00",
        "2026-06-10T12:00+00:00",
        "8:00",
    ),
    (
        "a closed date takes its own night only",
        [v("UTC", NIGHTS, exceptions=(("2026-06-08", []),))],
        "2026-06-07T12:00+00:00",
        "2026-06-09T12:00+00:00",
        "8:00",
    ),
    # Zones with halves and quarters of an hour.
    ("Kolkata", [v("Asia/Kolkata", OFFICE)], "2026-07-01T08:30+05:30", "2026-07-01T09:30+05:30", "0:30"),
    ("Kathmandu", [v("Asia/Kathmandu", OFFICE)], "2026-07-01T16:45+05:45", "2026-07-02T09:15+05:45", "0:30"),
    ("Adelaide, gap", [v("Australia/Adelaide", NIGHTS)], "2026-10-03T12:00+09:30", "2026-10-04T12:00+10:30", "7:00"),
    # 1 to 2 twice, then 2 to 3.
    ("St John's, fold", [v("America/St_Johns", SMALL)], "2026-11-01T00:00-02:30", "2026-11-01T12:00-03:30", "3:00"),
    # Clocks jump at 2:45: 1 to 2:45, and the quarter of an hour that is left of it does not come.
    ("Chatham, gap", [v("Pacific/Chatham", SMALL)], "2026-09-27T00:00+12:45", "2026-09-27T12:00+13:45", "1:45"),
    ("Marquesas", [v("Pacific/Marquesas", OFFICE)], "2026-07-01T09:00-09:30", "2026-07-01T18:00-09:30", "8:00"),
    # Two versions: Tuesday 1, Wednesday 9 to 13 under the first, 13 to 24 under the second.
    (
        "from office hours to day and night",
        [v("UTC", OFFICE), v("UTC", ALWAYS, since=LATER)],
        "2026-06-09T16:00+00:00",
        "2026-06-11T00:00+00:00",
        "16:00",
    ),
    # Wednesday 12 to 13, then nothing before Friday.
    (
        "from office hours to Fridays",
        [v("UTC", OFFICE), v("UTC", FRIDAYS, since=LATER)],
        "2026-06-10T12:00+00:00",
        "2026-06-13T00:00+00:00",
        "9:00",
    ),
    # London 9 to 13 there (8 to 12 UTC) before the change at 12 UTC; then New York 9 to 17 (13 to 21 UTC).
    (
        "the office moves",
        [v(LONDON, OFFICE), v(NEW_YORK, OFFICE, since="2026-06-10T12:00+00:00")],
        "2026-06-10T09:00+01:00",
        "2026-06-10T22:00+00:00",
        "12:00",
    ),
    (
        "a holiday given at one o'clock",
        [v("UTC", OFFICE), v("UTC", OFFICE, holidays=("2026-06-10",), since=LATER)],
        "2026-06-10T09:00+00:00",
        "2026-06-10T17:00+00:00",
        "4:00",
    ),
    (
        "the first version holds before its start",
        [v("UTC", OFFICE, since="2026-06-01T00:00+00:00"), v("UTC", ALWAYS, since=LATER)],
        "2026-05-20T00:00+00:00",
        "2026-05-21T00:00+00:00",
        "8:00",
    ),
    # The night's 22 to 24 under the first; what runs into the new version does not count, its own 9 to 12 does.
    (
        "a night cut by a new version",
        [v("UTC", NIGHTS), v("UTC", OFFICE, since="2026-06-11T00:00+00:00")],
        "2026-06-10T12:00+00:00",
        "2026-06-11T12:00+00:00",
        "5:00",
    ),
]


def history(versions: list[Rules]) -> History:
    return History(
        tuple(
            Version(
                number,
                datetime.fromisoformat(one.since),
                from_stored(
                    one.zone,
                    one.week,
                    [{"date": on, "name": "", "open": openings} for on, openings in one.exceptions],
                    [{"date": on, "name": "", "off": on in one.worked} for on in (*one.holidays, *one.worked)],
                ),
            )
            for number, one in enumerate(versions, 1)
        )
    )


def seconds(text: str) -> int:
    whole, minutes = text.split(":")
    return int(whole) * 3600 + int(minutes) * 60


def test_there_are_sixty() -> None:
    assert len(CASES) == len({name for name, *_ in CASES}) == 60


@pytest.mark.parametrize(("name", "versions", "start", "end", "open_time"), CASES, ids=[case[0] for case in CASES])
def test_by_hand(name: str, versions: list[Rules], start: str, end: str, open_time: str) -> None:
    cal, first, last = history(versions), datetime.fromisoformat(start), datetime.fromisoformat(end)
    found = business_seconds(cal, first, last)
    assert f"{found // 3600}:{found % 3600 // 60:02d}" == open_time
    assert found == seconds(open_time)
    if found:
        reached = add_business(cal, first, found)
        assert first < reached <= last.astimezone(UTC)
        assert business_seconds(cal, first, reached) == found
        assert business_seconds(cal, first, reached - timedelta(seconds=1)) == found - 1
