"""Skills, workload and working hours on screens."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.accounts import availability, capacities, skills
from ticketdesk.accounts.availability import Availability
from ticketdesk.accounts.skill import Skill
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import asking, setting_up
from ticketdesk.routing.setting_up import Room
from ticketdesk.sla import defaults
from ticketdesk.tickets import tagging


@pytest.fixture
def french(world: World) -> Skill:
    made = skills.create("French", "language", SYSTEM, clock.now())
    db.session.commit()
    return made


def test_a_skill_is_named_counted_and_renamed(ada: FlaskClient, world: World) -> None:
    answer = ada.post("/admin/skills", data={"name": " Teak  care ", "kind": "subject"})
    assert answer.status_code == 302
    made = db.session.scalars(select(Skill)).one()
    assert (made.name, made.kind) == ("Teak care", "subject")
    assert "nobody" in ada.get("/admin/skills").text
    assert ada.post(f"/admin/agents/{world.bob.id}/skills", data={"skills": made.id}).status_code == 302
    assert skills.of_agents([world.bob.id]) == {world.bob.id: {made.id}}
    assert "Bob" in ada.get(f"/admin/skills/{made.id}").text
    assert ada.post(f"/admin/skills/{made.id}/name", data={"name": "Teak"}).status_code == 302
    db.session.expire_all()
    assert made.name == "Teak"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "A name, please."),
        ({"name": "French"}, "Another skill has this name."),
        ({"kind": "mood"}, "Not a valid choice"),
        ({"level": "3"}, "This form has no field level."),
    ],
)
def test_a_skill_that_does_not_fit(ada: FlaskClient, french: Skill, change: dict[str, str], said: str) -> None:
    answer = ada.post("/admin/skills", data={"name": "Polish", "kind": "language", **change})
    assert answer.status_code == 422
    assert said in answer.text


def test_tags_lead_to_a_skill(ada: FlaskClient, world: World, french: Skill) -> None:
    ticket = open_for(world, world.care_queue)
    tagging.change_tags(ticket, ["paris", "lyon"], [], SYSTEM, clock.now())
    db.session.commit()
    where = f"/admin/skills/{french.id}/tags"
    answer = ada.post(where, data={"tags": "Paris, rome"})
    assert answer.status_code == 422
    assert "No ticket ever bore the tag “rome”." in answer.text
    assert ada.post(where, data={"tags": "Paris, lyon"}).status_code == 302
    assert set(asking.leads().values()) == {frozenset({french.id})}
    assert len(asking.leads()) == 2
    assert "lyon, paris" in ada.get(f"/admin/skills/{french.id}").text
    assert ada.post(where, data={"tags": ""}).status_code == 302
    assert asking.leads() == {}


def test_a_skill_that_a_queue_asks_for_stays(ada: FlaskClient, world: World, french: Skill) -> None:
    setting_up.change(world.care_queue, Room(required=(french.id,)), SYSTEM, clock.now())
    db.session.commit()
    answer = ada.post(f"/admin/skills/{french.id}/removal")
    assert answer.status_code == 409
    assert "A queue requires French." in answer.text
    setting_up.change(world.care_queue, Room(), SYSTEM, clock.now())
    db.session.commit()
    assert ada.post(f"/admin/skills/{french.id}/removal").status_code == 302
    assert db.session.scalar(select(Skill)) is None
    assert ada.get(f"/admin/skills/{french.id}").status_code == 404


def test_how_much_somebody_takes(ada: FlaskClient, world: World) -> None:
    where = f"/admin/agents/{world.bob.id}/capacity"
    assert ada.post(where, data={"email": "5", "chat": "", "keeps_work": "y"}).status_code == 302
    assert capacities.own([world.bob.id]) == {(world.bob.id, "email"): 5}
    assert all(db.session.scalars(select(Availability.keeps_work)))
    assert ada.post(where, data={"email": "", "chat": ""}).status_code == 302
    db.session.expire_all()
    assert capacities.own([world.bob.id]) == {}
    assert not any(db.session.scalars(select(Availability.keeps_work)))
    answer = ada.post(where, data={"email": "501"})
    assert answer.status_code == 422
    assert "Between 0 and 500." in answer.text


def test_numbers_for_everybody(ada: FlaskClient, world: World) -> None:
    roles = ("agent", "supervisor", "administrator")
    form = {f"{role}_{channel}": "7" for role in roles for channel in availability.CHANNELS}
    form |= {"weight_email": "1", "weight_chat": "5"}
    assert ada.get("/admin/workload").text.count('value="20"') == 3
    assert ada.post("/admin/workload", data=form).status_code == 302
    assert set(capacities.of_roles().values()) == {7}
    assert capacities.weights() == {"email": 1, "chat": 5}
    answer = ada.post("/admin/workload", data={**form, "weight_chat": "0", "agent_chat": "x"})
    assert answer.status_code == 422
    assert "Between 1 and 100." in answer.text


def test_hours_of_agents_and_teams(ada: FlaskClient, world: World) -> None:
    defaults.create(SYSTEM, clock.now())
    db.session.commit()
    calendar = db.session.scalars(select(Calendar.id)).first()
    assert ada.post(f"/admin/agents/{world.bob.id}/hours", data={"calendar": calendar}).status_code == 302
    assert ada.post(f"/admin/teams/{world.care.id}/hours", data={"calendar": calendar}).status_code == 302
    db.session.expire_all()
    assert (world.bob.calendar_id, world.care.calendar_id) == (calendar, calendar)
    assert ada.post(f"/admin/teams/{world.care.id}/hours", data={"calendar": ""}).status_code == 302
    assert ada.post(f"/admin/agents/{world.bob.id}/hours", data={"calendar": "999999"}).status_code == 422
    assert ada.post(f"/admin/teams/{world.care.id}/hours", data={"calendar": "x"}).status_code == 422
    db.session.expire_all()
    assert world.care.calendar_id is None
