"""What is known of a problem is told in all its incidents at once, and taken back at once."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World
from tests.tickets.test_merging import Write, standing, ticket_of
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import linking, progress, updating
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.queue import QueueGrant
from ticketdesk.tickets.ticket import Ticket

SOON = timedelta(seconds=10)


@pytest.fixture
def problem(world: World, write: Write, now: datetime) -> Ticket:
    return ticket_of(write(now, who="finn"))


@pytest.fixture
def incidents(world: World, write: Write, problem: Ticket, now: datetime) -> list[Ticket]:
    made = [ticket_of(write(now, who=who)) for who in ("dana", "eve")]
    for one in made:
        linking.link(problem, one, "incident", world.alice.actor, now)
    return made


def update(world: World, problem: Ticket, incidents: list[Ticket], at: datetime, **more: object) -> list[Message]:
    given: dict[str, object] = {
        "kind": "reply",
        "only": [one.id for one in incidents],
        "key": "k",
        "leaves_at": at + SOON,
    }
    return updating.update(problem, world.alice, "It works again.", at=at, **{**given, **more})  # type: ignore[arg-type]


def test_each_gets_a_message_and_a_row_of_its_own(
    world: World, problem: Ticket, incidents: list[Ticket], now: datetime
) -> None:
    plan = updating.plan(problem, world.alice)
    assert (plan.customers, plan.left_out) == (2, [])
    made = update(world, problem, incidents, now, solve=True)
    assert [standing(one)[-1] for one in incidents] == [message.id for message in made]
    assert [one.category for one in incidents] == ["solved", "solved"]
    rows = db.session.execute(select(OutboxRow.message_id, OutboxRow.recipient).where(OutboxRow.recipient.is_not(None)))
    assert {(row.message_id, row.recipient) for row in rows} == {
        (made[0].id, "dana@customer.example"),
        (made[1].id, "eve@customer.example"),
    }
    assert update(world, problem, incidents, now) == made  # a repeated request writes nothing twice
    assert [len(standing(one)) for one in incidents] == [2, 2]


def test_all_of_it_is_taken_back_at_once(world: World, problem: Ticket, incidents: list[Ticket], now: datetime) -> None:
    made = update(world, problem, incidents, now, solve=True)
    assert updating.take_back(problem, world.alice, "k", now + timedelta(seconds=5)) == 2
    assert [len(standing(one)) for one in incidents] == [1, 1]
    assert [one.category for one in incidents] == ["new", "new"]
    states = db.session.scalars(select(OutboxRow.state).where(OutboxRow.message_id.in_([one.id for one in made])))
    assert set(states) == {"cancelled"}
    drafts = db.session.execute(select(Draft.ticket_id, Draft.text)).all()
    assert [tuple(row) for row in drafts] == [(problem.id, "It works again.")]
    with pytest.raises(Conflict):
        updating.take_back(problem, world.alice, "k", now + timedelta(seconds=6))
    with pytest.raises(NotFound):
        updating.take_back(problem, world.bob, "k", now + timedelta(seconds=6))


def test_who_cannot_be_told_is_left_out_with_the_reason(
    world: World, write: Write, problem: Ticket, incidents: list[Ticket], now: datetime
) -> None:
    closed, readable, hidden = (ticket_of(write(now, who=who)) for who in ("gina", "hal", "ida"))
    for one in (closed, readable, hidden):
        linking.link(problem, one, "incident", world.ada.actor, now)
    progress.move_to(closed, "closed", world.alice.actor, now)
    readable.queue_id = hidden.queue_id = world.orders_queue.id
    db.session.flush()
    assert [one.ticket.id for one in updating.plan(problem, world.alice).told] == [one.id for one in incidents]
    db.session.add(QueueGrant(team_id=world.care.id, queue_id=world.orders_queue.id, level="read"))
    db.session.flush()
    left_out = {ticket.id: why for ticket, why in updating.plan(problem, world.alice).left_out}
    assert left_out == {closed.id: "closed", readable.id: "not_allowed", hidden.id: "not_allowed"}
    update(world, problem, [*incidents, closed, readable], now)
    assert [len(standing(one)) for one in (closed, readable)] == [1, 1]


def test_a_note_leaves_for_nobody(world: World, problem: Ticket, incidents: list[Ticket], now: datetime) -> None:
    made = update(world, problem, incidents, now, kind="note")
    assert {one.kind for one in made} == {"note"}
    assert (
        db.session.scalars(select(OutboxRow.id).where(OutboxRow.message_id.in_([one.id for one in made]))).all() == []
    )


def test_nobody_to_tell_is_refused(world: World, problem: Ticket, now: datetime) -> None:
    with pytest.raises(Invalid):
        update(world, problem, [], now)
