"""The next ticket: least time left first, whatever queue, and never passed on without a reason."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from tests.people import World, open_for
from tests.routing.conftest import come
from ticketdesk.accounts import capacities, skills, working_hours
from ticketdesk.calendars import editing as calendars
from ticketdesk.core import turns
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.turns import Turn
from ticketdesk.routing import deciding, dispatch, next_ticket, setting_up
from ticketdesk.routing.next_ticket import SKIPS, Skip
from ticketdesk.routing.setting_up import Room
from ticketdesk.tickets import assignment, progress, replying
from ticketdesk.tickets.queue import Queue

MINUTE = timedelta(minutes=1)


def test_what_has_least_time_left_comes_first(world: World, now: datetime) -> None:
    old, urgent = open_for(world, world.care_queue, at=now), open_for(world, world.care_queue, at=now + MINUTE)
    urgent.next_due_at = now + 60 * MINUTE
    db.session.flush()
    served = next_ticket.next_for(world.alice, now + MINUTE)
    assert (served.ticket, served.is_own, urgent.assignee_id, old.assignee_id) == (urgent, False, world.alice.id, None)
    [decision] = deciding.of_ticket(urgent.id)
    assert (decision.kind, decision.reason, decision.agent_id) == ("next", "asked_for_next", world.alice.id)


def test_ones_own_comes_first_when_it_has_less_time_left(world: World, now: datetime) -> None:
    mine, other = open_for(world, world.care_queue, at=now), open_for(world, world.care_queue, at=now)
    assignment.assign(mine, world.alice, SYSTEM, now)
    served = next_ticket.next_for(world.alice, now)
    assert (served.ticket, served.is_own, other.assignee_id) == (mine, True, None)
    replying.reply(mine, world.alice, "Here", to=[("dana@customer.example", "")], at=now)
    assert next_ticket.next_for(world.alice, now).ticket == other


def test_queues_that_hand_out_and_queues_where_agents_choose(world: World, queue: Queue, now: datetime) -> None:
    ticket = open_for(world, queue, at=now)
    assert next_ticket.next_for(world.alice, now).ticket == ticket
    assert next_ticket.next_for(world.carol, now).why_not == "nothing"
    setting_up.change(world.orders_queue, Room(teams=[world.orders.id, world.care.id]), SYSTEM, now)
    elsewhere = open_for(world, world.orders_queue, at=now)
    assert next_ticket.next_for(world.bob, now).why_not == "nothing"
    assert next_ticket.next_for(world.bob, now + 5 * MINUTE).ticket == elsewhere


def test_whoever_asks_is_there_whatever_the_hour(world: World, now: datetime) -> None:
    mornings = calendars.create("Mornings", "UTC", [[[6 * 60, 7 * 60]]] * 7, SYSTEM, now)
    working_hours.of_team(world.care, mornings.id, SYSTEM, now)
    ticket = open_for(world, world.care_queue, at=now)
    assert next_ticket.next_for(world.alice, now).ticket == ticket


def test_why_there_is_none(world: World, now: datetime) -> None:
    assert next_ticket.next_for(world.alice, now).why_not == "nothing"
    french = skills.create("French", "language", SYSTEM, now)
    setting_up.change(world.care_queue, Room(required=[french.id]), SYSTEM, now)
    open_for(world, world.care_queue, at=now)
    assert next_ticket.next_for(world.alice, now).why_not == "not_fit"
    skills.give(world.alice, [french.id], SYSTEM, now)
    capacities.set_own(world.alice, "email", 0, SYSTEM, now)
    assert next_ticket.next_for(world.alice, now).why_not == "full"


def test_a_skipped_ticket_goes_back_and_does_not_return_for_a_while(world: World, now: datetime) -> None:
    first, second = open_for(world, world.care_queue, at=now), open_for(world, world.care_queue, at=now)
    assert next_ticket.next_for(world.alice, now).ticket == first
    served = next_ticket.next_for(world.alice, now, Skip(first.id, "not_my_subject", "  Ask   Bob "))
    assert (served.ticket, first.assignee_id) == (second, None)
    skipped = deciding.of_ticket(first.id)[-1]
    assert (skipped.kind, skipped.reason, skipped.note, skipped.from_id) == (
        "skipped",
        "not_my_subject",
        "Ask Bob",
        world.alice.id,
    )
    progress.solve(second, world.alice.actor, now)
    assert next_ticket.next_for(world.alice, now + 29 * MINUTE).ticket is None
    assert next_ticket.next_for(world.alice, now + 30 * MINUTE).ticket == first
    assignment.assign(first, None, SYSTEM, now)
    assert next_ticket.next_for(world.bob, now).ticket == first


def test_it_is_not_given_to_whoever_skipped_it_either(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = open_for(world, queue, at=now)
    next_ticket.next_for(world.alice, now)
    next_ticket.skip(world.alice, Skip(ticket.id, "no_time"), now)
    after = open_for(world, queue, at=now + MINUTE)
    assert dispatch.dispatch_waiting(now + MINUTE) == 1
    assert (ticket.assignee_id, after.assignee_id) == (None, world.alice.id)
    assert deciding.of_ticket(ticket.id)[-1].candidates["considered"][0]["why_not"] in ("skipped", "offline")


@pytest.mark.parametrize(("reason", "note"), [("", ""), ("because", ""), ("other", ""), ("other", "   ")])
def test_a_skip_needs_a_reason(world: World, now: datetime, reason: str, note: str) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    next_ticket.next_for(world.alice, now)
    with pytest.raises(Invalid):
        next_ticket.next_for(world.alice, now, Skip(ticket.id, reason, note))
    assert ticket.assignee_id == world.alice.id


def test_what_is_solved_is_not_passed_on(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    next_ticket.next_for(world.alice, now)
    progress.solve(ticket, world.alice.actor, now)
    with pytest.raises(Conflict):
        next_ticket.next_for(world.alice, now, Skip(ticket.id, "no_time", ""))
    assert ticket.assignee_id == world.alice.id


@pytest.mark.parametrize("reason", SKIPS)
def test_every_reason_will_do(world: World, now: datetime, reason: str) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    next_ticket.next_for(world.alice, now)
    assert next_ticket.skip(world.alice, Skip(ticket.id, reason, "words"), now).reason == reason


def test_only_ones_own_is_passed_on(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    assignment.assign(ticket, world.bob, SYSTEM, now)
    with pytest.raises(Conflict):
        next_ticket.next_for(world.alice, now, Skip(ticket.id, "no_time"))


def test_what_somebody_else_holds_is_passed_over(committed_world: World, now: datetime) -> None:
    first, second = (open_for(committed_world, committed_world.care_queue, at=now) for _ in range(2))
    db.session.commit()
    with db.engine.connect() as other:
        other.execute(text("SELECT 1 FROM tickets WHERE id = :id FOR UPDATE"), {"id": first.id})
        assert next_ticket.next_for(committed_world.alice, now).ticket == second
        held = turns.key(Turn.AGENT_WORK, committed_world.alice.id)
        assert not other.execute(text("SELECT pg_try_advisory_xact_lock(:kind, :number)"), held).scalar_one()
