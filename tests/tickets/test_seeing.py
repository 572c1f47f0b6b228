"""What many agents see at once is what each of them sees alone (SECURITY AZ-04)."""

import random
from datetime import datetime

import pytest
from sqlalchemy import select

from tests.people import AGENTS, World, open_for
from ticketdesk.accounts import people
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import seeing, visibility
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.queue import Queue, QueueGrant
from ticketdesk.tickets.ticket import Ticket


@pytest.mark.parametrize("seed", range(8))
def test_all_at_once_is_the_same_as_one_by_one(world: World, now: datetime, seed: int) -> None:
    chance = random.Random(seed)
    queues = [world.care_queue, world.orders_queue]
    for number in range(3):
        team = chance.choice([world.care, world.orders])
        queue = Queue(
            brand_id=world.brand.id, team_id=team.id, name=f"More {number}", position=number + 2, created_at=now
        )
        queue.archived_at = now if chance.random() < 0.4 else None
        db.session.add(queue)
        queues.append(queue)
    db.session.flush()
    agents = [world.agent(name) for name in AGENTS]
    for queue in queues:
        for team in (world.care, world.orders):
            if chance.random() < 0.3:
                db.session.add(QueueGrant(team_id=team.id, queue_id=queue.id, level=chance.choice(["read", "manage"])))
    tickets = [open_for(world, chance.choice(queues), at=now) for _ in range(10)]
    for ticket in tickets:
        ticket.assignee_id = chance.choice([None, *(agent.id for agent in agents)])
        follower = chance.choice(agents)
        db.session.add(Follower(ticket_id=ticket.id, agent_id=follower.id, since=now))
    if chance.random() < 0.5:
        people.disable(chance.choice(agents[:4]), SYSTEM, now)
    db.session.flush()

    found = seeing.queues(agent.id for agent in agents)
    seen = seeing.tickets([(agent.id, ticket.reference) for agent in agents for ticket in tickets])
    for agent in agents:
        rail = db.session.scalars(visibility.visible_queues(agent).with_only_columns(Queue.id)).all()
        assert sorted(rail) == list(found.get(agent.id, ()))
        alone = db.session.scalars(select(Ticket.reference).where(visibility.sees(agent))).all()
        assert set(alone) == {reference for agent_id, reference in seen if agent_id == agent.id}
    assert all(seen[pair] == next(one.last_seq for one in tickets if one.reference == pair[1]) for pair in seen)


def test_nothing_is_asked_for_nobody(world: World) -> None:
    assert seeing.tickets([]) == {}
    assert seeing.queues([]) == {}
