"""Tickets that have to do with each other are linked and stay two."""

from datetime import datetime

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import linking, merging
from ticketdesk.tickets.relation import ROLES
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


@pytest.fixture
def three(world: World, now: datetime) -> tuple[Ticket, Ticket, Ticket]:
    made = [open_for(world, world.care_queue, at=now) for _ in range(3)]
    return made[0], made[1], made[2]


def roles(ticket: Ticket, world: World) -> dict[int, str]:
    return {other.id: role for role, other in linking.links_of(ticket, world.alice)}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_both_sides_show_it_and_tell_it(
    world: World, three: tuple[Ticket, Ticket, Ticket], now: datetime, role: str
) -> None:
    one, other, _third = three
    linking.link(one, other, role, world.alice.actor, now)
    assert roles(one, world) == {other.id: role}
    assert roles(other, world) == {one.id: ROLES[role]}
    told = db.session.execute(select(Event.ticket_id, Event.data).where(Event.kind == "linked")).all()
    assert {row.ticket_id: row.data["role"] for row in told} == {one.id: role, other.id: ROLES[role]}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_taking_it_off_and_putting_it_on_again_leaves_it_as_it_was(
    world: World, three: tuple[Ticket, Ticket, Ticket], now: datetime, role: str
) -> None:
    one, other, _third = three
    linking.link(one, other, role, world.alice.actor, now)
    assert linking.unlink(other, one, world.bob.actor, now) == ROLES[role]
    assert (roles(one, world), roles(other, world)) == ({}, {})
    linking.link(other, one, ROLES[role], world.bob.actor, now)
    assert roles(one, world) == {other.id: role}
    with pytest.raises(NotFound):
        linking.unlink(one, three[2], world.alice.actor, now)


def test_a_link_shows_nobody_more(world: World, three: tuple[Ticket, Ticket, Ticket], now: datetime) -> None:
    hidden = open_for(world, world.orders_queue, at=now)
    linking.link(three[0], hidden, "incident", world.ada.actor, now)
    assert roles(three[0], world) == {}
    assert [other.id for _role, other in linking.links_of(three[0], world.ada)] == [hidden.id]
    assert linking.links_of(hidden, world.carol) == []


def test_a_problem_has_many_incidents_and_no_circle_closes(
    world: World, three: tuple[Ticket, Ticket, Ticket], now: datetime
) -> None:
    problem, first, second = three
    by = world.alice.actor
    for incident in (first, second):
        linking.link(problem, incident, "incident", by, now)
    assert roles(problem, world) == {first.id: "incident", second.id: "incident"}
    another = open_for(world, world.care_queue, at=now)
    with pytest.raises(Conflict, match="another ticket already"):
        linking.link(first, another, "problem", by, now)
    with pytest.raises(Conflict, match="itself an incident"):
        linking.link(another, first, "problem", by, now)
    with pytest.raises(Conflict, match="of its own"):
        linking.link(problem, another, "problem", by, now)
    with pytest.raises(Conflict, match="linked already"):
        linking.link(problem, first, "related", by, now)
    with pytest.raises(Conflict, match="itself"):
        linking.link(first, first, "related", by, now)
    with pytest.raises(Invalid):
        linking.link(first, another, "parent", by, now)
    linking.link(first, second, "related", by, now)  # that closes no circle


def test_the_same_again_is_the_same_link(world: World, three: tuple[Ticket, Ticket, Ticket], now: datetime) -> None:
    one, other, third = three
    made = linking.link(one, other, "related", world.alice.actor, now)
    assert linking.link(other, one, "related", world.alice.actor, now) is made
    merging.merge(third, one, world.alice.actor, now, widen=True)
    with pytest.raises(Conflict, match="merged"):
        linking.link(other, third, "related", world.alice.actor, now)
