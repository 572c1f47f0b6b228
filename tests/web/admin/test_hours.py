"""The screen of a calendar: the week editor, dates, holidays with their switches, the preview and the calculator."""

import re
import time
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from ticketdesk.calendars import editing, refreshing, sources
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults

OFFICE = [[[540, 1020]]] * 5 + [[], []]
FORM = {
    "name": "Shop",
    "timezone": "Europe/London",
    "monday-openings-0-start": "09:00",
    "monday-openings-0-end": "17:00",
    "begins": "now",
}


@pytest.fixture
def calendar(world: World) -> Calendar:
    """Office hours in London since yesterday."""
    made = editing.create("Shop", "Europe/London", OFFICE, world.ada.actor, clock.now() - timedelta(days=1))
    db.session.commit()
    return made


def version(calendar: Calendar) -> CalendarVersion:
    db.session.expire_all()
    return editing.current(calendar.id)


def in_days(count: int) -> str:
    return (clock.now() + timedelta(days=count)).date().isoformat()


def ics(on: str, name: str = "Fair") -> bytes:
    event = f"DTSTART;VALUE=DATE:{on.replace('-', '')}\r\nSUMMARY:{name}"
    return f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()


def test_buttons_change_the_form_and_save_nothing(ada: FlaskClient, calendar: Calendar) -> None:
    page = ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "add": "tuesday"}).text
    assert 'name="tuesday-openings-0-start" value="09:00"' in page
    page = ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "add_date": "1"}).text
    assert 'name="dates-0-day"' in page
    page = ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "remove": "monday-openings-0"}).text
    assert "monday-openings-0-start" not in page
    assert version(calendar).number == 1


def test_a_day_is_copied_to_others(ada: FlaskClient, calendar: Calendar) -> None:
    given = {
        **FORM,
        "monday-openings-1-start": "22:00",
        "monday-openings-1-end": "06:00+1",
        "saturday-openings-0-start": "10:00",
        "saturday-openings-0-end": "12:00",
        "copy": "1",
        "copy_from": "monday",
        "copy_to": ["tuesday", "saturday"],
    }
    page = ada.post(f"/admin/hours/{calendar.id}", data=given).text
    for day in ("monday", "tuesday", "saturday"):
        assert f'name="{day}-openings-0-start" value="09:00"' in page
        assert f'name="{day}-openings-1-end" value="06:00+1"' in page
    assert 'name="sunday-openings-0-start"' not in page
    assert version(calendar).number == 1


def test_inner_buttons_tell_the_preview_to_follow(ada: FlaskClient, calendar: Calendar) -> None:
    answer = ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "add": "monday"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Trigger-After-Settle"] == "hours-rearranged"
    answer = ada.post("/admin/hours", data={**FORM, "add": "monday"})
    assert "HX-Trigger-After-Settle" not in answer.headers


def test_the_preview_shows_what_is_typed_with_reasons(ada: FlaskClient, calendar: Calendar) -> None:
    given = {**FORM, "dates-0-day": in_days(3), "dates-0-name": "Stocktaking", "dates-0-open": "10:00-12:30"}
    page = ada.post(f"/admin/hours/{calendar.id}/preview", data=given).text
    assert page.count("td-ahead__name") == 14
    assert "Single date: Stocktaking" in page
    assert "10:00–12:30" in page
    assert version(calendar).number == 1
    assert (
        "makes no sense yet"
        in ada.post(f"/admin/hours/{calendar.id}/preview", data={**FORM, "monday-openings-0-end": "08:00"}).text
    )
    new = ada.post("/admin/hours/preview", data={**FORM, "timezone": "Asia/Kathmandu"}).text
    assert new.count("td-ahead__name") == 14
    assert "makes no sense yet" in ada.post("/admin/hours/preview", data={**FORM, "timezone": "Nowhere"}).text


def test_preview_and_calculator_take_milliseconds(ada: FlaskClient, calendar: Calendar) -> None:
    given = {**FORM, "dates-0-day": in_days(3), "dates-0-name": "Stocktaking", "dates-0-open": "10:00-12:30"}
    query = {"start": "2026-01-01T00:00", "end": "2030-01-01T00:00"}
    for ask in (
        lambda: ada.post(f"/admin/hours/{calendar.id}/preview", data=given),
        lambda: ada.get(f"/admin/hours/{calendar.id}/time", query_string=query, headers={"HX-Request": "true"}),
    ):
        ask()
        begun = time.process_time()
        for _ in range(5):
            assert ask().status_code == 200
        assert (time.process_time() - begun) / 5 < 0.15


def test_other_hours_begin_later(ada: FlaskClient, calendar: Calendar) -> None:
    begins = (clock.now() + timedelta(days=20)).strftime("%Y-%m-%dT00:30")
    given = {**FORM, "timezone": "Asia/Kolkata", "begins": "later", "begins_at": begins}
    assert ada.post(f"/admin/hours/{calendar.id}", data=given).status_code == 302
    saved = version(calendar)
    assert saved.starts_at.isoformat() == f"{(datetime.fromisoformat(begins) - timedelta(hours=5.5)).isoformat()}+00:00"
    page = ada.get(f"/admin/hours/{calendar.id}").text
    assert "announced" in page
    assert f'value="{begins}"' in page
    refused = ada.post(f"/admin/hours/{calendar.id}", data=FORM)
    assert refused.status_code == 422
    assert "already announced" in refused.text
    for wrong in ("", "soon", "2020-01-01T00:00", "2026-12-24T09:00+01:00"):
        refused = ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "begins": "later", "begins_at": wrong})
        assert refused.status_code == 422


def test_two_who_change_the_same_hours(ada: FlaskClient, calendar: Calendar) -> None:
    assert ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "based_on": "1"}).status_code == 302
    refused = ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "based_on": "1", "monday-openings-0-end": "18:00"})
    assert refused.status_code == 422
    assert "changed meanwhile" in refused.text
    assert 'value="18:00"' in refused.text
    assert version(calendar).number == 2


def test_a_calendar_is_renamed_with_its_hours(ada: FlaskClient, calendar: Calendar, world: World) -> None:
    editing.create("Night", "UTC", OFFICE, world.ada.actor, clock.now())
    db.session.commit()
    assert ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "name": "Front desk"}).status_code == 302
    db.session.expire_all()
    assert calendar.name == "Front desk"
    refused = ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "name": "night"})
    assert (refused.status_code, "already a calendar" in refused.text) == (422, True)


def test_holidays_of_a_country_are_seen_taken_and_switched(ada: FlaskClient, calendar: Calendar) -> None:
    page = ada.get(f"/admin/hours/{calendar.id}/holidays?country=DE&part=BY").text
    assert "Bayern" in page
    assert "Christmas Day" in page
    assert "Close on these" not in ada.get(f"/admin/hours/{calendar.id}/holidays?country=XX").text
    taken = ada.post(f"/admin/hours/{calendar.id}/holidays/country", data={"country": "DE", "part": "BY"})
    assert taken.status_code == 302
    christmas = next(one["date"] for one in version(calendar).holidays if one["name"] == "Christmas Day")
    page = ada.get(f"/admin/hours/{calendar.id}").text
    assert "Germany, Bayern" in page
    assert re.search(rf'name="worked" value="{christmas}">', page)
    assert (
        ada.post(f"/admin/hours/{calendar.id}", data={**FORM, "worked": [christmas, "2001-01-01"]}).status_code == 302
    )
    assert {one["date"] for one in version(calendar).holidays if one["off"]} == {christmas}
    assert re.search(rf'name="worked" value="{christmas}" checked>', ada.get(f"/admin/hours/{calendar.id}").text)
    again = ada.post(f"/admin/hours/{calendar.id}/holidays/country", data={"country": "DE", "part": "BY"})
    assert (again.status_code, "already" in again.text) == (422, True)
    for wrong in ({"country": "XX"}, {"country": ""}, {"country": "DE", "part": "XX"}):
        assert ada.post(f"/admin/hours/{calendar.id}/holidays/country", data=wrong).status_code == 422


def test_a_calendar_file_is_read(ada: FlaskClient, calendar: Calendar) -> None:
    address, on = f"/admin/hours/{calendar.id}/holidays/file", in_days(4)
    assert ada.post(address, data={"file": (BytesIO(ics(on)), "fair.ics")}).status_code == 302
    assert [(one["date"], one["name"]) for one in version(calendar).holidays] == [(on, "Fair")]
    page = ada.get(f"/admin/hours/{calendar.id}").text
    assert "Holiday: Fair" in page
    assert "fair.ics" in page
    for content, words in (
        (b"<html>", "not a calendar file"),
        (ics("2001-01-01"), "no whole day"),
    ):
        refused = ada.post(address, data={"file": (BytesIO(content), "x.ics")})
        assert (refused.status_code, words in refused.text) == (422, True), words
    assert ada.post(address, data={}).status_code == 422


def test_a_subscription_says_what_went_wrong(ada: FlaskClient, calendar: Calendar) -> None:
    address = f"/admin/hours/{calendar.id}/holidays/subscription"
    assert ada.post(address, data={"url": "https://days.example/very-secret.ics"}).status_code == 302
    page = ada.get(f"/admin/hours/{calendar.id}").text
    assert "Being read" in page
    assert 'hx-trigger="every 2s"' in page
    source = db.session.scalars(select(HolidaySource)).one()

    def broken(url: str, accept: str) -> bytes:
        assert url == "https://days.example/very-secret.ics"
        return b"<html>"

    refreshing.read(source.id, source.next_at or clock.now(), broken)
    part = ada.get(f"/admin/hours/{calendar.id}/holidays/sources").text
    assert "not a calendar file" in part
    assert "every 2s" not in part
    assert "very-secret" not in ada.get(f"/admin/hours/{calendar.id}").text + part
    assert "holidays cannot be read" in ada.get("/admin/hours").text
    assert ada.post(f"/admin/hours/{calendar.id}/holidays/{source.id}/reading").status_code == 302
    assert ada.post(f"/admin/hours/{calendar.id}/holidays/{source.id}/removal").status_code == 302
    assert db.session.scalars(select(HolidaySource)).all() == []
    for wrong in ("", "days", "ftp://days.example/", "http://user:word@days.example/", "http://a b/"):
        assert ada.post(address, data={"url": wrong}).status_code == 422


def test_a_source_is_reached_through_its_own_calendar_only(ada: FlaskClient, calendar: Calendar, world: World) -> None:
    other = editing.create("Night", "UTC", OFFICE, world.ada.actor, clock.now())
    source = sources.subscribe(other, "https://days.example/x.ics", SYSTEM, clock.now())
    db.session.commit()
    for what in ("reading", "removal"):
        assert ada.post(f"/admin/hours/{calendar.id}/holidays/{source.id}/{what}").status_code == 404
        assert ada.post(f"/admin/hours/{other.id}/holidays/999999/{what}").status_code == 404


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-11-23T09:00", "2026-11-23T17:00", "8 h"),
        ("2026-11-19T16:30", "2026-11-20T09:15", "45 min"),
        ("2026-11-21T00:00", "2026-11-22T00:00", "0 h"),
        ("2026-03-29T01:30", "2026-03-30T10:00", "01:30 is skipped"),
        ("2026-10-25T01:30", "2026-10-26T10:00", "01:30 comes twice"),
        ("2026-03-27T00:00", "2026-03-30T00:00", "clocks go forward by 1 h"),
        ("2026-11-24T00:00", "2026-11-23T00:00", "lies before"),
        ("2026-11-24T00:00", "2046-11-23T00:00", "at most 10 years"),
        ("tomorrow", "2026-11-23T00:00", "Give both"),
        ("2026-11-24T00:00", "", "Give both"),
        ("2026-11-24T00:00Z", "2026-11-25T00:00Z", "Give both"),
        ("0001-01-01T00:00", "0001-01-01T00:00", "Give"),
        ("9999-12-31T23:59", "9999-12-31T23:59", "Give"),
        ("", "", "Count"),
    ],
)
def test_business_time_between_two_local_times(
    ada: FlaskClient, calendar: Calendar, start: str, end: str, words: str
) -> None:
    address = f"/admin/hours/{calendar.id}/time"
    page = ada.get(address, query_string={"start": start, "end": end})
    assert (page.status_code, words in page.text) == (200, True)
    assert "22 Nov 2026" not in page.text  # the end of the 21st is no part of the 22nd
    part = ada.get(address, query_string={"start": start, "end": end}, headers={"HX-Request": "true"})
    assert words in part.text
    assert "<html" not in part.text


def test_changes_are_listed_with_who_made_them(ada: FlaskClient, calendar: Calendar) -> None:
    ada.post(
        f"/admin/hours/{calendar.id}", data={**FORM, "saturday-openings-0-start": "10", "saturday-openings-0-end": "12"}
    )
    page = ada.get(f"/admin/hours/{calendar.id}").text
    assert "Mon–Fri 09:00-17:00 · Europe/London" in page
    assert "Mon 09:00-17:00, Sat 10:00-12:00" in page
    assert page.count("holds now") == 1
    assert page.count("<td>Ada</td>") == 2


def test_only_what_nothing_counts_in_is_removed(ada: FlaskClient, world: World, calendar: Calendar) -> None:
    policy = defaults.create(SYSTEM, clock.now())
    db.session.commit()
    used = db.session.scalars(select(Calendar).where(Calendar.id != calendar.id)).one()
    world.care.calendar_id, world.alice.calendar_id = used.id, used.id
    db.session.commit()
    page = ada.get(f"/admin/hours/{used.id}").text
    for name in (policy.name, "Care", "Alice"):
        assert f"<dd>{name}</dd>" in page
    assert "Remove this calendar" not in page
    assert ada.post(f"/admin/hours/{used.id}/removal").status_code == 302
    assert db.session.get(Calendar, used.id) is not None
    assert "Remove this calendar" in ada.get(f"/admin/hours/{calendar.id}").text
    calendar_id = calendar.id
    assert ada.post(f"/admin/hours/{calendar_id}/removal").status_code == 302
    db.session.expire_all()
    assert db.session.get(Calendar, calendar_id) is None


FIELDS: list[dict[str, Any]] = [
    {"timezone": "Mars/Olympus"},
    {"monday-openings-0-end": "25:00"},
    {"monday-openings-1-start": "10:00", "monday-openings-1-end": "11:00"},
    {"dates-0-day": "2026-02-30"},
    {"dates-0-day": "2026-02-20", "dates-0-open": "9-8"},
    {"dates-0-day": "2026-02-20", "dates-1-day": "2026-02-20"},
    {"begins": "never"},
    {"name": ""},
    {"name": "x" * 101},
    {"owner": "1"},
    {"monday-openings-0-start": "", "monday-openings-0-end": ""},
]


@pytest.mark.parametrize("change", FIELDS, ids=range(len(FIELDS)))
def test_what_does_not_fit_is_said_and_kept(ada: FlaskClient, calendar: Calendar, change: dict[str, Any]) -> None:
    refused = ada.post(f"/admin/hours/{calendar.id}", data={**FORM, **change})
    assert refused.status_code == 422
    assert "Not saved yet" in refused.text
    assert version(calendar).number == 1
