"""Who sees which tickets and how far they may go: every way alone, together, and against a plain reckoning."""

import random
from datetime import datetime

import pytest

from tests.people import AGENTS, World, open_for
from ticketdesk.accounts import people, permissions, teams
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import LEVELS, Level
from ticketdesk.accounts.team import teams_of
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.queue import Queue, QueueGrant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import level, visible_queues, visible_tickets


def seen_by(agent: Agent) -> set[int]:
    return set(db.session.scalars(visible_tickets(agent).with_only_columns(Ticket.id)))


def grant(world: World, queue: Queue, to: Level) -> None:
    db.session.add(QueueGrant(team_id=world.orders.id, queue_id=queue.id, level=to))
    db.session.flush()


def levels(world: World, ticket: Ticket) -> dict[str, Level | None]:
    return {name: level(world.agent(name), ticket) for name in AGENTS}


def test_a_queue_is_its_teams(world: World) -> None:
    ticket = open_for(world, world.care_queue)
    assert levels(world, ticket) == {
        "alice": "manage",
        "bob": "manage",
        "carol": None,
        "sam": "manage",
        "ada": "manage",
    }


@pytest.mark.parametrize("granted", LEVELS)
def test_a_grant_gives_its_level(world: World, granted: Level) -> None:
    ticket = open_for(world, world.care_queue)
    grant(world, world.care_queue, granted)
    assert level(world.carol, ticket) == granted
    assert seen_by(world.carol) == {ticket.id}
    assert list(db.session.scalars(visible_queues(world.carol))) == [world.care_queue, world.orders_queue]


def test_the_assignee_may_answer_wherever_the_ticket_is(world: World) -> None:
    ticket = open_for(world, world.care_queue)
    ticket.assignee_id = world.carol.id
    db.session.flush()
    assert level(world.carol, ticket) == "reply"
    assert seen_by(world.carol) == {ticket.id}
    assert list(db.session.scalars(visible_queues(world.carol))) == [world.orders_queue]


def test_a_follower_may_answer(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue)
    db.session.add(Follower(ticket_id=ticket.id, agent_id=world.carol.id, since=now))
    db.session.flush()
    assert level(world.carol, ticket) == "reply"
    assert seen_by(world.carol) == {ticket.id}


def test_the_highest_of_several_counts(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue)
    db.session.add(Follower(ticket_id=ticket.id, agent_id=world.carol.id, since=now))
    grant(world, world.care_queue, "read")
    assert level(world.carol, ticket) == "reply"
    third = teams.create("Third", SYSTEM, now)
    people.change_teams(world.carol, [world.orders.id, third.id], SYSTEM, now)
    db.session.add(QueueGrant(team_id=third.id, queue_id=world.care_queue.id, level="manage"))
    db.session.flush()
    assert level(world.carol, ticket) == "manage"


def test_the_disabled_see_nothing(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue)
    people.change_role(world.sam, "administrator", SYSTEM, now)
    for name in ("alice", "ada"):
        people.disable(world.agent(name), SYSTEM, now)
        assert level(world.agent(name), ticket) is None
        assert seen_by(world.agent(name)) == set()
        assert list(db.session.scalars(visible_queues(world.agent(name)))) == []


def test_an_archived_queue_leaves_the_rail_but_not_its_tickets(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue)
    world.care_queue.archived_at = now
    db.session.flush()
    assert list(db.session.scalars(visible_queues(world.alice))) == []
    assert seen_by(world.alice) == {ticket.id}


def test_many_worlds_agree_with_a_plain_reckoning(world: World, now: datetime) -> None:
    """AZ-04 for the one condition that lists, counts and pages share."""
    chance = random.Random(4)
    agents = [world.agent(name) for name in AGENTS]
    queues = [world.care_queue, world.orders_queue]
    tickets = []
    for _ in range(40):
        ticket = open_for(world, chance.choice(queues))
        if chance.random() < 0.3:
            ticket.assignee_id = chance.choice(agents).id
        if chance.random() < 0.3:
            db.session.add(Follower(ticket_id=ticket.id, agent_id=chance.choice(agents).id, since=now))
        tickets.append(ticket)
    grants = {(world.orders.id, world.care_queue.id): "read"}
    grant(world, world.care_queue, "read")
    followers = {(row.ticket_id, row.agent_id) for row in db.session.query(Follower)}
    for agent in agents:
        expected = {}
        for ticket in tickets:
            rank = 0
            for team in teams_of(agent.id):
                if team == db.session.get_one(Queue, ticket.queue_id).team_id:
                    rank = 3
                if (team, ticket.queue_id) in grants:
                    rank = max(rank, 1)
            if ticket.assignee_id == agent.id or (ticket.id, agent.id) in followers:
                rank = max(rank, 2)
            if agent.role == "administrator":
                rank = 3
            expected[ticket.id] = LEVELS[rank - 1] if rank else None
        assert seen_by(agent) == {number for number, granted in expected.items() if granted}
        assert {ticket.id: level(agent, ticket) for ticket in tickets} == expected


def test_what_a_level_allows(world: World) -> None:
    table = {
        "ticket.read": ("read", "reply", "manage"),
        "ticket.reply": ("reply", "manage"),
        "ticket.assign": ("reply", "manage"),
        "ticket.queue": ("manage",),
        "ticket.spam": ("manage",),
    }
    for permission, enough in table.items():
        for given in (None, *LEVELS):
            assert permissions.allowed(world.alice, permission, given) is (given in enough)


def test_settings_are_for_administrators(world: World, now: datetime) -> None:
    may = [name for name in AGENTS if permissions.allowed(world.agent(name), "settings.change")]
    assert may == ["ada"]
    may = [name for name in AGENTS if permissions.allowed(world.agent(name), "reports.read")]
    assert may == ["sam", "ada"]
    people.disable(world.sam, SYSTEM, now)
    assert not permissions.allowed(world.sam, "desk.enter")
    with pytest.raises(KeyError):
        permissions.allowed(world.ada, "what.nobody.defined")
