"""Holidays from countries, files and subscriptions become versions; switches stay; what fails changes nothing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.people import World
from ticketdesk.calendars import almanac, days_off, editing, refreshing, sources
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.calendars.hours import business_seconds
from ticketdesk.calendars.loading import histories
from ticketdesk.core import outgoing
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.outbox import OutboxRow

OFFICE = [[[540, 1020]]] * 5 + [[], []]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
URL = "https://days.example/secret-word.ics"


@pytest.fixture
def calendar(world: World, now: datetime) -> Calendar:
    """Office hours in London."""
    return editing.create("Shop", "Europe/London", OFFICE, world.ada.actor, now)


def day(on: str, name: str = "Day") -> dict[str, str]:
    return {"date": on, "name": name}


def ics(*days: str) -> bytes:
    events = "".join(f"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{on}\r\nSUMMARY:Fair {on}\r\nEND:VEVENT\r\n" for on in days)
    return f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n".encode()


def giving(*answers: bytes | Exception) -> Callable[[str, str], bytes]:
    left = list(answers)

    def fetch(url: str, accept: str) -> bytes:
        assert url == URL
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return fetch


def held(calendar: Calendar) -> list[tuple[str, str, bool]]:
    return [(one["date"], one["name"], one["off"]) for one in editing.current(calendar.id).holidays]


def numbers(calendar: Calendar) -> list[int]:
    rows = select(CalendarVersion.number).where(CalendarVersion.calendar_id == calendar.id)
    return list(db.session.scalars(rows.order_by(CalendarVersion.starts_at, CalendarVersion.number)))


def test_switches_stay_and_days_of_no_source_too() -> None:
    before = [
        {"date": "2026-05-01", "name": "Old", "off": True, "sources": [1]},
        {"date": "2026-06-01", "name": "By hand", "off": False},
        {"date": "2026-07-01", "name": "Gone", "off": True, "sources": [1]},
    ]
    after = days_off.merged(
        before,
        {2: [day("2026-05-01", "May Day"), day("2026-06-01", "Fair")], 1: [day("2026-05-01", "Labour Day")]},
        date(2026, 1, 1),
    )
    assert after == [
        {"date": "2026-05-01", "name": "Labour Day, May Day", "off": True, "sources": [1, 2]},
        {"date": "2026-06-01", "name": "By hand, Fair", "off": False, "sources": [2]},
    ]
    assert days_off.merged(after, {}, date(2026, 1, 1)) == []  # from then on it belongs to its source
    assert days_off.switched(after, {"2026-06-01"})[1]["off"] is True


def test_a_country_closes_its_days_from_now_on(calendar: Calendar, world: World, now: datetime) -> None:
    first, last = sources.years(now)
    assert (first, last) == (2026, 2027)
    days = almanac.country("GB", "ENG", first, last)["days"]
    sources.add_country(calendar, "GB", "ENG", "en", days, world.ada.actor, now)
    assert numbers(calendar) == [1, 2]
    assert ("2026-04-03", "Good Friday", False) in held(calendar)
    cal = histories([calendar.id])[calendar.id]
    friday = datetime(2026, 4, 3, tzinfo=now.tzinfo)
    assert business_seconds(cal, friday, friday + DAY) == 0
    assert business_seconds(cal, friday - 7 * DAY, friday - 6 * DAY) == 8 * 3600
    with pytest.raises(Invalid, match="already"):
        sources.add_country(calendar, "GB", "ENG", "en", days, world.ada.actor, now)


def test_there_are_always_eighteen_months_ahead(calendar: Calendar, world: World, now: datetime) -> None:
    days = almanac.country("GB", "ENG", *sources.years(now))["days"]
    source = sources.add_country(calendar, "GB", "ENG", "en", days, world.ada.actor, now)
    at = now
    while at < now + 800 * DAY:
        at = max(at + DAY, source.next_at or at)
        assert refreshing.read_due(at) == 1
        assert editing.current(calendar.id).holidays[-1]["date"] >= (at + 520 * DAY).date().isoformat()[:7]
    assert source.error is None
    # A version for each year that came into sight, and none for weeks in which nothing changed.
    assert len(numbers(calendar)) == 4


def test_a_switch_outlives_the_years_that_come(calendar: Calendar, world: World, now: datetime) -> None:
    days = almanac.country("GB", "ENG", *sources.years(now))["days"]
    source = sources.add_country(calendar, "GB", "ENG", "en", days, world.ada.actor, now)
    version = editing.current(calendar.id)
    switched = days_off.switched(version.holidays, {"2027-03-26"})
    editing.change(calendar, version.timezone, version.week, world.ada.actor, now + HOUR, holidays=switched)
    source.next_at = datetime(2026, 8, 1, tzinfo=now.tzinfo)
    assert refreshing.read(source.id, datetime(2026, 8, 1, tzinfo=now.tzinfo))
    assert ("2027-03-26", "Good Friday", True) in held(calendar)
    assert held(calendar)[-1][0] >= "2028-01-01"


def test_a_subscription_is_read_daily_and_keeps_its_last_good_state(
    calendar: Calendar, world: World, now: datetime
) -> None:
    source = sources.subscribe(calendar, URL.replace("https", "webcal"), world.ada.actor, now)
    db.session.commit()
    assert db.session.scalars(select(OutboxRow).where(OutboxRow.task == sources.TASK)).one().payload == {
        "source": source.id
    }
    assert URL not in repr(source.sealed_url)
    assert refreshing.read(source.id, now, giving(ics("20260601")))
    assert held(calendar) == [("2026-06-01", "Fair 20260601", False)]
    assert (source.read_at, source.next_at, source.error) == (now, now + DAY, None)
    assert not refreshing.read(source.id, now + HOUR, giving())  # not due

    later = now + DAY
    for number, (answer, words, pause) in enumerate(
        [
            (outgoing.Unreachable("The server answered with code 500."), "code 500", HOUR),
            (b"<html>", "not a calendar file", 2 * HOUR),
            (outgoing.Unreachable("It did not answer within 10 seconds."), "did not answer", 4 * HOUR),
        ],
        1,
    ):
        assert refreshing.read(source.id, later, giving(answer))
        assert source.error is not None
        assert words in source.error
        assert (source.misses, source.next_at, source.read_at) == (number, later + pause, now)
        assert held(calendar) == [("2026-06-01", "Fair 20260601", False)]
        later += pause
    before = numbers(calendar)
    assert refreshing.read(source.id, later, giving(ics("20260601", "20260602")))
    assert (source.error, source.misses, len(held(calendar))) == (None, 0, 2)
    assert len(numbers(calendar)) == len(before) + 1
    assert refreshing.read(source.id, later + DAY, giving(ics("20260602", "20260601")))
    assert len(numbers(calendar)) == len(before) + 1  # nothing changed, no version


def test_failures_never_pause_longer_than_a_day(calendar: Calendar, world: World, now: datetime) -> None:
    source = sources.subscribe(calendar, URL, world.ada.actor, now)
    at = now
    for _ in range(30):
        refreshing.read(source.id, at, giving(outgoing.Unreachable("no")))
        assert source.next_at is not None
        assert HOUR <= source.next_at - at <= DAY
        at = source.next_at
    assert source.misses == 30


def test_days_that_would_close_everything_are_not_taken_over(world: World, now: datetime) -> None:
    week: list[list[list[int]]] = [[], [], [[540, 600]], [], [], [], []]
    calendar = editing.create("Wednesdays", "UTC", week, world.ada.actor, now)
    wednesdays = [day((now + 7 * number * DAY).date().isoformat()) for number in range(60)]
    with pytest.raises(Invalid, match="366 days"), db.session.begin_nested():
        sources.add_country(calendar, "GB", "", "en", wednesdays, world.ada.actor, now)
    source = sources.subscribe(calendar, URL, world.ada.actor, now)
    refreshing.read(source.id, now, giving(ics(*(one["date"].replace("-", "") for one in wednesdays))))
    assert source.error is not None
    assert "366 days" in source.error
    assert (source.days, held(calendar)) == ([], [])


def test_a_file_is_kept_and_read_again_as_time_goes_on(calendar: Calendar, world: World, now: datetime) -> None:
    content = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200601\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n"
    days = almanac.of_file(content, *sources.window(now))
    source = sources.add_file(calendar, "fair\x00.ics", content, days, world.ada.actor, now)
    assert source.name == "fair .ics"
    assert [on for on, _name, _off in held(calendar)] == ["2026-06-01", "2027-06-01"]
    later = now + 366 * DAY
    assert refreshing.read_due(later) == 1
    assert [on for on, _name, _off in held(calendar)] == ["2027-06-01", "2028-06-01"]
    with pytest.raises(Invalid, match="no whole day"):
        sources.add_file(calendar, "x", content, [], world.ada.actor, now)


def test_hours_that_were_announced_are_announced_again(calendar: Calendar, world: World, now: datetime) -> None:
    later = now + 30 * DAY
    editing.change(calendar, "Europe/London", [[[0, 1440]]] * 7, world.ada.actor, now, starts_at=later)
    holiday, after = (now + 2 * DAY).date().isoformat(), (later + 2 * DAY).date().isoformat()
    days = [day(holiday), day(after)]
    sources.add_country(calendar, "GB", "", "en", days, world.ada.actor, now + HOUR)
    assert numbers(calendar) == [1, 3, 2, 4]
    cal = histories([calendar.id])[calendar.id]
    assert cal.newest_id == editing.current(calendar.id).id
    for on, expected in ((now + 2 * DAY, 0), (now + 5 * DAY, 8), (later + 2 * DAY, 0), (later + 3 * DAY, 24)):
        midnight = on.replace(hour=0)
        if on >= later:
            midnight -= HOUR  # summer time begins on 29 March
        assert business_seconds(cal, midnight, midnight + DAY) == expected * 3600, on


def test_removing_a_source_opens_its_days(calendar: Calendar, world: World, now: datetime) -> None:
    source = sources.add_country(calendar, "GB", "", "en", [day("2026-06-01")], world.ada.actor, now)
    sources.add_country(calendar, "FR", "", "en", [day("2026-07-14")], world.ada.actor, now)
    sources.remove(source, world.ada.actor, now + HOUR)
    assert held(calendar) == [("2026-07-14", "Day", False)]
    assert db.session.get(HolidaySource, source.id) is None


def test_what_is_removed_while_it_is_read_is_let_go(calendar: Calendar, world: World, now: datetime) -> None:
    source = sources.subscribe(calendar, URL, world.ada.actor, now)
    source_id = source.id

    def fetch(url: str, accept: str) -> bytes:
        sources.remove(db.session.get_one(HolidaySource, source_id), SYSTEM, now)
        db.session.commit()
        return ics("20260601")

    assert not refreshing.read(source_id, now, fetch)
    assert held(calendar) == []


def test_addresses_are_checked_before_they_are_kept(calendar: Calendar, world: World, now: datetime) -> None:
    for url in ("", "days.example", "ftp://days.example/x", "https://user:word@days.example/", "file:///etc/passwd"):
        with pytest.raises(Invalid):
            sources.subscribe(calendar, url, world.ada.actor, now)
    for _ in range(sources.MOST):
        sources.subscribe(calendar, URL, world.ada.actor, now)
    with pytest.raises(Invalid, match="at most 20"):
        sources.subscribe(calendar, URL, world.ada.actor, now)


def test_renaming_and_removing(calendar: Calendar, world: World, now: datetime) -> None:
    editing.create("Night", "UTC", OFFICE, world.ada.actor, now)
    editing.rename(calendar, " Front  desk ", world.ada.actor, now)
    assert calendar.name == "Front desk"
    editing.rename(calendar, "front desk", world.ada.actor, now)
    with pytest.raises(Invalid, match="already a calendar"):
        editing.rename(calendar, "NIGHT", world.ada.actor, now)
    calendar_id = calendar.id
    world.alice.calendar_id = calendar_id
    db.session.flush()
    with pytest.raises(Conflict):
        editing.remove(calendar, world.ada.actor, now)
    world.alice.calendar_id = None
    db.session.flush()
    sources.subscribe(calendar, URL, world.ada.actor, now)
    editing.remove(calendar, world.ada.actor, now)
    rows: Any = select(CalendarVersion.id).where(CalendarVersion.calendar_id == calendar_id)
    assert db.session.scalars(rows).all() == []
    assert histories([calendar_id]) == {}
