"""How a queue hands out its work on a screen, and the look ahead at what it would do."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.people import World, open_for
from tests.routing.conftest import come
from tests.web.desk.conftest import words
from ticketdesk.accounts import capacities, skills, teams
from ticketdesk.accounts.skill import Skill
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import dispatch, setting_up
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.setting_up import Room
from ticketdesk.tickets import assignment
from ticketdesk.tickets.queue import Queue, QueueGrant
from ticketdesk.web.admin import routing_preview

FORM = {
    "strategy": "fewest_open",
    "relax_after_minutes": "0",
    "next_team_after_minutes": "5",
    "rings_for_s": "30",
    "chat_waits_s": "120",
    "missed_rings": "3",
}
MINUTE = timedelta(minutes=1)


def page(world: World) -> str:
    return f"/admin/queues/{world.care_queue.id}/routing"


@pytest.fixture
def french(world: World) -> Skill:
    made = skills.create("French", "language", SYSTEM, clock.now())
    db.session.commit()
    return made


def test_each_strategy_is_explained(ada: FlaskClient, world: World) -> None:
    said = words(ada.get(page(world)).text)
    for sentence in (
        "Agents take tickets themselves: nothing is handed out.",
        "In turn: whoever got none for longest gets the next.",
        "To whoever has least to do:",
        "To whoever has most room:",
    ):
        assert sentence in said


def test_a_list_that_is_full_is_shown_all_the_same(ada: FlaskClient, world: World) -> None:
    serving = [teams.create(f"Team {number}", SYSTEM, clock.now()).id for number in range(setting_up.MOST_TEAMS)]
    setting_up.change(world.care_queue, Room(teams=serving), SYSTEM, clock.now())
    db.session.commit()
    answer = ada.get(page(world))
    assert (answer.status_code, "Team 19" in answer.text) == (200, True)


def test_everything_is_set_on_one_page(ada: FlaskClient, world: World, french: Skill) -> None:
    form: dict[str, Any] = {
        **FORM,
        "sticky": "y",
        "required": [french.id],
        "gives_way-0": french.id,
        "gives_way-1": "",
        "relax_after_minutes": "10",
        "teams-0": world.care.id,
        "teams-1": "",
        "teams-2": world.orders.id,
    }
    answer = ada.post(page(world), data=form)
    assert answer.status_code == 302, answer.text
    db.session.expire_all()
    queue = db.session.get_one(Queue, world.care_queue.id)
    assert queue.strategy == "fewest_open"
    assert setting_up.room_of(queue) == Room(
        sticky=True,
        relax_after_minutes=10,
        next_team_after_minutes=5,
        required=(french.id,),
        gives_way=(french.id,),
        teams=(world.care.id, world.orders.id),
    )
    assert db.session.get_one(QueueGrant, (world.orders.id, queue.id)).level == "reply"
    shown = ada.get(page(world)).text
    assert shown.count(f'<option selected value="{world.orders.id}">') == 1
    assert "To whoever has least to do" in ada.get("/admin/queues").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strategy": "by-looks"}, "Not a valid choice"),
        ({"relax_after_minutes": "-1"}, "Between 0 and 10080 minutes."),
        ({"next_team_after_minutes": "soon"}, "Not a valid integer value"),
        ({"teams-0": "999999"}, "Not a valid choice"),
        ({"gives_way-0": "x"}, "Invalid Choice"),
        ({"other": "1"}, "This form has no field other."),
    ],
)
def test_what_does_not_fit(ada: FlaskClient, world: World, change: dict[str, str], said: str) -> None:
    answer = ada.post(page(world), data={**FORM, **change})
    assert answer.status_code == 422
    assert said in answer.text
    assert "does not fit yet" in ada.post(f"{page(world)}/preview", data={**FORM, **change}).text


def test_the_same_team_twice_is_said_beside_it(ada: FlaskClient, world: World) -> None:
    answer = ada.post(page(world), data={**FORM, "teams-0": world.care.id, "teams-1": world.care.id})
    assert answer.status_code == 422
    assert "Name each at most once" in answer.text


def test_the_preview_writes_nothing(ada: FlaskClient, world: World) -> None:
    now = clock.now()
    come(now, world.alice, world.bob)
    ticket = open_for(world, world.care_queue, at=now)
    db.session.commit()
    answer = ada.post(f"{page(world)}/preview", data=FORM)
    assert answer.status_code == 200
    assert f"#{ticket.number}" in answer.text
    db.session.expire_all()
    assert ticket.assignee_id is None
    assert db.session.get_one(Queue, world.care_queue.id).strategy == "manual"
    assert db.session.scalar(select(func.count()).select_from(RoutingDecision)) == 0


@pytest.mark.parametrize("strategy", ["round_robin", "fewest_open", "most_spare"])
@pytest.mark.parametrize("sticky", [False, True])
def test_what_is_foretold_is_what_happens(world: World, strategy: str, sticky: bool) -> None:
    """The same ticket, before and after: who gets it, why, and in which order all came."""
    now = clock.now()
    french = skills.create("French", "language", SYSTEM, now)
    for one in (world.alice, world.bob):
        skills.give(one, [french.id], SYSTEM, now)
    capacities.set_own(world.bob, "email", 3, SYSTEM, now)
    room = Room(sticky=sticky, required=(french.id,), teams=(world.care.id, world.orders.id))
    setting_up.change(world.care_queue, room, SYSTEM, now)
    world.care_queue.strategy = strategy
    come(now, world.alice, world.bob, world.carol)
    for whose in (world.alice, world.bob, world.alice):
        assignment.assign(open_for(world, world.care_queue, at=now), whose, SYSTEM, now)
    for n in range(4):
        ticket = open_for(world, world.care_queue, at=now + n * MINUTE)
        moment = now + n * MINUTE
        come(moment, world.alice, world.bob, world.carol)
        db.session.flush()
        foretold = routing_preview.of(world.care_queue, strategy, room, moment)
        assert foretold.ticket == ticket
        assert dispatch.dispatch(ticket.id, moment) == (foretold.chosen_id is not None)
        made = db.session.scalars(select(RoutingDecision).where(RoutingDecision.ticket_id == ticket.id)).one()
        assert made.agent_id == foretold.chosen_id
        assert len(made.candidates["considered"]) == len(foretold.lines)


def test_in_a_manual_queue_nothing_is_foretold(ada: FlaskClient, world: World) -> None:
    assert "Nothing is handed out." in words(ada.get(page(world)).text)


def test_who_lacks_a_skill_is_said(ada: FlaskClient, world: World, french: Skill) -> None:
    come(clock.now(), world.alice)
    db.session.commit()
    said = words(ada.post(f"{page(world)}/preview", data={**FORM, "required": french.id}).text)
    assert "Nobody could be given it now." in said
    assert "lacks French" in said
    assert "not working" in said


def test_missing_queue_and_wrong_verb(ada: FlaskClient, world: World) -> None:
    assert ada.get("/admin/queues/999999/routing").status_code == 404
    assert ada.post("/admin/queues/999999/routing/preview", data=FORM).status_code == 404
    assert ada.delete(page(world)).status_code == 405
