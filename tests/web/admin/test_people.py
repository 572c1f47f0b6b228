"""Agents and teams on screens: who, with which rights, and the link that lets them in."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, sign_in, with_token
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team, teams_of
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db

NEW = {"email": "new@desk.example", "name": "New Person", "role": "agent"}


def link_in(text: str) -> str:
    return text.partition('value="http://localhost/sign-in/')[2].partition('"')[0]


def test_inviting_shows_a_link_once_that_lets_somebody_in(app: Flask, ada: FlaskClient, world: World) -> None:
    answer = ada.post("/admin/agents", data={**NEW, "teams": [world.care.id, world.orders.id]})
    assert answer.status_code == 201
    secret = link_in(answer.text)
    made = db.session.scalars(select(Agent).where(Agent.email == "new@desk.example")).one()
    assert set(teams_of(made.id)) == {world.care.id, world.orders.id}
    assert secret not in ada.get(f"/admin/agents/{made.id}").text
    theirs = with_token(app.test_client())
    assert theirs.post(f"/sign-in/{secret}", data={"password": "a table for eight people"}).status_code == 302
    assert "New Person" in theirs.get("/account").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "alice@desk.example"}, "Somebody has this address already."),
        ({"email": "nonsense"}, "This is not an email address."),
        ({"email": ""}, "An address, please."),
        ({"name": ""}, "A name, please."),
        ({"role": "root"}, "Not a valid choice"),
        ({"teams": "999"}, "is not a valid choice"),
        ({"teams": "x"}, "could not be coerced"),
        ({"password_hash": "x"}, "This form has no field password_hash."),
        ({"name": "a\x00b"}, "There is a character in it that cannot be kept."),
    ],
)
def test_a_form_that_does_not_fit_says_why_and_keeps_what_was_typed(
    ada: FlaskClient, world: World, change: dict[str, str], words: str
) -> None:
    answer = ada.post("/admin/agents", data={**NEW, **change})
    assert answer.status_code == 422
    assert words in answer.text
    if "email" not in change:
        assert 'value="new@desk.example"' in answer.text
    assert db.session.scalar(select(Agent).where(Agent.email == "new@desk.example")) is None


def test_each_right_is_an_action_of_its_own(ada: FlaskClient, world: World) -> None:
    """AZ-05: the form for the name cannot carry a role along."""
    bob = f"/admin/agents/{world.bob.id}"
    assert ada.post(f"{bob}/name", data={"name": "Robert", "role": "administrator"}).status_code == 422
    assert ada.post(f"{bob}/name", data={"name": "Robert"}).status_code == 302
    assert ada.post(f"{bob}/role", data={"role": "supervisor"}).status_code == 302
    assert ada.post(f"{bob}/teams", data={"teams": world.orders.id}).status_code == 302
    db.session.expire_all()
    assert (world.bob.name, world.bob.role, teams_of(world.bob.id)) == ("Robert", "supervisor", [world.orders.id])
    assert ada.post(f"{bob}/teams").status_code == 302
    assert teams_of(world.bob.id) == []


def test_changes_are_on_record_with_who_made_them(ada: FlaskClient, world: World) -> None:
    ada.post(f"/admin/agents/{world.bob.id}/role", data={"role": "supervisor"})
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "role_changed")).one()
    assert (entry.actor_kind, entry.actor_id, entry.subject_id) == ("agent", world.ada.id, world.bob.id)


def test_whoever_gives_up_administering_is_out(ada: FlaskClient, world: World) -> None:
    ada.post(f"/admin/agents/{world.bob.id}/role", data={"role": "administrator"})
    assert ada.post(f"/admin/agents/{world.ada.id}/role", data={"role": "agent"}).status_code == 302
    assert ada.get("/admin").status_code == 302


def test_the_last_administrator_stays(ada: FlaskClient, world: World) -> None:
    answer = ada.post(f"/admin/agents/{world.ada.id}/role", data={"role": "agent"})
    assert answer.status_code == 422
    assert "The last administrator cannot be given another role." in answer.text


def test_disabling_and_enabling(app: Flask, ada: FlaskClient, world: World) -> None:
    theirs = sign_in(app.test_client(), world.bob)
    assert ada.post(f"/admin/agents/{world.bob.id}/disabling").status_code == 302
    assert theirs.get("/account").status_code == 302
    assert "disabled" in ada.get("/admin/agents").text
    assert ada.post(f"/admin/agents/{world.bob.id}/link").status_code == 409
    assert ada.post(f"/admin/agents/{world.bob.id}/enabling").status_code == 302
    assert ada.post(f"/admin/agents/{world.bob.id}/link").status_code == 201


def test_teams_are_made_and_renamed(ada: FlaskClient, world: World) -> None:
    answer = ada.post("/admin/teams", data={"name": "  Work  shop "})
    assert answer.status_code == 302
    made = db.session.scalars(select(Team).where(Team.name == "Work shop")).one()
    assert "Nobody yet" in ada.get(answer.location).text
    assert ada.post(f"/admin/teams/{made.id}", data={"name": "Repairs"}).status_code == 302
    answer = ada.post(f"/admin/teams/{made.id}", data={"name": "Care"})
    assert answer.status_code == 422
    assert "Another team has this name." in answer.text
    assert ada.post("/admin/teams", data={"name": ""}).status_code == 422


def test_words_of_people_are_only_words(ada: FlaskClient, world: World) -> None:
    ada.post("/admin/teams", data={"name": "<script>alert(1)</script>"})
    text = ada.get("/admin/teams").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
