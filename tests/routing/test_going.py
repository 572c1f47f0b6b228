"""Whoever goes gives back what waits for an answer; what is opened again goes back to its agent, if they are there."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from tests.routing.conftest import come
from ticketdesk.accounts import availability, capacities, people
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import deciding, dispatch, projection, releasing
from ticketdesk.tickets import assignment, medium, opening, progress, receiving, replying
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
DANA = [("dana@customer.example", "")]


def talk(world: World, queue: Queue, now: datetime) -> Ticket:
    return opening.open_ticket(
        queue_id=queue.id, requester=world.eve, subject="Hello", channel="chat", by=SYSTEM, at=now
    )


def theirs(world: World, ticket: Ticket, now: datetime) -> Ticket:
    return assignment.assign(ticket, world.alice, SYSTEM, now)


def test_who_says_that_they_are_offline_keeps_it_for_the_grace(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = theirs(world, open_for(world, queue, at=now), now)
    come(now, world.alice, state="offline")
    assert releasing.release_gone(now + 59 * SECOND) == 0
    assert releasing.release_gone(now + 60 * SECOND) == 1
    assert ticket.assignee_id is None
    event = db.session.scalars(select(Event).where(Event.kind == "released")).one()
    assert event.data == {"from": world.alice.id, "to": None, "why": "offline"}
    [decision] = deciding.of_ticket(ticket.id)
    assert (decision.kind, decision.reason, decision.from_id) == ("released", "offline", world.alice.id)
    assert releasing.release_gone(now + 61 * SECOND) == 0


def test_who_is_not_heard_of_keeps_it_for_both_times(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice, world.bob)
    ticket = theirs(world, open_for(world, queue, at=now), now)
    assert releasing.release_gone(now + 149 * SECOND) == 0
    availability.heartbeats([world.bob.id], now + 140 * SECOND)
    assert releasing.release_gone(now + 150 * SECOND) == 1
    assert dispatch.dispatch(ticket.id, now + 150 * SECOND)
    assert ticket.assignee_id == world.bob.id
    assert [one.kind for one in deciding.of_ticket(ticket.id)] == ["released", "dispatched"]


def test_whose_mode_keeps_keeps_it(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    availability.keep_work(world.alice, True, world.ada.actor, now)
    theirs(world, open_for(world, queue, at=now), now)
    assert releasing.release_gone(now + 60 * MINUTE) == 0
    availability.keep_work(world.alice, False, world.ada.actor, now)
    assert releasing.release_gone(now + 60 * MINUTE) == 1


def test_whoever_never_said_anything_is_not_gone(world: World, queue: Queue, now: datetime) -> None:
    theirs(world, open_for(world, queue, at=now), now)
    assert releasing.release_gone(now + 60 * MINUTE) == 0


def test_whoever_no_longer_works_here_keeps_nothing(world: World, queue: Queue, now: datetime) -> None:
    availability.keep_work(world.alice, True, world.ada.actor, now)
    kept = theirs(world, open_for(world, queue, at=now), now)
    unsaid = assignment.assign(open_for(world, queue, at=now), world.bob, SYSTEM, now)
    for agent in (world.alice, world.bob):
        people.disable(agent, SYSTEM, now)
    assert releasing.release_gone(now + 59 * SECOND) == 0
    assert releasing.release_gone(now + 60 * SECOND) == 2
    assert (kept.assignee_id, unsaid.assignee_id) == (None, None)
    assert {deciding.of_ticket(ticket.id)[-1].reason for ticket in (kept, unsaid)} == {"left"}


@pytest.mark.parametrize("state", ["pending", "on_hold", "solved"])
def test_what_does_not_wait_for_us_stays(world: World, queue: Queue, now: datetime, state: str) -> None:
    come(now, world.alice)
    ticket = theirs(world, open_for(world, queue, at=now), now)
    progress.move_to(ticket, state, world.alice.actor, now)
    assert releasing.release_gone(now + 60 * MINUTE) == 0


def test_what_was_answered_stays_until_the_customer_writes(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = theirs(world, open_for(world, queue, at=now), now)
    replying.reply(ticket, world.alice, "Here", to=DANA, at=now)
    assert releasing.release_gone(now + 60 * MINUTE) == 0
    receiving.receive(ticket, world.dana, Letter("email", "And now?"), now + MINUTE)
    assert releasing.release_gone(now + 60 * MINUTE) == 1


def test_letters_of_a_queue_where_agents_choose_stay_and_talks_do_not(world: World, now: datetime) -> None:
    come(now, world.alice)
    letter = theirs(world, open_for(world, world.care_queue, at=now), now)
    chat = theirs(world, talk(world, world.care_queue, now), now)
    assert releasing.release_gone(now + 60 * MINUTE) == 1
    assert (letter.assignee_id, chat.assignee_id) == (world.alice.id, None)


def test_a_talk_that_goes_on_by_mail_takes_up_room_for_mail(world: World, queue: Queue, now: datetime) -> None:
    ticket = theirs(world, talk(world, queue, now), now)
    mine = world.alice.id
    assert projection.loads([mine]) == {(mine, "chat"): 100, (mine, "email"): 0}
    medium.turn_to_mail(ticket, SYSTEM, now)
    assert projection.loads([mine]) == {(mine, "chat"): 0, (mine, "email"): 100}


def reopened(world: World, queue: Queue, now: datetime) -> Ticket:
    """Alice solved it, and the customer writes again; what follows is told as the background would."""
    ticket = theirs(world, open_for(world, queue, at=now), now)
    progress.solve(ticket, world.alice.actor, now)
    receiving.receive(ticket, world.dana, Letter("email", "Not yet"), now + MINUTE)
    assert ticket.category == "open"
    return tell(ticket, now + MINUTE)


def tell(ticket: Ticket, now: datetime) -> Ticket:
    changed = select(Event).where(Event.ticket_id == ticket.id, Event.kind == "status_changed")
    dispatch.on_event(db.session.scalars(changed.order_by(Event.seq.desc()).limit(1)).one(), now)
    return ticket


def test_what_is_opened_again_stays_with_its_agent_who_is_there(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice, world.bob)
    ticket = reopened(world, queue, now)
    [decision] = deciding.of_ticket(ticket.id)
    assert (decision.kind, decision.reason, decision.agent_id) == ("returned", "had_it_before", world.alice.id)
    assert ticket.assignee_id == world.alice.id


def test_else_it_goes_to_the_queue_and_to_whoever_is_there(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.bob)
    ticket = reopened(world, queue, now)
    [decision] = deciding.of_ticket(ticket.id)
    assert (decision.kind, decision.reason, decision.from_id) == ("released", "offline", world.alice.id)
    assert ticket.assignee_id is None
    assert dispatch.dispatch(ticket.id, now + MINUTE)
    assert ticket.assignee_id == world.bob.id


def test_an_agent_who_is_full_does_not_get_it_back(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    capacities.set_own(world.alice, "email", 1, SYSTEM, now)
    theirs(world, open_for(world, queue, at=now), now)
    assert reopened(world, queue, now).assignee_id is None


def test_its_own_weight_does_not_keep_it_away(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    capacities.set_own(world.alice, "email", 1, SYSTEM, now)
    assert reopened(world, queue, now).assignee_id == world.alice.id


def test_it_stays_with_whoever_keeps_their_work(world: World, queue: Queue, now: datetime) -> None:
    availability.keep_work(world.alice, True, world.ada.actor, now)
    ticket = reopened(world, queue, now)
    assert (ticket.assignee_id, deciding.of_ticket(ticket.id)[0].reason) == (world.alice.id, "keeps_work")


def test_it_does_not_stay_with_whoever_no_longer_works_here(world: World, queue: Queue, now: datetime) -> None:
    availability.keep_work(world.alice, True, world.ada.actor, now)
    ticket = theirs(world, open_for(world, queue, at=now), now)
    progress.solve(ticket, world.alice.actor, now)
    people.disable(world.alice, SYSTEM, now)
    receiving.receive(ticket, world.dana, Letter("email", "Not yet"), now + MINUTE)
    assert tell(ticket, now + MINUTE).assignee_id is None
    assert deciding.of_ticket(ticket.id)[-1].reason == "left"


def test_what_an_agent_opens_again_stays_where_it_is(world: World, queue: Queue, now: datetime) -> None:
    ticket = theirs(world, open_for(world, queue, at=now), now)
    progress.solve(ticket, world.alice.actor, now)
    progress.reopen(ticket, world.bob.actor, now)
    assert tell(ticket, now).assignee_id == world.alice.id


def test_where_agents_choose_it_stays_as_well(world: World, now: datetime) -> None:
    assert reopened(world, world.care_queue, now).assignee_id == world.alice.id


def test_but_not_with_whoever_no_longer_works_here(world: World, now: datetime) -> None:
    ticket = theirs(world, open_for(world, world.care_queue, at=now), now)
    progress.solve(ticket, world.alice.actor, now)
    people.disable(world.alice, SYSTEM, now)
    receiving.receive(ticket, world.dana, Letter("email", "Not yet"), now + MINUTE)
    assert tell(ticket, now + MINUTE).assignee_id is None
    assert deciding.of_ticket(ticket.id)[-1].reason == "left"
