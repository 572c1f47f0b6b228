"""Days off out of calendar files, also of those that mean harm."""

import contextlib
import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ticketdesk.calendars import almanac, ical, repeating
from ticketdesk.core.errors import Invalid

START, END = date(2026, 11, 1), date(2028, 11, 1)


def calendar(*events: str) -> bytes:
    inside = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inside}END:VCALENDAR\r\n".encode()


def days(*events: str) -> list[tuple[str, str]]:
    return [(day["date"], day["name"]) for day in ical.days(calendar(*events), START, END)]


def dates(*events: str) -> list[str]:
    return [on for on, _name in days(*events)]


def test_whole_days_count_and_hours_do_not() -> None:
    assert days(
        "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Christmas\\, at home",
        "DTSTART:20261231T090000Z\r\nDTEND:20261231T100000Z\r\nSUMMARY:A meeting",
        "DTSTART;TZID=Europe/London:20270105T090000\r\nSUMMARY:Another",
        "DTSTART;VALUE=DATE:20270101\r\nSUMMARY:New Year's Day\r\nDURATION:P1D",
        "DTSTART;VALUE=DATE:20270102\r\nSUMMARY:Called off\r\nSTATUS:CANCELLED",
        "DTSTART;VALUE=DATE:20200101\r\nSUMMARY:Long ago",
        "DTSTART;VALUE=DATE:20281101\r\nSUMMARY:Too far ahead",
    ) == [
        ("2026-12-24", "Christmas, at home"),
        ("2026-12-25", "Christmas, at home"),
        ("2026-12-26", "Christmas, at home"),
        ("2027-01-01", "New Year's Day"),
    ]


@pytest.mark.parametrize(
    ("first", "rule", "expected"),
    [
        ("20201225", "FREQ=YEARLY", ["2026-12-25", "2027-12-25"]),
        ("20201225", "FREQ=YEARLY;UNTIL=20261231", ["2026-12-25"]),
        ("20241225", "FREQ=YEARLY;COUNT=3", ["2026-12-25"]),
        ("20201225", "FREQ=YEARLY;INTERVAL=2", ["2026-12-25"]),
        ("20240229", "FREQ=YEARLY", ["2028-02-29"]),
        # the first Monday of September, the fourth Thursday of November, the last Monday of May
        ("20200907", "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO", ["2027-09-06", "2028-09-04"]),
        ("20201126", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["2026-11-26", "2027-11-25"]),
        ("20200525", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", ["2027-05-31", "2028-05-29"]),
        ("20261130", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", ["2026-11-30", "2026-12-31", "2027-01-31"]),
        ("20261104", "FREQ=WEEKLY;COUNT=2", ["2026-11-04", "2026-11-11"]),
        ("20261101", "FREQ=DAILY;INTERVAL=400;UNTIL=20280101", ["2026-11-01", "2027-12-06"]),
        ("19000101", "FREQ=YEARLY", ["2027-01-01", "2028-01-01"]),
    ],
)
def test_what_repeats(first: str, rule: str, expected: list[str]) -> None:
    assert dates(f"DTSTART;VALUE=DATE:{first}\r\nRRULE:{rule}\r\nSUMMARY:x") == expected


def test_days_are_left_out_added_and_moved() -> None:
    yearly = "UID:a\r\nDTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Fair"
    assert dates(f"{yearly}\r\nEXDATE;VALUE=DATE:20261225\r\nRDATE;VALUE=DATE:20270601") == ["2027-06-01", "2027-12-25"]
    moved = "UID:a\r\nRECURRENCE-ID;VALUE=DATE:20261225\r\nDTSTART;VALUE=DATE:20261228\r\nSUMMARY:Fair, moved"
    assert days(yearly, moved) == [("2026-12-28", "Fair, moved"), ("2027-12-25", "Fair")]


def test_one_broken_event_spoils_no_other() -> None:
    good = "DTSTART;VALUE=DATE:20261224\r\nSUMMARY:Good"
    for broken in (
        "DTSTART;VALUE=DATE:2026",
        "DTSTART;VALUE=DATE:20261324",
        "DTSTART:",
        "SUMMARY:no date",
        "DTSTART;VALUE=DATE:20261225\r\nDTEND:rubbish",
        ";;;:::",
        "DTSTART;VALUE=DATE:99999999",
        "BEGIN:VALARM\r\nDTSTART;VALUE=DATE:20261226\r\nEND:VALARM",
        "DTSTART;VALUE=DATE:20261224\r\nSUMMARY:Good\r\nRRULE:FREQ=NEVER",
        "DTSTART;VALUE=DATE:20261224\r\nSUMMARY:Good\r\nRRULE:FREQ=YEARLY;BYMONTH=99",
        "DTSTART;VALUE=DATE:20261224\r\nSUMMARY:Good\r\nRRULE:FREQ=YEARLY;INTERVAL=0",
        "DTSTART;VALUE=DATE:20261224\r\nSUMMARY:Good\r\nRRULE:FREQ=YEARLY;INTERVAL=10000",
    ):
        assert ("2026-12-24", "Good") in days(broken, good), broken


@pytest.mark.parametrize("frequency", ["SECONDLY", "MINUTELY", "HOURLY"])
def test_a_rule_that_repeats_within_a_day_closes_its_first_day_only(frequency: str) -> None:
    assert dates(f"DTSTART;VALUE=DATE:20261224\r\nRRULE:FREQ={frequency}\r\nSUMMARY:x") == ["2026-12-24"]


def test_folded_lines_old_line_ends_and_marks_of_order() -> None:
    raw = b"\xef\xbb\xbfBEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DA\n TE:20261224\nSUMMARY:A\n  day\nEND:VEVENT\n"
    assert ical.days(raw, START, END) == [{"date": "2026-12-24", "name": "A day"}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a calendar file"),
        (b"<html></html>", "not a calendar file"),
        (b"\x00" * 1_000_000, "not a calendar file"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 3000, "more than 2000 events"),
        (calendar("DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=DAILY\r\nSUMMARY:x"), "more than 600 days"),
        (b"BEGIN:VCALENDAR\n" + b"x" * almanac.LARGEST, "1024 KiB"),
    ],
)
def test_what_is_no_calendar_of_holidays_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        almanac.of_file(content, START, END)


HOSTILE = [
    # Repetitions that never come, from the beginning of time.
    calendar(*["DTSTART;VALUE=DATE:19000101\r\nRRULE:FREQ=DAILY;COUNT=99999999;BYMONTH=2;BYMONTHDAY=30"] * 1900),
    calendar(*["DTSTART;VALUE=DATE:19000101\r\nRRULE:FREQ=YEARLY;BYSETPOS=-366;BYDAY=MO,TU,WE,TH,FR,SA,SU"] * 1900),
    calendar("DTSTART;VALUE=DATE:20261224\r\nRRULE:" + "FREQ=YEARLY;" * 80_000),
    calendar("DTSTART;VALUE=DATE:20261224\r\nRDATE;VALUE=DATE:" + ",".join(["20270101"] * 110_000)),
    calendar("DTSTART;VALUE=DATE:20261224\r\nDURATION:P99999999999D\r\nSUMMARY:" + "a" * 900_000),
    calendar("DTSTART;VALUE=DATE:20261224\r\nEXDATE:" + "\r\nEXDATE:".join(["x" * 90] * 9000)),
    b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nBEGIN:VALARM\n" * 1900 + b"BEGIN:VALARM\n" * 40_000,
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + b" \n" * 400_000,
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY" + b';X="' * 200_000 + b"\nEND:VEVENT\n",
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_what_means_harm_takes_bounded_time(content: bytes) -> None:
    assert len(content) <= almanac.LARGEST
    begun = time.monotonic()
    with contextlib.suppress(Invalid):
        assert len(almanac.of_file(content, START, END)) <= ical.MOST_DAYS
    assert time.monotonic() - begun < almanac.SECONDS + 5


WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def rules(draw: st.DrawFn) -> dict[str, list[Any]]:
    """Rules of every kind that a calendar of holidays might have."""
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]))
    rule: dict[str, list[Any]] = {"FREQ": [frequency], "INTERVAL": [draw(st.integers(1, 5))]}
    if draw(st.booleans()):
        rule["BYMONTH"] = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    kind = draw(st.sampled_from(["none", "days", "weekdays", "nth"]))
    if kind == "days" and frequency != "WEEKLY":
        rule["BYMONTHDAY"] = draw(st.lists(st.sampled_from([-2, -1, 1, 2, 13, 29, 30, 31]), min_size=1, max_size=3))
    if kind == "weekdays":
        rule["BYDAY"] = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3))
    if kind == "nth" and frequency in ("YEARLY", "MONTHLY"):
        nth = st.tuples(st.sampled_from([-2, -1, 1, 2, 4, 5]), st.sampled_from(WEEKDAYS))
        rule["BYDAY"] = [f"{number}{day}" for number, day in draw(st.lists(nth, min_size=1, max_size=2))]
    if kind != "none" and frequency != "DAILY" and draw(st.booleans()):
        rule["BYSETPOS"] = [draw(st.sampled_from([-1, 1, 2]))]
    if draw(st.booleans()):
        rule["COUNT"] = [draw(st.integers(1, 12))]
    if draw(st.booleans()):
        rule["WKST"] = [draw(st.sampled_from(WEEKDAYS))]
    return rule


@settings(max_examples=300, deadline=None)
@example(
    {"FREQ": ["WEEKLY"], "INTERVAL": [1], "BYDAY": ["MO", "TU"], "BYSETPOS": [1], "WKST": ["TU"]}, date(2027, 1, 1)
)
@given(rules(), st.dates(date(2015, 1, 1), date(2028, 1, 1)))
def test_any_rule_agrees_with_another_implementation(rule: dict[str, list[Any]], first: date) -> None:
    if rule["FREQ"] == ["WEEKLY"] and "BYSETPOS" in rule:
        # The other one counts places in the first week from the first day on, where RFC 5545 means the whole week.
        first -= timedelta(days=(first.weekday() - WEEKDAYS.index(rule.get("WKST", ["MO"])[0])) % 7)
    words = ";".join(f"{name}={','.join(str(one) for one in values)}" for name, values in rule.items())
    other = rrulestr(words, dtstart=datetime(first.year, first.month, first.day))
    expected = []
    for one in other:
        if one.date() >= END:
            break
        expected.append(one.date())
    assert repeating.dates(rule, first, START, END) == [on for on in expected if on >= START]


def test_the_work_of_one_rule_is_bounded() -> None:
    begun = time.process_time()
    for rule in ({"FREQ": ["DAILY"], "BYMONTH": [2], "BYMONTHDAY": [30]}, {"FREQ": ["WEEKLY"], "BYMONTHDAY": [32]}):
        assert repeating.dates(rule, date(1900, 1, 1), START, END) == []
    assert repeating.dates({"FREQ": ["YEARLY"]}, date(1, 1, 1), START, END) == []
    assert time.process_time() - begun < 1


def test_countries_and_their_parts() -> None:
    assert len(almanac.countries()) >= 200
    bavaria = almanac.country("DE", "BY", 2026, 2028)
    assert ["BY", "Bayern"] in bavaria["parts"]
    found = {day["date"]: day["name"] for day in bavaria["days"]}
    assert found["2026-12-25"] == "Christmas Day"
    assert "2027-01-06" in found  # Epiphany, which Berlin works through
    assert "2027-01-06" not in {day["date"] for day in almanac.country("DE", "BE", 2026, 2028)["days"]}
    assert almanac.country("DE", "", 2027, 2027, "de")["days"][0] == {"date": "2027-01-01", "name": "Neujahr"}
    for code, part in (("XX", ""), ("DE", "XX"), ("../etc", "")):
        with pytest.raises(Invalid):
            almanac.country(code, part, 2026, 2028)
