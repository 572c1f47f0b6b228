"""Asking what would have been: the forms, the list, and whose simulations one sees."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import counted
from tests.web.supervisor.conftest import Ask
from tests.web.supervisor.simulated import filled, run_all
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import editing
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.sla.simulation import SlaSimulation

PAGE = "/supervisor/simulator"


@pytest.fixture
def policy_id(ask: Ask) -> int:
    return db.session.scalars(select(SlaPolicy.id)).one()


@pytest.fixture
def calendar_id(ask: Ask) -> int:
    return db.session.scalars(select(Calendar.id)).one()


def test_who_may_ask(browser: Callable[[str], FlaskClient], policy_id: int, calendar_id: int) -> None:
    for address in (PAGE, f"{PAGE}/policy/{policy_id}", f"{PAGE}/hours/{calendar_id}"):
        assert browser("sam").get(address).status_code == 200
        assert browser("alice").get(address).status_code == 403
        assert browser("sam").delete(address).status_code == 405
    assert browser("alice").post(f"{PAGE}/policy/{policy_id}").status_code == 403


@pytest.mark.parametrize("kind", ["policy", "hours"])
def test_what_is_not_there(sam: FlaskClient, kind: str) -> None:
    assert sam.get(f"{PAGE}/{kind}/999999").status_code == 404
    assert sam.post(f"{PAGE}/{kind}/999999").status_code == 404
    assert sam.get(f"{PAGE}/{kind}/99999999999999999999999").status_code in (404, 422)


def test_one_begins_with_what_is_in_force(sam: FlaskClient, policy_id: int, calendar_id: int) -> None:
    page = sam.get(PAGE).text
    assert f'value="policy:{policy_id}">Standard' in page
    assert f'value="hours:{calendar_id}">Business hours' in page
    for kind, row_id in (("policy", policy_id), ("hours", calendar_id)):
        sent = sam.get(f"{PAGE}/start?from={kind}:{row_id}")
        assert (sent.status_code, sent.headers["Location"]) == (302, f"{PAGE}/{kind}/{row_id}")
    for senseless in ("", "policy", "x:1", "policy:x"):
        assert sam.get(f"{PAGE}/start?from={senseless}").status_code == 302
    form = sam.get(f"{PAGE}/policy/{policy_id}").text
    assert re.search(r'name="normal-first_response-amount" value="4"', form)
    assert 'value="09:00-17:00"' in sam.get(f"{PAGE}/hours/{calendar_id}").text


def test_a_draft_is_simulated_and_the_policy_stays(sam: FlaskClient, policy_id: int, ask: Ask) -> None:
    ask("Late now", ago=timedelta(days=1), answered=timedelta(minutes=90))
    versions = db.session.scalars(select(SlaPolicyVersion.id)).all()
    form = filled(sam.get(f"{PAGE}/policy/{policy_id}").text)
    assert (form["normal-first_response-amount"], form["normal-first_response-unit"]) == ("4", "hours")
    form |= {"normal-first_response-amount": "30", "normal-first_response-unit": "minutes"}
    sent = sam.post(f"{PAGE}/policy/{policy_id}", data=form)
    assert sent.status_code == 303
    made = db.session.scalars(select(SlaSimulation)).one()
    assert sent.headers["Location"] == f"/supervisor/simulations/{made.id}"
    assert made.draft["words"]["targets"]["normal"]["first_response"] == 1800
    assert made.draft["words"]["targets"]["high"]["first_response"] == 7200
    assert (made.state, made.end_at - made.start_at <= timedelta(days=30)) == ("waiting", True)
    assert db.session.scalars(select(SlaPolicyVersion.id)).all() == versions
    run_all()
    assert "Standard" in sam.get(PAGE).text


def test_a_draft_of_hours(sam: FlaskClient, calendar_id: int) -> None:
    form = filled(sam.get(f"{PAGE}/hours/{calendar_id}").text)
    form |= {
        "saturday": "10:00-14:00",
        "dates": "2026-12-24 09:00-12:00\n\n2026-12-25 closed",
        "timezone": "Europe/Berlin",
    }
    assert sam.post(f"{PAGE}/hours/{calendar_id}", data=form).status_code == 303
    hours = db.session.scalars(select(SlaSimulation)).one().draft["hours"]
    assert (hours["timezone"], hours["week"][4:]) == ("Europe/Berlin", [[[540, 1020]], [[600, 840]], []])
    assert [(one["date"], one["open"]) for one in hours["exceptions"]] == [
        ("2026-12-24", [[540, 720]]),
        ("2026-12-25", []),
    ]


@pytest.mark.parametrize("kind", ["policy", "hours"])
def test_a_draft_of_what_was_changed_meanwhile_is_asked_for_again(
    sam: FlaskClient, policy_id: int, calendar_id: int, now: datetime, kind: str
) -> None:
    address = f"{PAGE}/{kind}/{policy_id if kind == 'policy' else calendar_id}"
    form = filled(sam.get(address).text)
    if kind == "policy":
        policy = db.session.get_one(SlaPolicy, policy_id)
        words = replace(editing.words_of(editing.in_force(policy_id)), warn_percent=7)
        editing.change(policy, words, SYSTEM, now)
    else:
        calendar = db.session.get_one(Calendar, calendar_id)
        calendars.change(calendar, "Europe/Berlin", [[[600, 900]]] * 7, SYSTEM, now)
    db.session.commit()
    refused = sam.post(address, data=form)
    assert (refused.status_code, "Version 2 was saved meanwhile" in refused.text) == (422, True)
    assert db.session.scalars(select(SlaSimulation)).all() == []
    assert sam.post(address, data=filled(refused.text)).status_code == 303


def test_a_draft_of_hours_keeps_what_dates_are_called(sam: FlaskClient, calendar_id: int, now: datetime) -> None:
    dates = [{"date": "2026-12-24", "name": "Christmas Eve", "open": []}]
    calendar = db.session.get_one(Calendar, calendar_id)
    calendars.change(calendar, "UTC", [[[540, 1020]]] * 7, SYSTEM, now, exceptions=dates)
    db.session.commit()
    address = f"{PAGE}/hours/{calendar_id}"
    form = filled(sam.get(address).text)
    assert sam.post(address, data={**form, "dates": "2026-12-24 09:00-12:00\n2026-12-25"}).status_code == 303
    hours = db.session.scalars(select(SlaSimulation)).one().draft["hours"]
    assert [one["name"] for one in hours["exceptions"]] == ["Christmas Eve", ""]
    many = "\n".join((date(2026, 1, 1) + timedelta(days=day)).isoformat() for day in range(201))
    refused = sam.post(address, data={**form, "dates": many})
    assert (refused.status_code, "At most 200 dates" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("policy", {"normal-first_response-amount": "-3"}, "A whole number"),
        ("policy", {"first": "never"}, "Not a valid date"),
        ("policy", {"first": "2026-03-02", "last": "2026-03-01"}, "at most 366 days"),
        ("policy", {"first": "0001-01-01", "last": "9999-12-31"}, "days of our time"),
        ("policy", {"first": "2199-01-01", "last": "2199-01-31"}, "days that have begun"),
        ("policy", {"calendar_id": "999999"}, "Not a valid choice"),
        ("policy", {"asked_by": "1"}, "no field asked_by"),
        ("hours", {"monday": "9 to 5"}, "is not an opening"),
        ("hours", {"dates": "Christmas closed"}, "does not begin with a date"),
        ("hours", {"dates": "2026-12-24 25:00-26:00"}, "is not a time"),
        ("hours", {"timezone": "Mars/Olympus"}, "Not a valid choice"),
        (
            "hours",
            dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "closed"),
            "never open in the next 366 days",
        ),
    ],
)
def test_what_makes_no_sense_is_said_and_what_was_typed_is_kept(
    sam: FlaskClient, policy_id: int, calendar_id: int, kind: str, wrong: dict[str, str], said: str
) -> None:
    address = f"{PAGE}/{kind}/{policy_id if kind == 'policy' else calendar_id}"
    form = filled(sam.get(address).text)
    kept = "normal-resolution-amount" if kind == "policy" else "sunday"
    form[kept] = "17" if kind == "policy" else "11:00-12:00"
    if kind == "hours" and len(wrong) > 1:
        form[kept] = "closed"
    refused = sam.post(address, data={**form, **wrong})
    assert refused.status_code == 422
    assert said in refused.text
    assert filled(refused.text)[kept] == form[kept]
    assert db.session.scalars(select(SlaSimulation)).all() == []


def test_supervisors_see_their_own_and_administrators_all(
    browser: Callable[[str], FlaskClient], policy_id: int, world: World
) -> None:
    ada, sam = browser("ada"), browser("sam")
    for who in (ada, sam):
        form = filled(who.get(f"{PAGE}/policy/{policy_id}").text)
        assert who.post(f"{PAGE}/policy/{policy_id}", data=form).status_code == 303
    links = re.compile(r'href="/supervisor/simulations/(\d+)"')
    of_ada, of_sam = db.session.scalars(select(SlaSimulation.id).order_by(SlaSimulation.id))
    assert set(links.findall(sam.get(PAGE).text)) == {str(of_sam)}
    assert set(links.findall(ada.get(PAGE).text)) == {str(of_sam), str(of_ada)}


def test_the_list_asks_little(sam: FlaskClient, policy_id: int) -> None:
    form = filled(sam.get(f"{PAGE}/policy/{policy_id}").text)
    for _ in range(4):
        sam.post(f"{PAGE}/policy/{policy_id}", data=form)
    with counted() as ran:
        assert sam.get(PAGE).status_code == 200
    assert len(ran) <= 10, ran
