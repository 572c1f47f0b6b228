"""Several dispatchers at once, on real connections: nobody gets too much, and nothing is given twice or left."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import LONG_AGO, World, open_for
from ticketdesk.accounts import availability, capacities, people
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import counters
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import dispatch, next_ticket, projection
from ticketdesk.routing.decision import GIVING, RoutingDecision
from ticketdesk.routing.strategies import WHOLE
from ticketdesk.tickets import assignment, progress
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

TICKETS = 500
MOST = 23


@pytest.fixture
def desk(committed_world: World, now: datetime) -> list[int]:
    """Ten agents who are there, some of both teams, two queues that hand out, and five hundred tickets."""
    world = committed_world
    agents = []
    for number in range(10):
        agent = people.create(f"agent{number}@desk.example", f"Agent {number}", "agent", SYSTEM, LONG_AGO)
        people.change_teams(
            agent, [[world.care.id], [world.orders.id], [world.care.id, world.orders.id]][number % 3], SYSTEM, LONG_AGO
        )
        capacities.set_own(agent, "email", MOST, SYSTEM, LONG_AGO)
        availability.state(agent, "email", "online", now)
        agents.append(agent.id)
    world.care_queue.strategy, world.orders_queue.strategy = "fewest_open", "round_robin"
    for number in range(TICKETS):
        open_for(world, (world.care_queue, world.orders_queue)[number % 2], at=now)
    db.session.commit()
    counters.fold()
    db.session.commit()
    return agents


def at_once(app: Flask, *works: Callable[[], None]) -> float:
    """Run these in threads of their own; raises what any of them raised. Returns the seconds it took."""
    start, errors = threading.Barrier(len(works) + 1), list[Exception]()

    def run(work: Callable[[], None]) -> None:
        with app.app_context():
            start.wait()
            try:
                work()
            except Exception as error:  # noqa: BLE001  # handed to the thread of the test
                errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return time.monotonic() - began


def given() -> dict[int, list[Event]]:
    """Who gave what, by ticket: only what dispatchers did."""
    found: dict[int, list[Event]] = {}
    for event in db.session.scalars(
        select(Event).where(Event.kind == "assigned", Event.actor_kind == "system").order_by(Event.id)
    ):
        if event.data["to"] is not None:
            found.setdefault(event.ticket_id, []).append(event)
    return found


@pytest.mark.parametrize("most", [2, 31, 60])
def test_four_dispatchers_give_five_hundred_tickets_once_each_and_nobody_too_many(
    committed_app: Flask, desk: list[int], now: datetime, most: int
) -> None:
    for agent_id in desk:
        capacities.set_own(db.session.get_one(Agent, agent_id), "email", most, SYSTEM, now)
    ids = db.session.scalars(select(Ticket.id).order_by(Ticket.id)).all()
    db.session.commit()

    def work(share: Sequence[int]) -> None:
        """As the background does: told of one ticket after the other, and now and then of none."""
        for number, ticket_id in enumerate(share):
            dispatch.dispatch(ticket_id, now)
            db.session.commit()
            if number % 10 == 9:
                dispatch.dispatch_waiting(now)

    took = at_once(committed_app, *[partial(work, ids[number::4][:40]) for number in range(4)])
    print(f"500 tickets, four dispatchers, at most {most} each: {took:.2f} s")  # noqa: T201  # the figure is wanted
    dispatch.dispatch_waiting(now)
    held = Counter(db.session.scalars(select(Ticket.assignee_id).where(Ticket.assignee_id.is_not(None))))
    assert set(held) <= set(desk)
    assert max(held.values()) <= most
    # Every agent is full, or nothing is left: nobody who could take something went without.
    assert sum(held.values()) == min(most * len(desk), TICKETS)
    assert all(len(events) == 1 for events in given().values())
    assert projection.loads(desk) == projection.recount(desk)
    decisions = Counter(db.session.scalars(select(RoutingDecision.ticket_id).where(RoutingDecision.kind.in_(GIVING))))
    assert set(decisions) == set(given()) and set(decisions.values()) == {1}


def test_nobody_gets_too_much_while_agents_come_and_go_and_work(
    committed_app: Flask, desk: list[int], now: datetime
) -> None:
    over = list[str]()

    def dispatcher() -> None:
        for _ in range(12):
            dispatch.dispatch_waiting(now, limit=40)

    def people_at_work(seed: int) -> None:
        chance = Random(seed)
        for _ in range(40):
            agent = db.session.get_one(Agent, chance.choice(desk))
            what = chance.random()
            if what < 0.3:
                availability.state(agent, "email", chance.choice(["online", "away", "offline"]), now)
            elif what < 0.5:
                next_ticket.next_for(agent, now)
            else:
                mine = select(Ticket).where(Ticket.assignee_id == agent.id, Ticket.category == "new").limit(3)
                for ticket in sorted(db.session.scalars(mine), key=lambda one: one.id):
                    if what < 0.6:
                        assignment.assign(ticket, None, agent.actor, now)
                    else:
                        progress.solve(ticket, agent.actor, now)
            db.session.commit()

    def watcher() -> None:
        for _ in range(60):
            for (agent_id, channel), points in projection.loads(desk).items():
                if channel == "email" and points > MOST * WHOLE:
                    over.append(f"{agent_id} has {points}")
            db.session.rollback()

    at_once(committed_app, *[dispatcher] * 4, lambda: people_at_work(1), lambda: people_at_work(2), watcher)
    assert over == []
    assert projection.loads(desk) == projection.recount(desk)
    _nobody_was_given_what_somebody_had(desk)
    for agent_id in desk:
        availability.state(db.session.get_one(Agent, agent_id), "email", "online", now + timedelta(minutes=1))
    dispatch.dispatch_waiting(now + timedelta(minutes=1))
    free = [
        agent_id
        for (agent_id, channel), points in projection.loads(desk).items()
        if channel == "email" and points <= (MOST - 1) * WHOLE
    ]
    assert not free or _waiting() == 0


def _nobody_was_given_what_somebody_had(desk: list[int]) -> None:
    """Each assignment says from whom, and that is what the one before it said."""
    last: dict[int, int | None] = {}
    for event in db.session.scalars(select(Event).where(Event.kind == "assigned").order_by(Event.ticket_id, Event.seq)):
        assert event.data["from"] == last.get(event.ticket_id)
        assert event.data["from"] is None or event.data["to"] is None
        last[event.ticket_id] = event.data["to"]


def _waiting() -> int:
    unassigned = select(Ticket.id).where(Ticket.assignee_id.is_(None), Ticket.category.in_(("new", "open")))
    handing_out = select(Queue.id).where(Queue.strategy != "manual")
    return len(db.session.scalars(unassigned.where(Ticket.queue_id.in_(handing_out))).all())
