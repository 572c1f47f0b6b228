"""Status, assignment, priority, queue, tags, followers, flags, and the counts that follow."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import (
    assignment,
    flags,
    following,
    mentions,
    merging,
    moving,
    priority,
    progress,
    tagging,
    timeline,
)
from ticketdesk.tickets.counting import buckets
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.locking import lock
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    return open_for(world, world.care_queue, at=now)


def last(ticket: Ticket) -> tuple[str, dict[str, object]]:
    event = timeline.of_ticket(ticket.id)[-1]
    return event.kind, event.data


def test_solving_says_when_it_closes_and_closing_comes_then(world: World, now: datetime, ticket: Ticket) -> None:
    progress.solve(ticket, world.alice.actor, now)
    assert ticket.closes_at == now + timedelta(days=14)
    db.session.flush()
    assert progress.close_due(now + timedelta(days=13)) == 0
    assert progress.close_due(now + timedelta(days=14)) == 1
    assert (ticket.category, ticket.closed_at) == ("closed", now + timedelta(days=14))
    assert ticket.solved_at == now
    with pytest.raises(Conflict):
        progress.reopen(ticket, world.alice.actor, now)


def test_reopening_forgets_the_solution(world: World, now: datetime, ticket: Ticket) -> None:
    progress.solve(ticket, world.alice.actor, now)
    progress.reopen(ticket, world.alice.actor, now)
    assert (ticket.solved_at, ticket.closes_at, ticket.category) == (None, None, "open")
    assert last(ticket)[1]["from_category"] == "solved"


def test_changing_to_what_is_makes_no_event(world: World, now: datetime, ticket: Ticket) -> None:
    before = ticket.last_seq
    progress.move_to(ticket, "new", world.alice.actor, now)
    priority.change_priority(ticket, "normal", world.alice.actor, now)
    assignment.assign(ticket, None, world.alice.actor, now)
    moving.move(ticket, world.care_queue, world.alice.actor, now)
    tagging.change_tags(ticket, [], ["no-such-tag"], world.alice.actor, now)
    assert ticket.last_seq == before


def test_assigning_to_someone_who_left_is_refused(world: World, now: datetime, ticket: Ticket) -> None:
    world.bob.disabled_at = now
    with pytest.raises(Invalid) as refused:
        assignment.assign(ticket, world.bob, world.alice.actor, now)
    assert refused.value.field == "assignee"


def test_priority_is_one_of_four(world: World, now: datetime, ticket: Ticket) -> None:
    priority.change_priority(ticket, "urgent", world.alice.actor, now)
    assert last(ticket) == ("priority_changed", {"from": "normal", "to": "urgent"})
    with pytest.raises(Invalid):
        priority.change_priority(ticket, "soonish", world.alice.actor, now)


def test_tags_are_written_one_way_and_shared(world: World, now: datetime, ticket: Ticket) -> None:
    other = open_for(world, world.care_queue, at=now)
    tagging.change_tags(ticket, ["Teak", "spare parts", "teak"], [], world.alice.actor, now)
    tagging.change_tags(other, ["teak"], [], world.alice.actor, now)
    assert tagging.tags_of(ticket.id) == ["spare-parts", "teak"]
    tagging.change_tags(ticket, ["damage", "teak"], ["Spare parts"], world.alice.actor, now)
    assert tagging.tags_of(ticket.id) == ["damage", "teak"]
    assert tagging.tags_of(other.id) == ["teak"]
    with pytest.raises(Invalid):
        tagging.change_tags(ticket, ["x" * 41], [], world.alice.actor, now)


def test_following_is_said_once(world: World, now: datetime, ticket: Ticket) -> None:
    following.follow(ticket, world.carol, world.alice.actor, now)
    following.follow(ticket, world.carol, world.alice.actor, now)
    assert following.followers_of(ticket.id) == [world.carol.id]
    following.unfollow(ticket, world.carol, world.carol.actor, now)
    assert following.followers_of(ticket.id) == []


def test_reading_never_goes_back(world: World, now: datetime, ticket: Ticket) -> None:
    for seq in (3, 5, 4):
        following.read_up_to(ticket, world.alice, seq)
    assert db.session.scalars(select(Reading.seq)).all() == [5]


def test_counts_follow_the_ticket(world: World, now: datetime, ticket: Ticket) -> None:
    care, orders = world.care_queue.id, world.orders_queue.id
    keys = [f"queue:{care}", f"queue:{care}:unassigned", f"queue:{orders}", f"agent:{world.alice.id}"]

    def totals() -> list[int]:
        read = counters.read(keys)
        return [read[key] for key in keys]

    assert totals() == [1, 1, 0, 0]
    assignment.assign(ticket, world.alice, world.alice.actor, now)
    assert totals() == [1, 0, 0, 1]
    moving.move(ticket, world.orders_queue, world.alice.actor, now)
    assert totals() == [0, 0, 1, 1]
    flags.mark_spam(ticket, world.alice.actor, now)
    assert totals() == [0, 0, 0, 0]
    flags.unmark_spam(ticket, world.alice.actor, now)
    flags.trash(ticket, world.alice.actor, now)
    assert totals() == [0, 0, 0, 0]
    flags.restore(ticket, world.alice.actor, now)
    assert totals() == [0, 0, 1, 1]
    progress.solve(ticket, world.alice.actor, now)
    assert totals() == [0, 0, 0, 0]
    assert ticket.counted_in == buckets(ticket) == []


def test_the_same_rule_says_in_python_and_sql_what_is_active(world: World, now: datetime) -> None:
    for change in (
        lambda one: None,
        lambda one: progress.solve(one, world.ada.actor, now),
        lambda one: flags.mark_spam(one, world.ada.actor, now),
        lambda one: flags.trash(one, world.ada.actor, now),
        lambda one: progress.move_to(one, "on_hold", world.ada.actor, now),
    ):
        change(open_for(world, world.care_queue, at=now))
    db.session.flush()
    from_sql = set(db.session.scalars(select(Ticket.id).where(Ticket.active())))
    assert from_sql == {ticket.id for ticket in db.session.scalars(select(Ticket)) if ticket.is_active}
    assert len(from_sql) == 2


def test_locking_a_ticket_that_is_not_there_says_so(world: World, ticket: Ticket) -> None:
    with pytest.raises(NotFound):
        lock([ticket.id, ticket.id + 1])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Alice look", ["alice"]),
        ("@alice, @bob: look", ["alice", "bob"]),
        ("mail alice@desk.example", []),
        ("@Alicebob", []),
        ("(@carol)", ["carol"]),
        ("@nobody and @", []),
    ],
)
def test_mentions_are_names_after_an_at(world: World, text: str, names: list[str]) -> None:
    agents = [world.agent(name) for name in ("alice", "bob", "carol")]
    assert mentions.mentioned(text, agents) == sorted(world.agent(name).id for name in names)


def test_a_first_name_of_two_names_nobody(world: World) -> None:
    world.alice.name, world.bob.name = "Kim Aston", "Kim Brook"
    agents = [world.alice, world.bob]
    assert mentions.mentioned("@Kim look", agents) == []
    assert mentions.mentioned("@kim brook look", agents) == [world.bob.id]


def test_a_merged_ticket_is_not_changed_behind_its_survivor(world: World, now: datetime, ticket: Ticket) -> None:
    merging.merge(ticket, open_for(world, world.care_queue, "The same", now), world.alice.actor, now)
    by = world.alice.actor
    for change in (
        lambda: assignment.assign(ticket, world.bob, by, now),
        lambda: priority.change_priority(ticket, "high", by, now),
        lambda: tagging.change_tags(ticket, ["armrest"], (), by, now),
        lambda: moving.move(ticket, world.orders_queue, by, now),
    ):
        with pytest.raises(Conflict):
            change()
