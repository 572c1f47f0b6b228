"""No ticket that somebody can take waits for more than a minute, in whatever desk: told by a clock of the test's own.

The world below decides for itself, agent by agent, who could take a ticket; it shares no code with the room.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from tests.people import LONG_AGO, World, open_for
from ticketdesk.accounts import availability, capacities, people, skills, teams
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import asking, dispatch, setting_up
from ticketdesk.routing.setting_up import Room
from ticketdesk.tickets import assignment, progress
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

MINUTE = timedelta(minutes=1)
STRATEGIES = ("round_robin", "fewest_open", "most_spare", "manual")


@dataclass
class Desk:
    """What the test knows of its world, noted beside the product."""

    agents: list[Agent] = field(default_factory=list)
    speaks: dict[int, set[int]] = field(default_factory=dict)
    member: dict[int, set[int]] = field(default_factory=dict)
    takes: dict[int, int] = field(default_factory=dict)
    here: dict[int, bool] = field(default_factory=dict)
    queues: list[Queue] = field(default_factory=list)
    rooms: dict[int, Room] = field(default_factory=dict)
    asks: dict[int, set[int]] = field(default_factory=dict)  # of tickets
    waits: dict[int, datetime] = field(default_factory=dict)

    def could(self, ticket: Ticket, agent: Agent, at: datetime) -> bool:
        """Whether this agent can take this ticket at this moment, by the words of the rules."""
        queue = next(queue for queue in self.queues if queue.id == ticket.queue_id)
        room, waited = self.rooms[queue.id], (at - self.waits[ticket.id]) / MINUTE
        if queue.strategy == "manual" or not self.here[agent.id]:
            return False
        held = len(
            db.session.scalars(
                select(Ticket.id).where(Ticket.assignee_id == agent.id, Ticket.category.in_(("new", "open")))
            ).all()
        )
        if held + 1 > self.takes[agent.id]:
            return False
        needed = set(room.required) | self.asks[ticket.id]
        if room.relax_after_minutes:
            for number, skill in enumerate(room.gives_way, start=1):
                if waited >= number * room.relax_after_minutes:
                    needed.discard(skill)
        if not needed <= self.speaks[agent.id]:
            return False
        serving = list(room.teams) or [queue.team_id]
        asked = serving[: 1 + int(waited // room.next_team_after_minutes)] if room.next_team_after_minutes else serving
        return any(team in self.member[agent.id] for team in asked)


def build(world: World, chance: Random, now: datetime) -> Desk:
    desk = Desk()
    known = [skills.create(f"Skill {number}", "subject", SYSTEM, LONG_AGO).id for number in range(3)]
    groups = [world.care.id, world.orders.id, teams.create("Night", SYSTEM, LONG_AGO).id]
    for number in range(chance.randint(1, 5)):
        agent = people.create(f"agent{number}@desk.example", f"Agent {number}", "agent", SYSTEM, LONG_AGO)
        desk.member[agent.id] = set(chance.sample(groups, chance.randint(1, 2)))
        people.change_teams(agent, desk.member[agent.id], SYSTEM, LONG_AGO)
        desk.speaks[agent.id] = {skill for skill in known if chance.random() < 0.5}
        skills.give(agent, desk.speaks[agent.id], SYSTEM, LONG_AGO)
        desk.takes[agent.id] = chance.randint(0, 4)
        capacities.set_own(agent, "email", desk.takes[agent.id], SYSTEM, LONG_AGO)
        desk.here[agent.id] = False
        desk.agents.append(agent)
    for queue in (world.care_queue, world.orders_queue):
        queue.strategy = chance.choice(STRATEGIES)
        room = Room(
            relax_after_minutes=chance.choice([0, 2, 5]),
            next_team_after_minutes=chance.choice([0, 3]),
            required=[skill for skill in known if chance.random() < 0.2],
            gives_way=chance.sample(known, chance.randint(0, 3)),
            teams=chance.choice([[], [queue.team_id, *(team for team in groups if team != queue.team_id)]]),
        )
        setting_up.change(queue, room, SYSTEM, now)
        desk.rooms[queue.id] = room
        desk.queues.append(queue)
    return desk


def live(desk: Desk, world: World, chance: Random, tickets: list[Ticket], at: datetime) -> None:
    """What happens in one minute; no event is told, so that the minute's look alone must find it."""
    for _ in range(chance.randint(0, 3)):
        ticket = open_for(world, chance.choice(desk.queues), at=at)
        desk.asks[ticket.id] = {
            skill for skill in {one for room in desk.rooms.values() for one in room.gives_way} if chance.random() < 0.3
        }
        asking.require(ticket, desk.asks[ticket.id], SYSTEM, at)
        if chance.random() < 0.3:
            ticket.next_due_at = at + MINUTE * chance.randint(1, 50)
        desk.waits[ticket.id] = at
        tickets.append(ticket)
    for agent in desk.agents:
        if chance.random() < 0.3:
            desk.here[agent.id] = not desk.here[agent.id]
        availability.state(agent, "email", "online" if desk.here[agent.id] else "away", at)
    for ticket in tickets:
        if ticket.assignee_id is not None and chance.random() < 0.2:
            if chance.random() < 0.5:
                assignment.assign(ticket, None, SYSTEM, at)
                desk.waits[ticket.id] = at
            else:
                progress.solve(ticket, SYSTEM, at)


@pytest.mark.parametrize("seed", range(6))
def test_no_ticket_waits_for_more_than_a_minute_while_somebody_can_take_it(
    world: World, now: datetime, seed: int
) -> None:
    _live_through(world, Random(seed), now)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 60))
def test_nor_in_any_of_many_desks(world: World, now: datetime, seed: int) -> None:
    _live_through(world, Random(seed), now)


def _live_through(world: World, chance: Random, now: datetime) -> None:
    desk, tickets, at = build(world, chance, now), list[Ticket](), now
    for _minute in range(chance.randint(3, 12)):
        at += MINUTE
        live(desk, world, chance, tickets, at)
        db.session.flush()
        # In batches of four, as if there were many.
        while dispatch.dispatch_waiting(at, limit=4) == 4:
            pass
        for ticket in tickets:
            if ticket.assignee_id is None and ticket.category in ("new", "open"):
                assert [agent.name for agent in desk.agents if desk.could(ticket, agent, at)] == []
        for agent in desk.agents:
            mine = [one for one in tickets if one.assignee_id == agent.id and one.category in ("new", "open")]
            assert len(mine) <= desk.takes[agent.id]
