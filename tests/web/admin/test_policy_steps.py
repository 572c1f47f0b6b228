"""The escalation steps of a policy on a screen: the time line, changing it, and what it would do to a ticket."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import LONG_AGO, World, open_for, sign_in
from ticketdesk.calendars import editing as calendars
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults, editing
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.tickets import assignment, replying

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
MANY = 6
STEP: dict[str, Any] = {
    "metric": "first_response",
    "side": "before",
    "amount": "30",
    "unit": "minutes",
    "roles": ["assignee", "supervisors"],
    "agent": "",
    "priority": "high",
    "queue": "",
    "tag": "Hurry up",
    "assignee": "",
    "based_on": "1",
}


def give(policy: SlaPolicy, *steps: dict[str, Any]) -> None:
    words = replace(editing.words_of(editing.in_force(policy.id)), steps=steps)
    editing.change(policy, words, SYSTEM, LONG_AGO)
    db.session.commit()


def step(offset_s: int = -1800, *recipients: str, **more: Any) -> dict[str, Any]:
    return {"metric": "first_response", "offset_s": offset_s, "recipients": list(recipients or ["team"]), **more}


def address(policy: SlaPolicy, more: str = "") -> str:
    return f"/admin/policies/{policy.id}/steps{more}"


def stored(policy: SlaPolicy) -> list[Any]:
    return editing.in_force(policy.id).steps


def test_without_steps_the_page_says_what_they_are(ada: FlaskClient, policy: SlaPolicy) -> None:
    page = ada.get(address(policy)).text
    assert "No steps yet" in page
    assert "Add the first step" in page


def test_the_policy_leads_there(ada: FlaskClient, policy: SlaPolicy) -> None:
    assert address(policy) in ada.get(f"/admin/sla/{policy.id}").text


def test_a_step_is_added_as_a_new_version(ada: FlaskClient, policy: SlaPolicy) -> None:
    answer = ada.post(address(policy), data=STEP)
    assert (answer.status_code, answer.location) == (302, address(policy))
    assert stored(policy) == [
        {
            "metric": "first_response",
            "offset_s": -1800,
            "recipients": ["assignee", "supervisors"],
            "actions": [{"do": "priority", "to": "high"}, {"do": "tag", "to": "hurry-up"}],
            "urgent": False,
        }
    ]
    assert [row.number for row in db.session.scalars(select(SlaPolicyVersion))] == [1, 2]
    page = ada.get(address(policy)).text
    assert "30 min before it is due" in page
    assert "Tells whoever has the ticket and the supervisors." in page
    assert "Priority becomes high. Gets the tag “hurry-up”." in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": ""}, "Say how long."),
        ({"amount": "0"}, "From 1 to 8,784."),
        ({"amount": "9999999999999999999"}, "Not a valid integer value."),
        ({"metric": "mood"}, "Not a valid choice"),
        ({"roles": ["everybody"]}, "valid choice"),
        ({"agent": "999999"}, "Not a valid choice"),
        ({"queue": "999999"}, "Not a valid choice"),
        ({"priority": "huge"}, "Not a valid choice"),
        ({"roles": [], "priority": "", "tag": ""}, "A step tells somebody, or changes the ticket."),
        ({"tag": "x" * 41}, "Field cannot be longer than 40 characters."),
        ({"colour": "red"}, "This form has no field colour."),
        ({"based_on": "7"}, "The policy was changed meanwhile."),
    ],
    ids=str,
)
def test_what_does_not_fit_is_said_beside_its_field(
    ada: FlaskClient, policy: SlaPolicy, change: dict[str, Any], said: str
) -> None:
    answer = ada.post(address(policy), data={**STEP, **change})
    assert answer.status_code == 422
    assert said in answer.text
    assert "Everything you typed is kept." in answer.text
    db.session.rollback()
    assert stored(policy) == []


def test_the_same_moment_for_the_same_people_is_one_step(ada: FlaskClient, policy: SlaPolicy) -> None:
    give(policy, step(-1800, "assignee", "supervisors"))
    answer = ada.post(address(policy), data={**STEP, "based_on": "2"})
    assert answer.status_code == 422
    assert "There is a step at this moment for the same people already." in answer.text


def test_a_step_is_changed_and_taken_out(ada: FlaskClient, world: World, policy: SlaPolicy) -> None:
    give(
        policy,
        step(3600, f"agent:{world.bob.id}", urgent=True, actions=[{"do": "assignee", "to": None}]),
        step(0),
    )
    page = ada.get(address(policy, "/2")).text
    assert '<option selected value="hours">' in page or 'selected value="hours"' in page
    assert f'selected value="{world.bob.id}"' in page
    data = {**STEP, "side": "at", "amount": "", "roles": ["followers"], "based_on": "2", "assignee": "nobody"}
    assert ada.post(address(policy, "/2"), data=data).status_code == 302
    assert [(one["offset_s"], one["recipients"]) for one in stored(policy)] == [(0, ["followers"]), (0, ["team"])]
    assert stored(policy)[0]["actions"][-1] == {"do": "assignee", "to": None}
    assert ada.post(address(policy, "/1/removal"), data={"based_on": "3"}).status_code == 302
    assert [one["recipients"] for one in stored(policy)] == [["team"]]


def test_who_looked_at_an_older_version_takes_nothing_out(ada: FlaskClient, policy: SlaPolicy) -> None:
    give(policy, step())
    assert ada.post(address(policy, "/1/removal"), data={"based_on": "1"}).status_code == 409
    assert ada.post(address(policy, "/1/removal"), data={}).status_code == 400
    db.session.rollback()
    assert len(stored(policy)) == 1


@pytest.mark.parametrize("more", ["/0", "/2", "/99"])
def test_a_place_without_a_step_leads_nowhere(ada: FlaskClient, policy: SlaPolicy, more: str) -> None:
    give(policy, step())
    assert ada.get(address(policy, more)).status_code == 404
    assert ada.post(address(policy, more), data={**STEP, "based_on": "2"}).status_code == 404
    assert ada.post(address(policy, f"{more}/removal"), data={"based_on": "2"}).status_code == 404


def test_only_administrators(world: World, client: FlaskClient, policy: SlaPolicy) -> None:
    sam = sign_in(client, world.sam)
    assert sam.get(address(policy)).status_code == 403
    assert sam.post(address(policy), data=STEP).status_code == 403
    assert sam.put(address(policy)).status_code == 405


@time_machine.travel(NOW, tick=False)
def test_the_example_shows_when_whom_and_when_their_mail_arrives(
    ada: FlaskClient, world: World, policy: SlaPolicy
) -> None:
    """Due at 14:00; Bob begins at three in the afternoon in Berlin, which is 14:00 here: his mail waits."""
    late = calendars.create("Late shift", "Europe/Berlin", [[[900, 1320]]] * 7, SYSTEM, LONG_AGO)
    world.bob.calendar_id, world.bob.timezone = late.id, "Europe/Berlin"
    ticket = open_for(world, world.care_queue, at=NOW)
    assignment.assign(ticket, world.bob, SYSTEM, NOW)
    give(policy, step(-1800, "assignee", "supervisors"), step(3600, f"agent:{world.carol.id}"))
    page = ada.get(address(policy), query_string={"ticket": f"#{ticket.number}"}).text
    assert f"#{ticket.number} The armrest came off" in page
    assert "Wed 4 Mar, 13:30" in page
    assert "Wed 4 Mar, 15:00 (Europe/Berlin)" in page
    assert "<b>Sam</b>" in page
    assert "may not see the ticket" in page
    assert page.index("Wed 4 Mar, 13:30") < page.index("Wed 4 Mar, 14:00") < page.index("Wed 4 Mar, 15:00</b>")


@time_machine.travel(NOW, tick=False)
def test_who_sees_the_ticket_only_by_the_steps_own_move_is_told(
    ada: FlaskClient, world: World, policy: SlaPolicy
) -> None:
    ticket = open_for(world, world.care_queue, at=NOW)
    moves = {"do": "queue", "to": world.orders_queue.id}
    give(
        policy, step(0, f"agent:{world.carol.id}", actions=[moves]), step(60, f"agent:{world.bob.id}", actions=[moves])
    )
    page = ada.get(address(policy), query_string={"ticket": str(ticket.number)}).text
    assert page.count("may not see the ticket") == 1
    assert page.index("<b>Carol</b>") < page.index("<b>Bob</b>") < page.index("may not see the ticket")


@time_machine.travel(NOW, tick=False)
def test_an_example_of_the_past_is_told_as_if_it_were_then(ada: FlaskClient, policy: SlaPolicy) -> None:
    give(policy, step(0, "administrators"))
    page = ada.get(address(policy), query_string={"start": "2026-02-02T09:00"}).text
    assert "over already" not in page
    assert page.count("Mon 2 Feb, 13:00") == 3


@time_machine.travel(NOW, tick=False)
def test_what_is_urgent_arrives_at_once(ada: FlaskClient, world: World, policy: SlaPolicy) -> None:
    late = calendars.create("Late shift", "Europe/Berlin", [[[900, 1320]]] * 7, SYSTEM, LONG_AGO)
    world.bob.calendar_id = late.id
    give(policy, step(-1800, f"agent:{world.bob.id}", urgent=True))
    page = ada.get(address(policy)).text
    assert "Wed 4 Mar, 13:30" in page
    assert "mail waits until" not in page


@time_machine.travel(NOW, tick=False)
def test_an_example_that_would_come(ada: FlaskClient, policy: SlaPolicy) -> None:
    """On Friday afternoon, urgent: half an hour is promised, so a step two hours ahead comes at once."""
    give(policy, step(-7200), step(0, metric="resolution"), step(0, metric="next_response"))
    page = ada.get(address(policy), query_string={"start": "2026-03-06T16:50", "priority": "urgent"}).text
    assert "A ticket that comes Fri 6 Mar, 16:50 with priority urgent" in page
    assert "Fri 6 Mar, 16:50</b>" in page
    assert "Mon 9 Mar, 09:20" in page
    assert "Mon 9 Mar, 12:50" in page


@time_machine.travel(NOW, tick=False)
def test_without_a_question_the_newest_ticket_is_shown(ada: FlaskClient, world: World, policy: SlaPolicy) -> None:
    give(policy, step())
    assert "A ticket that comes Wed 4 Mar, 10:00" in ada.get(address(policy)).text
    ticket = open_for(world, world.care_queue, at=NOW)
    db.session.commit()
    assert f"#{ticket.number}" in ada.get(address(policy)).text
    replying.reply(ticket, world.alice, "Here.", to=[("dana@customer.example", "")], at=NOW)
    db.session.commit()
    assert "Never: the clock has ended." in ada.get(address(policy)).text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"ticket": "999999"}, "There is no ticket with this number."),
        ({"ticket": "abc"}, "There is no ticket with this number."),
        ({"ticket": "9" * 40}, "There is no ticket with this number."),
        ({"start": "soon"}, "This is not a time"),
        ({"start": "0001-01-01T00:00"}, "This is not a time"),
        ({"start": "9999-12-31T23:59"}, "This is not a time"),
        ({"priority": "huge"}, "with priority normal"),
    ],
    ids=str,
)
def test_strange_questions_are_answered(
    ada: FlaskClient, policy: SlaPolicy, question: dict[str, str], said: str
) -> None:
    give(policy, step())
    answer = ada.get(address(policy), query_string=question)
    assert answer.status_code == 200
    assert said in answer.text


def test_names_are_only_text(ada: FlaskClient, world: World, policy: SlaPolicy) -> None:
    world.bob.name = "<script>alert(1)</script>"
    give(policy, step(0, f"agent:{world.bob.id}", actions=[{"do": "tag", "to": "<b>late</b>"}]))
    page = ada.get(address(policy)).text
    assert "<script>alert" not in page
    assert "<b>late" not in page


def test_of_several_who_change_the_steps_at_once_one_is_heard(committed_app: Flask, committed_world: World) -> None:
    """Otherwise the last to save would take out unseen what the others put in."""
    policy = defaults.create(SYSTEM, LONG_AGO)
    db.session.commit()
    where, start = address(policy), Barrier(MANY)
    browsers = [sign_in(committed_app.test_client(), committed_world.ada) for _ in range(MANY)]

    def save(number: int) -> int:
        start.wait(timeout=30)
        return browsers[number].post(where, data={**STEP, "amount": str(number + 1)}).status_code

    with ThreadPoolExecutor(MANY) as threads:
        found = sorted(threads.map(save, range(MANY)))
    assert found == [302] + [422] * (MANY - 1)
    assert len(stored(policy)) == 1
