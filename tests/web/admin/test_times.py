"""Business hours and SLA policies on screens."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.sla import editing
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.web.admin import times

WEEK = {"name": "Office", "timezone": "Europe/London", "monday-openings-0-start": "9", "monday-openings-0-end": "17:30"}


@pytest.fixture
def calendar(policy: SlaPolicy) -> Calendar:
    """The hours to begin with."""
    return db.session.scalars(select(Calendar)).one()


def policy_form(hours: int, **change: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"name": "Gold", "calendar_id": hours, "warn_percent": "20", "pauses": ["pending"]}
    for priority in ("urgent", "high", "normal", "low"):
        for metric in ("first_response", "next_response", "resolution"):
            form[f"{priority}-{metric}-unit"] = "hours"
    form["normal-first_response-amount"] = "4"
    form["urgent-resolution-amount"], form["urgent-resolution-unit"] = "90", "minutes"
    return {**form, **change}


def test_hours_are_made_with_a_lunch_break_a_night_shift_and_a_holiday(ada: FlaskClient, world: World) -> None:
    given = {
        **WEEK,
        "name": "Shop hours",
        "monday-openings-1-start": "18:00",
        "monday-openings-1-end": "20.15",
        "saturday-openings-0-start": "22:00",
        "saturday-openings-0-end": "06:00+1",
        "sunday-openings-0-start": "",
        "sunday-openings-0-end": " ",
        "dates-0-day": "2026-12-24",
        "dates-0-name": "Christmas Eve",
        "dates-0-open": "09:00–12:00, 13-14",
        "dates-1-day": "2026-12-25",
        "dates-1-open": "closed",
        "dates-2-day": "",
    }
    answer = ada.post("/admin/hours", data=given)
    assert answer.status_code == 302
    made = db.session.scalars(select(Calendar).where(Calendar.name == "Shop hours")).one()
    version = calendars.current(made.id)
    assert version.timezone == "Europe/London"
    assert version.week == [[[540, 1050], [1080, 1215]], [], [], [], [], [[1320, 1800]], []]
    assert version.exceptions == [
        {"date": "2026-12-24", "name": "Christmas Eve", "open": [[540, 720], [780, 840]]},
        {"date": "2026-12-25", "name": "", "open": []},
    ]
    page = ada.get(answer.location).text
    assert 'value="06:00+1"' in page
    assert 'value="09:00-12:00, 13:00-14:00"' in page


def test_saving_makes_a_version_and_changes_none(ada: FlaskClient, calendar: Calendar) -> None:
    before = calendars.current(calendar.id).week
    assert ada.post(f"/admin/hours/{calendar.id}", data=WEEK).status_code == 302
    version = calendars.current(calendar.id)
    assert (version.number, version.week[0]) == (2, [[540, 1050]])
    first = db.session.execute(db.text("SELECT week FROM calendar_versions WHERE number = 1")).scalar_one()
    assert first == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"monday-openings-0-end": "08:00"}, "The end must come after the start, for example 09:00 to 13:00"),
        ({"monday-openings-0-end": "noon"}, "is not a time"),
        ({"monday-openings-0-end": "25:00"}, "is not a time"),
        ({"monday-openings-0-end": "24:30"}, "a day ends at 24:00"),
        ({"monday-openings-0-end": "09:60"}, "is not a time"),
        ({"monday-openings-0-end": ""}, "is not a time"),
        ({"monday-openings-0-start": "", "monday-openings-0-end": ""}, "These hours never open"),
        ({"monday-openings-1-start": "10", "monday-openings-1-end": "11"}, "Two openings of one day overlap."),
        ({"timezone": "Mars/Olympus"}, "Not a valid choice"),
        ({"dates-0-day": "tomorrow"}, "This is not a date"),
        ({"dates-0-name": "Feast"}, "This is not a date"),
        ({"dates-0-day": "2026-02-30"}, "This is not a date"),
        ({"dates-0-day": "2026-12-24", "dates-0-open": "9"}, "is not an opening"),
        ({"dates-0-day": "2026-12-24", "dates-1-day": "2026-12-24"}, "This date is there twice."),
        ({"someday-openings-0-start": "9"}, "This form has no field"),
        ({"created_by": "1"}, "This form has no field created_by."),
    ],
)
def test_hours_that_make_no_sense(ada: FlaskClient, calendar: Calendar, change: dict[str, str], words: str) -> None:
    answer = ada.post(f"/admin/hours/{calendar.id}", data={**WEEK, **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert calendars.current(calendar.id).number == 1


def test_buttons_inside_the_form_save_nothing_and_keep_what_was_typed(ada: FlaskClient, calendar: Calendar) -> None:
    where = f"/admin/hours/{calendar.id}"
    answer = ada.post(where, data={**WEEK, "add": "monday"})
    assert answer.status_code == 200
    assert 'name="monday-openings-1-start"' in answer.text
    assert 'value="17:30"' in answer.text
    answer = ada.post(where, data={**WEEK, "add": "sunday"})
    assert 'name="sunday-openings-0-start"' in answer.text
    answer = ada.post(where, data={**WEEK, "remove": "monday-openings-0"})
    assert 'name="monday-openings-0-start"' not in answer.text
    answer = ada.post(where, data={**WEEK, "add_date": "1"})
    assert 'name="dates-0-day"' in answer.text
    assert calendars.current(calendar.id).number == 1


@pytest.mark.parametrize(
    ("typed", "minute"),
    [("9", 540), ("09:30", 570), ("9.05", 545), ("0:00", 0), ("24:00", 1440), ("06:00+1", 1800), (" 9 : 30 ", 570)],
)
def test_times_as_people_type_them(typed: str, minute: int) -> None:
    assert times.minutes(typed) == minute
    assert times.minutes(times.words(minute)) == minute


@pytest.mark.parametrize("typed", ["", "x", "9:", "1:2:3", "-1", "9:30+2", "٩", "009", "+1", "24:01", "99"])
def test_what_is_no_time(typed: str) -> None:
    if typed == "9:":
        assert times.minutes(typed) == 540
        return
    with pytest.raises(Invalid):
        times.minutes(typed)


def test_a_policy_is_made_with_its_targets(ada: FlaskClient, world: World, calendar: Calendar) -> None:
    given = policy_form(calendar.id, queues=[world.care_queue.id])
    answer = ada.post("/admin/sla", data=given)
    assert answer.status_code == 302
    made = db.session.scalars(select(SlaPolicy).where(SlaPolicy.name == "Gold")).one()
    words = editing.in_force(made.id)
    assert words.targets == {"normal": {"first_response": 14400}, "urgent": {"resolution": 5400}}
    assert words.conditions == {"queue_id": [world.care_queue.id]}
    assert (words.pause_categories, words.warn_percent) == (["pending"], 20)
    page = ada.get(answer.location).text
    assert "<em>Care</em>" in page
    assert "Save as version 2" in page


def test_a_change_is_a_new_version(ada: FlaskClient, policy: SlaPolicy, calendar: Calendar) -> None:
    answer = ada.post(f"/admin/sla/{policy.id}", data=policy_form(calendar.id, name="Standard"))
    assert answer.status_code == 302
    second = editing.in_force(policy.id)
    assert second.number == 2
    first = db.session.scalars(select(SlaPolicyVersion).where(SlaPolicyVersion.number == 1)).one()
    assert first.targets != second.targets


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "A name, please."),
        ({"name": "standard"}, "There is already a policy called standard."),
        ({"normal-first_response-amount": "-1"}, "A whole number from 1 to 10,000."),
        ({"normal-first_response-amount": "soon"}, "Not a valid integer value"),
        ({"normal-first_response-amount": "", "urgent-resolution-amount": ""}, "Promise at least one time."),
        ({"normal-first_response-unit": "years"}, "Not a valid choice"),
        ({"calendar_id": "999"}, "Not a valid choice"),
        ({"pauses": "new"}, "is not a valid choice"),
        ({"queues": "999"}, "is not a valid choice"),
        ({"warn_percent": "100"}, "From 0 to 99"),
        ({"position": "0"}, "This form has no field position."),
    ],
)
def test_a_policy_that_does_not_fit(ada: FlaskClient, calendar: Calendar, change: dict[str, Any], words: str) -> None:
    answer = ada.post("/admin/sla", data=policy_form(calendar.id, **change))
    assert answer.status_code == 422
    assert words in answer.text


def test_policies_are_tried_in_their_order_or_passed_over(
    ada: FlaskClient, policy: SlaPolicy, calendar: Calendar
) -> None:
    ada.post("/admin/sla", data=policy_form(calendar.id))
    gold = db.session.scalars(select(SlaPolicy).where(SlaPolicy.name == "Gold")).one()
    ada.post(f"/admin/sla/{gold.id}/place", data={"direction": "up"})
    db.session.expire_all()
    assert gold.position < policy.position
    ada.post(f"/admin/sla/{gold.id}/disabling")
    assert 'aria-checked="false"' in ada.get("/admin/sla").text
    ada.post(f"/admin/sla/{gold.id}/enabling")
    db.session.expire_all()
    assert gold.enabled
    assert ada.post(f"/admin/sla/{gold.id}/place", data={"direction": "x"}).status_code == 400
