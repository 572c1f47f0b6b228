"""Who gets a ticket: whoever waited longest among those who can take it, with the reasons kept."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.routing import dispatch, facts
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.tickets import flags, progress
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    world.care_queue.strategy = "round_robin"
    return open_for(world, world.care_queue, at=now)


def come_online(now: datetime, *agents: Agent) -> None:
    for agent in agents:
        availability.state(agent, "email", "online", now)


def decisions(ticket: Ticket) -> list[RoutingDecision]:
    query = select(RoutingDecision).where(RoutingDecision.ticket_id == ticket.id).order_by(RoutingDecision.id)
    return list(db.session.scalars(query))


def test_those_who_are_online_take_turns(world: World, now: datetime, ticket: Ticket) -> None:
    come_online(now, world.alice, world.bob, world.carol)
    tickets = [ticket]
    assert dispatch.dispatch(ticket.id, now)
    for seconds in range(1, 4):
        at = now + timedelta(seconds=seconds)
        tickets.append(open_for(world, world.care_queue, at=at))
        assert dispatch.dispatch(tickets[-1].id, at)
    assert [one.assignee_id for one in tickets] == [world.alice.id, world.bob.id, world.alice.id, world.bob.id]


def test_nobody_there_leaves_one_decision_with_the_reasons(world: World, now: datetime, ticket: Ticket) -> None:
    come_online(now - timedelta(hours=1), world.bob)
    for minutes in (0, 1):
        assert not dispatch.dispatch(ticket.id, now + timedelta(minutes=minutes))
    assert ticket.assignee_id is None
    [kept] = decisions(ticket)
    assert (kept.kind, kept.reason, kept.looks, kept.since, kept.at) == (
        "nobody",
        "nobody",
        2,
        now,
        now + timedelta(minutes=1),
    )
    reasons = {one["agent_id"]: one["why_not"] for one in kept.candidates["considered"]}
    assert reasons[world.alice.id] == "offline"
    assert reasons[world.bob.id] == "not_heard"


def test_what_waits_is_given_when_somebody_comes(world: World, now: datetime, ticket: Ticket) -> None:
    assert not dispatch.dispatch(ticket.id, now)
    assert dispatch.dispatch_waiting(now) == 0
    come_online(now, world.bob)
    assert dispatch.dispatch_waiting(now) == 1
    assert ticket.assignee_id == world.bob.id
    assert [one.agent_id for one in decisions(ticket)] == [None, world.bob.id]


def test_what_needs_nobody_is_left_alone(world: World, now: datetime, ticket: Ticket) -> None:
    come_online(now, world.alice)
    manual = open_for(world, world.orders_queue, at=now)
    spam, solved = (open_for(world, world.care_queue, at=now) for _ in range(2))
    flags.mark_spam(spam, world.ada.actor, now)
    progress.solve(solved, world.ada.actor, now)
    assert [dispatch.dispatch(one.id, now) for one in (manual, spam, solved)] == [False, False, False]
    assert ticket.assignee_id == world.alice.id
    assert not dispatch.dispatch(ticket.id, now)


def test_a_queue_where_nobody_is_keeps_no_other_waiting(world: World, now: datetime, ticket: Ticket) -> None:
    world.orders_queue.strategy = "round_robin"
    later = open_for(world, world.orders_queue, at=now)
    come_online(now, world.carol)
    assert dispatch.dispatch_waiting(now, limit=1) == 1
    assert (ticket.assignee_id, later.assignee_id) == (None, world.carol.id)


def test_whoever_comes_while_it_is_decided_has_to_wait_for_the_next_look(
    world: World, ticket: Ticket, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their turn is not held, so another dispatcher may give them something at the same moment."""
    there = facts.there

    def comes_then(team_ids: Collection[int], at: datetime) -> list[int]:
        found = there(team_ids, at)
        come_online(now, world.alice)
        return found

    monkeypatch.setattr(facts, "there", comes_then)
    assert not dispatch.dispatch(ticket.id, now)
    monkeypatch.undo()
    assert dispatch.dispatch(ticket.id, now)
    assert ticket.assignee_id == world.alice.id
