"""Agents come, get other rights, choose passwords by links, and go."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import PASSWORD, World
from ticketdesk.accounts import links, passwords, people, sessions, teams
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import teams_of
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def signed_in(agent: Agent, now: datetime) -> str:
    return sessions.begin(agent, "192.0.2.1", "a browser", now)[1]


def test_an_address_belongs_to_one_agent(world: World, now: datetime) -> None:
    made = people.create(" New@Bücher.Example ", "", "agent", SYSTEM, now)
    assert (made.email, made.name) == ("new@xn--bcher-kva.example", "new")
    with pytest.raises(Invalid) as refusal:
        people.create("NEW@bücher.example", "Again", "agent", SYSTEM, now)
    assert refusal.value.field == "email"


@pytest.mark.parametrize("email", ["", "x", "a@b", "a b@c.example", "a@b.example\nx", "a@b@c.example", "<a@b.example>"])
def test_rubbish_is_no_address(world: World, now: datetime, email: str) -> None:
    with pytest.raises(Invalid):
        people.create(email, "New", "agent", SYSTEM, now)


def test_roles_come_from_the_list(world: World, now: datetime) -> None:
    with pytest.raises(Invalid):
        people.create("new@desk.example", "New", "root", SYSTEM, now)
    with pytest.raises(Invalid):
        people.change_role(world.alice, "root", SYSTEM, now)


def test_another_role_signs_out_and_is_on_record(world: World, now: datetime) -> None:
    secret = signed_in(world.alice, now)
    people.change_role(world.alice, "supervisor", world.ada.actor, now)
    assert sessions.find(secret, now) is None
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "role_changed")).one()
    assert (entry.actor_id, entry.data) == (world.ada.id, {"from": "agent", "to": "supervisor"})


def test_the_same_role_changes_nothing(world: World, now: datetime) -> None:
    secret = signed_in(world.alice, now)
    people.change_role(world.alice, "agent", world.ada.actor, now)
    assert sessions.find(secret, now) is not None
    assert "role_changed" not in actions()


def test_somebody_must_be_left_to_administer(world: World, now: datetime) -> None:
    with pytest.raises(Conflict):
        people.change_role(world.ada, "agent", world.ada.actor, now)
    with pytest.raises(Conflict):
        people.disable(world.ada, world.ada.actor, now)
    people.change_role(world.sam, "administrator", world.ada.actor, now)
    people.disable(world.ada, world.sam.actor, now)
    assert not world.ada.is_active


def test_leaving_a_team_signs_out_and_joining_does_not(world: World, now: datetime) -> None:
    secret = signed_in(world.alice, now)
    people.change_teams(world.alice, [world.care.id, world.orders.id], world.ada.actor, now)
    assert sessions.find(secret, now) is not None
    people.change_teams(world.alice, [world.orders.id], world.ada.actor, now)
    assert sessions.find(secret, now) is None
    assert teams_of(world.alice.id) == [world.orders.id]
    with pytest.raises(Invalid):
        people.change_teams(world.alice, [10**9], world.ada.actor, now)


def test_a_disabled_agent_is_out_at_once_and_comes_back_as_before(world: World, now: datetime) -> None:
    secret, link = signed_in(world.alice, now), people.invite(world.alice, SYSTEM, now)
    people.disable(world.alice, world.ada.actor, now)
    assert sessions.find(secret, now) is None
    with pytest.raises(NotFound):
        links.use(link, now)
    with pytest.raises(Conflict):
        people.invite(world.alice, SYSTEM, now)
    people.enable(world.alice, world.ada.actor, now)
    assert sessions.find(secret, now) is None
    assert passwords.matches(world.alice.password_hash, PASSWORD)


def test_a_link_works_once_and_not_for_ever(world: World, now: datetime) -> None:
    link = people.invite(world.alice, SYSTEM, now)
    assert links.look(link, now)[1].id == world.alice.id
    assert links.use(link, now).id == world.alice.id
    with pytest.raises(NotFound):
        links.use(link, now)
    late = people.invite(world.alice, SYSTEM, now)
    with pytest.raises(NotFound):
        links.look(late, now + links.LIFE)


def test_a_new_link_makes_the_old_one_void(world: World, now: datetime) -> None:
    old, new = people.invite(world.alice, SYSTEM, now), people.invite(world.alice, SYSTEM, now)
    with pytest.raises(NotFound):
        links.look(old, now)
    other = people.invite(world.bob, SYSTEM, now)
    links.look(new, now)
    links.look(other, now)


def test_another_password_signs_out_everywhere_and_voids_links(world: World, now: datetime) -> None:
    secret, link = signed_in(world.alice, now), people.invite(world.alice, SYSTEM, now)
    passwords.choose(world.alice, "four words make sense", world.alice.actor, now)
    assert sessions.find(secret, now) is None
    with pytest.raises(NotFound):
        links.look(link, now)
    assert passwords.matches(world.alice.password_hash, "four words make sense")
    assert not passwords.matches(world.alice.password_hash, PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaaaa", "x" * 201, "alice@desk.example"])
def test_passwords_that_would_be_guessed(world: World, now: datetime, password: str) -> None:
    with pytest.raises(Invalid):
        passwords.choose(world.alice, password, world.alice.actor, now)


def test_a_session_can_be_ended_alone(world: World, now: datetime) -> None:
    first, second = signed_in(world.alice, now), signed_in(world.alice, now + timedelta(seconds=1))
    assert len(sessions.of(world.alice.id, now)) == 2
    found = sessions.find(first, now)
    assert found is not None
    sessions.end(found[0], now)
    assert sessions.find(first, now) is None
    assert sessions.find(second, now) is not None


def test_team_names_are_unlike(world: World, now: datetime) -> None:
    with pytest.raises(Invalid):
        teams.create(" Care ", SYSTEM, now)
    with pytest.raises(Invalid):
        teams.create("  ", SYSTEM, now)
    with pytest.raises(Invalid):
        teams.rename(world.orders, "Care", SYSTEM, now)
    teams.rename(world.care, "Care", SYSTEM, now)
