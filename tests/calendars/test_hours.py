"""Business hours reckoned by hand: changes of clocks, leap days, ends of years, holidays, nights and exceptions."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ticketdesk.calendars.hours import add_business, always, business_seconds, is_open, open_spans, opens_within_a_year
from ticketdesk.calendars.rules import History, Hours, Interval, Version, Week, from_stored
from ticketdesk.calendars.spans import NeverOpens
from ticketdesk.core.errors import Invalid

OFFICE = Week((((540, 1020),),) * 5 + ((), ()))  # Monday to Friday, 9 to 17
LUNCH = Week((((540, 720), (780, 1020)),) * 5 + ((), ()))  # 9 to 12 and 13 to 17
ALWAYS = Week((((0, 1440),),) * 7)
NIGHT = Week((((1320, 1800),),) * 5 + ((), ()))  # 22 to 6, begun on a weekday
SMALL_HOURS = Week((((60, 180),),) * 7)  # 1 to 3
NEVER = Week(((),) * 7)
CHRISTMAS = frozenset({date(2026, 12, 25)})
WEEKS = {"office": OFFICE, "lunch": LUNCH, "always": ALWAYS, "night": NIGHT, "small": SMALL_HOURS}

# zone, week, from, to, open hours between them
CASES = [
    # a plain week
    ("UTC", "office", "2026-03-04T10:00", "2026-03-04T11:00", 1),
    ("UTC", "office", "2026-03-04T08:00", "2026-03-04T09:00", 0),
    ("UTC", "office", "2026-03-04T16:30", "2026-03-05T09:30", 1),
    ("UTC", "office", "2026-03-06T16:00", "2026-03-09T10:00", 2),
    ("UTC", "office", "2026-03-07T00:00", "2026-03-09T00:00", 0),
    ("UTC", "office", "2026-03-02T00:00", "2026-03-09T00:00", 40),
    ("UTC", "office", "2026-03-04T11:00", "2026-03-04T10:00", 0),
    ("UTC", "lunch", "2026-03-04T11:30", "2026-03-04T13:30", 1),
    ("UTC", "lunch", "2026-03-04T12:00", "2026-03-04T13:00", 0),
    ("UTC", "lunch", "2026-03-02T00:00", "2026-03-09T00:00", 35),
    ("UTC", "always", "2026-03-04T10:00", "2026-03-11T10:00", 168),
    ("UTC", "night", "2026-03-02T21:00", "2026-03-03T07:00", 8),
    ("UTC", "night", "2026-03-06T22:00", "2026-03-07T12:00", 8),  # begun on Friday, over on Saturday
    ("UTC", "night", "2026-03-07T22:00", "2026-03-08T22:00", 0),
    ("UTC", "night", "2026-03-02T00:00", "2026-03-02T06:00", 0),  # Sunday's night was not worked
    ("UTC", "night", "2026-03-02T00:00", "2026-03-09T00:00", 40),
    # zones: the same wall clock is another moment
    ("Europe/London", "office", "2026-01-05T09:00", "2026-01-05T17:00", 8),
    ("Europe/London", "office", "2026-07-06T08:00", "2026-07-06T16:00", 8),
    ("Europe/London", "office", "2026-07-06T07:00", "2026-07-06T08:00", 0),
    ("America/New_York", "office", "2026-01-05T14:00", "2026-01-05T22:00", 8),
    ("America/New_York", "office", "2026-07-06T13:00", "2026-07-06T21:00", 8),
    ("Asia/Tokyo", "office", "2026-03-04T00:00", "2026-03-04T08:00", 8),
    ("Asia/Kolkata", "office", "2026-03-04T03:30", "2026-03-04T11:30", 8),
    ("Asia/Kathmandu", "office", "2026-03-04T03:15", "2026-03-04T11:15", 8),
    ("Pacific/Auckland", "office", "2026-01-04T20:00", "2026-01-05T04:00", 8),  # Monday there, Sunday in UTC
    ("Pacific/Kiritimati", "office", "2026-03-01T19:00", "2026-03-02T03:00", 8),
    ("Pacific/Pago_Pago", "office", "2026-03-02T20:00", "2026-03-03T04:00", 8),
    ("Pacific/Pago_Pago", "office", "2026-03-01T20:00", "2026-03-02T04:00", 0),  # still Sunday there
    # days of 23 hours
    ("Europe/London", "always", "2026-03-29T00:00", "2026-03-29T23:00", 23),
    ("Europe/London", "small", "2026-03-29T00:00", "2026-03-29T12:00", 1),  # 1 to 2 did not happen
    ("Europe/Berlin", "small", "2026-03-29T00:00", "2026-03-29T12:00", 1),  # 2 to 3 did not happen
    ("Europe/Berlin", "office", "2026-03-27T15:00", "2026-03-30T08:00", 2),
    ("America/New_York", "small", "2026-03-08T00:00", "2026-03-08T12:00", 1),
    ("America/New_York", "office", "2026-03-06T21:00", "2026-03-09T14:00", 2),
    ("America/New_York", "night", "2026-03-06T00:00", "2026-03-09T12:00", 16),  # Saturday and Sunday are free
    ("Australia/Sydney", "small", "2026-10-03T12:00", "2026-10-04T12:00", 1),
    ("Australia/Lord_Howe", "small", "2026-10-03T12:00", "2026-10-04T12:00", 1.5),  # half an hour is skipped
    ("Pacific/Auckland", "always", "2026-09-26T12:00", "2026-09-27T11:00", 23),
    ("America/Santiago", "always", "2026-09-06T04:00", "2026-09-07T03:00", 23),
    ("Africa/Cairo", "always", "2026-04-23T22:00", "2026-04-24T21:00", 23),
    # days of 25 hours
    ("Europe/London", "always", "2026-10-24T23:00", "2026-10-26T00:00", 25),
    ("Europe/London", "small", "2026-10-24T22:00", "2026-10-25T12:00", 3),  # 1 to 2 came twice
    ("Europe/Berlin", "small", "2026-10-24T22:00", "2026-10-25T12:00", 3),
    ("America/New_York", "small", "2026-11-01T00:00", "2026-11-01T12:00", 3),
    ("America/Havana", "always", "2026-11-01T04:00", "2026-11-02T05:00", 25),
    ("Australia/Sydney", "small", "2026-04-04T12:00", "2026-04-05T12:00", 3),
    ("Australia/Lord_Howe", "small", "2026-04-04T12:00", "2026-04-05T12:00", 2.5),
    ("Europe/Dublin", "office", "2026-10-23T15:00", "2026-10-26T10:00", 2),
    ("America/St_Johns", "always", "2026-11-01T02:30", "2026-11-02T03:30", 25),
    # a date that a country left out
    ("Pacific/Apia", "always", "2011-12-29T10:00", "2011-12-31T10:00", 48),
    ("Pacific/Apia", "office", "2011-12-29T10:00", "2011-12-31T10:00", 8),  # Thursday, then Saturday
    # leap days, ends of months and years
    ("UTC", "office", "2024-02-28T16:00", "2024-03-01T10:00", 10),
    ("UTC", "office", "2025-02-28T16:00", "2025-03-03T10:00", 2),
    ("UTC", "office", "2028-02-29T00:00", "2028-03-01T00:00", 8),
    ("UTC", "always", "2024-01-01T00:00", "2025-01-01T00:00", 366 * 24),
    ("UTC", "always", "2026-01-01T00:00", "2027-01-01T00:00", 365 * 24),
    ("UTC", "office", "2026-12-31T16:00", "2027-01-01T10:00", 2),
    ("Asia/Tokyo", "office", "2026-12-31T07:00", "2027-01-01T01:00", 2),
    ("UTC", "night", "2026-12-31T22:00", "2027-01-01T06:00", 8),
    # a holiday: Friday, 25 December 2026
    ("Christmas", "office", "2026-12-24T16:00", "2026-12-28T10:00", 2),
    ("Christmas", "always", "2026-12-24T00:00", "2026-12-27T00:00", 48),
    ("Christmas", "night", "2026-12-24T20:00", "2026-12-26T12:00", 8),  # the night before runs into the morning
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def history(zone: str, week: str) -> History:
    if zone == "Christmas":
        return always(Hours("UTC", WEEKS[week], holidays=CHRISTMAS))
    return always(Hours(zone, WEEKS[week]))


@pytest.mark.parametrize(("zone", "week", "start", "end", "hours"), CASES)
def test_open_time_between(zone: str, week: str, start: str, end: str, hours: float) -> None:
    seconds = business_seconds(history(zone, week), at(start), at(end))
    assert seconds == hours * 3600


@pytest.mark.parametrize(("zone", "week", "start", "end", "hours"), CASES)
def test_adding_is_the_inverse(zone: str, week: str, start: str, end: str, hours: float) -> None:
    cal = history(zone, week)
    if hours:
        reached = add_business(cal, at(start), int(hours * 3600))
        assert reached <= at(end)
        assert business_seconds(cal, at(start), reached) == hours * 3600
        assert business_seconds(cal, at(start), reached - timedelta(seconds=1)) == hours * 3600 - 1


def test_an_end_is_reached_at_closing_and_not_at_the_next_opening() -> None:
    cal = always(Hours("UTC", OFFICE))
    assert add_business(cal, at("2026-03-06T16:00"), 3600) == at("2026-03-06T17:00")
    assert add_business(cal, at("2026-03-06T16:00"), 3601) == at("2026-03-09T09:00") + timedelta(seconds=1)
    assert add_business(cal, at("2026-03-07T12:00"), 0) == at("2026-03-07T12:00")


def test_an_instant_stands_for_its_second() -> None:
    cal = always(Hours("UTC", OFFICE))
    start = at("2026-03-04T10:00") + timedelta(milliseconds=700)
    assert add_business(cal, start, 60) == at("2026-03-04T10:01")
    assert business_seconds(cal, start, start + timedelta(milliseconds=400)) == 1


def test_open_now() -> None:
    cal = always(Hours("Europe/London", LUNCH))
    assert [
        is_open(cal, at(f"2026-03-04T{time}")) for time in ("08:59", "09:00", "11:59", "12:00", "16:59", "17:00")
    ] == [
        False,
        True,
        True,
        False,
        True,
        False,
    ]


def test_spans_are_cut_to_what_was_asked() -> None:
    cal = always(Hours("UTC", LUNCH))
    assert open_spans(cal, at("2026-03-04T10:00"), at("2026-03-05T09:30")) == [
        (at("2026-03-04T10:00"), at("2026-03-04T12:00")),
        (at("2026-03-04T13:00"), at("2026-03-04T17:00")),
        (at("2026-03-05T09:00"), at("2026-03-05T09:30")),
    ]


def test_nights_that_touch_are_one_span() -> None:
    cal = always(Hours("UTC", ALWAYS))
    assert open_spans(cal, at("2026-03-04T10:00"), at("2026-06-05T09:30")) == [
        (at("2026-03-04T10:00"), at("2026-06-05T09:30"))
    ]


def test_an_opening_that_began_long_before_a_table_of_days_is_seen_in_it() -> None:
    seam = at("2026-04-01T00:00")
    assert seam.timestamp() % (64 * 86_400) == 0
    late = Week(((), ((1439, 2879),), (), (), (), (), ()))  # Tuesday 23:59 to Wednesday 23:59
    cal = always(Hours("Etc/GMT+12", late))  # begun on 31 March there, while it was 1 April in UTC
    assert business_seconds(cal, seam, at("2026-04-03T00:00")) == 24 * 3600
    before = always(Hours("Etc/GMT+12", Week((((1439, 2879),), (), (), (), (), (), ()))))  # Monday, 30 March
    assert business_seconds(before, seam, at("2026-04-02T00:00")) == 11 * 3600 + 59 * 60


def test_an_exception_outranks_a_holiday_and_a_holiday_the_week() -> None:
    half_day: tuple[Interval, ...] = ((540, 720),)
    cal = always(Hours("UTC", OFFICE, ((date(2026, 12, 25), half_day), (date(2026, 12, 24), ())), CHRISTMAS))
    assert business_seconds(cal, at("2026-12-24T00:00"), at("2026-12-25T00:00")) == 0
    assert business_seconds(cal, at("2026-12-25T00:00"), at("2026-12-26T00:00")) == 3 * 3600


def test_a_holiday_that_is_switched_off_is_worked() -> None:
    week = [[[540, 1020]]] * 7
    holidays = [{"date": "2026-12-25", "name": "Christmas", "off": True}, {"date": "2026-12-26", "name": "Boxing Day"}]
    cal = always(from_stored("UTC", week, [], holidays))
    assert business_seconds(cal, at("2026-12-25T00:00"), at("2026-12-27T00:00")) == 8 * 3600


def test_each_version_counts_from_its_own_start() -> None:
    cal = History(
        (
            Version(1, at("2026-01-01T00:00"), Hours("UTC", OFFICE)),
            Version(2, at("2026-03-04T12:00"), Hours("UTC", NEVER)),
            Version(3, at("2026-03-06T00:00"), Hours("UTC", ALWAYS)),
        )
    )
    assert business_seconds(cal, at("2026-03-04T09:00"), at("2026-03-06T02:00")) == 5 * 3600
    assert add_business(cal, at("2026-03-04T11:00"), 3600) == at("2026-03-04T12:00")
    assert add_business(cal, at("2026-03-04T11:00"), 3601) == at("2026-03-06T00:00") + timedelta(seconds=1)
    assert business_seconds(cal, at("2025-12-01T00:00"), at("2025-12-02T00:00")) == 8 * 3600  # before the first


def test_hours_that_never_open_are_found_out() -> None:
    cal = always(Hours("UTC", NEVER, ((date(2027, 3, 1), ((540, 541),)),)))
    assert opens_within_a_year(cal, at("2026-03-04T10:00"))
    assert not opens_within_a_year(cal, at("2025-03-04T10:00"))
    assert add_business(cal, at("2026-03-04T10:00"), 60) == at("2027-03-01T09:01")
    with pytest.raises(NeverOpens):
        add_business(cal, at("2026-03-04T10:00"), 61)


@pytest.mark.parametrize(
    ("zone", "day", "field"),
    [
        ("Europe/Atlantis", [[540, 1020]], "timezone"),
        ("", [[540, 1020]], "timezone"),
        ("../../etc/passwd", [[540, 1020]], "timezone"),
        ("UTC", [[1020, 540]], "week"),
        ("UTC", [[540, 540]], "week"),
        ("UTC", [[540, 720], [700, 1020]], "week"),
        ("UTC", [[780, 1020], [540, 720]], "week"),
        ("UTC", [[-1, 60]], "week"),
        ("UTC", [[1440, 1500]], "week"),
        ("UTC", [[60, 1501]], "week"),
        ("UTC", [[minute, minute + 1] for minute in range(13)], "week"),
    ],
)
def test_hours_that_make_no_sense_are_refused(zone: str, day: list[list[int]], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        from_stored(zone, [day, *[[]] * 6], [], [])
    assert refused.value.field == field


def test_a_date_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid):
        from_stored("UTC", [[]] * 7, [{"date": "2026-02-29", "open": []}], [])
