"""One change for many tickets: each by its verb, the rest goes on, and one undo puts back what nobody touched since."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.people import World, open_for
from tests.web.desk.conftest import counted
from ticketdesk.accounts import people
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import (
    assignment,
    batch_undoing,
    batching,
    fields,
    filling,
    following,
    locking,
    merging,
    merging_many,
    moving,
    priority,
    progress,
    tagging,
    timeline,
)
from ticketdesk.tickets.batch import KINDS, Batch, BatchTicket
from ticketdesk.tickets.batch_changes import PERMISSIONS, Assign, ChangeTags, Move, SetField, SetPriority, SetStatus
from ticketdesk.tickets.batching import Done, Skipped
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.fields import Definition
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.queue import QueueGrant
from ticketdesk.tickets.status import default_status
from ticketdesk.tickets.ticket import Ticket

SOON = timedelta(minutes=1)


@pytest.fixture
def three(world: World, now: datetime) -> list[Ticket]:
    return [open_for(world, world.care_queue, f"Matter {number}", now) for number in range(3)]


def serial(now: datetime) -> TicketField:
    return fields.define(Definition("Serial number", "serial"), SYSTEM, now)


def numbers(tickets: list[Ticket]) -> list[int]:
    return [ticket.number for ticket in tickets]


def events(ticket: Ticket) -> list[str]:
    return [event.kind for event in timeline.of_ticket(ticket.id)]


def batch_of(done: Done) -> int:
    assert done.batch_id is not None
    return done.batch_id


def test_every_ticket_is_changed_by_its_verb_in_the_name_of_who_asked(
    world: World, now: datetime, three: list[Ticket]
) -> None:
    done = batching.carry_out(world.alice, numbers(three), Assign(world.bob), now)
    assert done.changed == numbers(three)
    assert (done.same, done.skipped) == ([], [])
    for ticket in three:
        assert ticket.assignee_id == world.bob.id
        [told] = [event for event in timeline.of_ticket(ticket.id) if event.kind == "assigned"]
        assert (told.actor, told.data) == (world.alice.actor, {"from": None, "to": world.bob.id})
    rows = db.session.scalars(select(BatchTicket).order_by(BatchTicket.ticket_id)).all()
    assert [(row.ticket_id, row.data) for row in rows] == [
        (ticket.id, {"from": None, "to": world.bob.id}) for ticket in three
    ]


def test_those_that_are_like_that_already_get_no_event_and_no_row(
    world: World, now: datetime, three: list[Ticket]
) -> None:
    priority.change_priority(three[0], "high", world.alice.actor, now)
    done = batching.carry_out(world.alice, numbers(three), SetPriority("high"), now)
    assert (done.changed, done.same) == (numbers(three[1:]), [three[0].number])
    assert db.session.scalar(select(func.count()).select_from(BatchTicket)) == 2
    again = batching.carry_out(world.alice, numbers(three), SetPriority("high"), now)
    assert (again.batch_id, again.changed, again.same) == (None, [], numbers(three))
    assert db.session.scalar(select(func.count()).select_from(Batch)) == 1


def test_a_ticket_that_refuses_is_skipped_with_its_reason_and_the_others_go_on(
    world: World, now: datetime, three: list[Ticket]
) -> None:
    closed, merged, good = three
    progress.move_to(closed, "closed", SYSTEM, now)
    merging.merge(merged, good, world.alice.actor, now)
    foreign = open_for(world, world.orders_queue, at=now)
    readable = open_for(world, world.orders_queue, at=now)
    assignment.assign(readable, world.alice, SYSTEM, now)
    wanted = [*numbers(three), foreign.number, 999_999]
    done = batching.carry_out(world.alice, wanted, SetStatus(default_status("pending")), now)
    assert done.changed == [good.number]
    assert set(done.skipped) == {
        Skipped(closed.number, "closed"),
        Skipped(merged.number, "merged"),
        Skipped(foreign.number, "unseen"),
        Skipped(999_999, "unseen"),
    }
    moved = batching.carry_out(world.alice, [readable.number, good.number], Move(world.orders_queue), now)
    assert moved.skipped == [Skipped(readable.number, "not_allowed")]
    assert moved.changed == [good.number]


def test_who_may_only_read_changes_nothing(world: World, now: datetime, three: list[Ticket]) -> None:
    db.session.add(QueueGrant(team_id=world.orders.id, queue_id=world.care_queue.id, level="read"))
    db.session.flush()
    before = [ticket.last_seq for ticket in three]
    for change in (Assign(None), SetStatus(default_status("open")), SetPriority("low"), ChangeTags(["oak"])):
        done = batching.carry_out(world.carol, numbers(three), change, now)
        assert {skipped.why for skipped in done.skipped} == {"not_allowed"}
        assert (done.batch_id, done.changed) == (None, [])
    assert [ticket.last_seq for ticket in three] == before


def test_nobody_is_given_tickets_of_queues_on_which_they_do_not_work(
    world: World, now: datetime, three: list[Ticket]
) -> None:
    theirs = open_for(world, world.orders_queue, at=now)
    change = Assign(world.carol, frozenset({world.orders_queue.id}))
    done = batching.carry_out(world.ada, [*numbers(three), theirs.number], change, now)
    assert done.changed == [theirs.number]
    assert {skipped.why for skipped in done.skipped} == {"elsewhere"}


def test_what_would_fit_no_ticket_is_refused_as_a_whole(world: World, now: datetime, three: list[Ticket]) -> None:
    world.bob.disabled_at = now
    for change in (Assign(world.bob), SetPriority("soonish"), ChangeTags(["x" * 41])):
        with pytest.raises(Invalid):
            batching.carry_out(world.alice, numbers(three), change, now)
    with pytest.raises(Invalid):
        batching.carry_out(world.alice, [], SetPriority("high"), now)
    with pytest.raises(Invalid):
        batching.carry_out(world.alice, range(1, batching.MOST + 2), SetPriority("high"), now)


def test_one_undo_puts_back_what_each_had(world: World, now: datetime, three: list[Ticket]) -> None:
    assignment.assign(three[0], world.alice, SYSTEM, now)
    done = batching.carry_out(world.alice, numbers(three), Assign(world.bob), now)
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert (undone.changed, undone.skipped) == (numbers(three), [])
    assert [ticket.assignee_id for ticket in three] == [world.alice.id, None, None]


def test_every_kind_of_change_comes_back(world: World, now: datetime, three: list[Ticket]) -> None:
    tagging.change_tags(three[0], ["oak", "late"], [], SYSTEM, now)
    tagging.change_tags(three[1], ["teak"], [], SYSTEM, now)
    priority.change_priority(three[1], "low", SYSTEM, now)
    progress.move_to(three[2], "on_hold", SYSTEM, now)
    field = serial(now)
    filling.set_fields(three[0], {field: ["B-2"]}, SYSTEM, now)
    changes = (
        Assign(world.bob),
        SetStatus(default_status("solved")),
        SetPriority("urgent"),
        Move(world.orders_queue),
        ChangeTags(["oak", "new"], ["teak"]),
        SetField(field, ["A-1024"], world.alice),
    )
    assert (
        {*(change.kind for change in changes), "merge", "macro"}
        == set(KINDS)
        == set(PERMISSIONS)
        == set(batch_undoing.EVENTS)
    )

    def state() -> list[tuple[object, ...]]:
        said = filling.values_of([one.id for one in three], [field])
        fixed = [(one.assignee_id, one.status_id, one.category, one.priority, one.queue_id) for one in three]
        loose = [(tagging.tags_of(one.id), said.get((one.id, field.id), ())) for one in three]
        return [(*one, *other) for one, other in zip(fixed, loose, strict=True)]

    before = state()
    for change in changes:
        done = batching.carry_out(world.ada, numbers(three), change, now)
        assert done.changed == numbers(three), change.kind
        assert state() != before
        undone = batch_undoing.undo(batch_of(done), world.ada, now + SOON)
        assert (undone.changed, undone.skipped) == (numbers(three), []), change.kind
        assert state() == before, change.kind


def test_what_somebody_changed_since_stays_and_is_told(world: World, now: datetime, three: list[Ticket]) -> None:
    done = batching.carry_out(world.alice, numbers(three), SetPriority("high"), now)
    priority.change_priority(three[1], "urgent", world.bob.actor, now)
    priority.change_priority(three[2], "low", world.bob.actor, now)
    priority.change_priority(three[2], "high", world.bob.actor, now)  # as the batch left it, but bob's own wish
    assignment.assign(three[0], world.bob, world.bob.actor, now)  # another property
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert undone.changed == [three[0].number]
    assert undone.skipped == [Skipped(three[1].number, "changed"), Skipped(three[2].number, "changed")]
    assert [ticket.priority for ticket in three] == ["normal", "urgent", "high"]
    assert three[0].assignee_id == world.bob.id


def test_a_ticket_released_since_stays_released(world: World, now: datetime, three: list[Ticket]) -> None:
    assignment.assign(three[0], world.alice, SYSTEM, now)
    done = batching.carry_out(world.alice, [three[0].number], Assign(world.bob), now)
    assignment.release(three[0], "offline", SYSTEM, now)
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert undone.skipped == [Skipped(three[0].number, "changed")]
    assert three[0].assignee_id is None


def test_tags_that_others_touched_since_stay_and_the_rest_comes_back(
    world: World, now: datetime, three: list[Ticket]
) -> None:
    done = batching.carry_out(world.alice, numbers(three), ChangeTags(["oak", "late"]), now)
    tagging.change_tags(three[0], [], ["late"], world.bob.actor, now)
    tagging.change_tags(three[0], ["late", "own"], [], world.bob.actor, now)
    tagging.change_tags(three[1], [], ["oak", "late"], world.bob.actor, now)
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert undone.skipped == [Skipped(three[1].number, "changed")]
    assert [tagging.tags_of(ticket.id) for ticket in three] == [["late", "own"], [], []]


def test_undo_is_its_authors_once_and_for_ten_minutes(world: World, now: datetime, three: list[Ticket]) -> None:
    done = batching.carry_out(world.alice, numbers(three), SetPriority("high"), now)
    for stranger in (world.bob, world.ada):
        with pytest.raises(NotFound):
            batch_undoing.undo(batch_of(done), stranger, now + SOON)
    with pytest.raises(Conflict):
        batch_undoing.undo(batch_of(done), world.alice, now + timedelta(minutes=10, seconds=1))
    batch_undoing.undo(batch_of(done), world.alice, now + timedelta(minutes=10))
    with pytest.raises(Conflict):
        batch_undoing.undo(batch_of(done), world.alice, now + timedelta(minutes=10))


def test_who_gave_away_or_moved_what_they_then_cannot_touch_takes_it_back(world: World, now: datetime) -> None:
    lent = open_for(world, world.orders_queue, at=now)
    assignment.assign(lent, world.alice, SYSTEM, now)  # sees it by this alone
    given = batching.carry_out(world.alice, [lent.number], Assign(world.carol), now)
    assert batch_undoing.undo(batch_of(given), world.alice, now + SOON).changed == [lent.number]
    assert lent.assignee_id == world.alice.id
    own = open_for(world, world.care_queue, at=now)
    moved = batching.carry_out(world.alice, [own.number], Move(world.orders_queue), now)
    assert batch_undoing.undo(batch_of(moved), world.alice, now + SOON).changed == [own.number]
    assert own.queue_id == world.care_queue.id


def test_undo_asks_for_todays_rights(world: World, now: datetime, three: list[Ticket]) -> None:
    done = batching.carry_out(world.alice, numbers(three), Move(world.orders_queue), now)
    people.change_teams(world.alice, [world.orders.id], SYSTEM, now)
    db.session.flush()
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert {skipped.why for skipped in undone.skipped} == {"not_allowed"}
    assert {ticket.queue_id for ticket in three} == {world.orders_queue.id}


def test_what_refuses_to_go_back_is_told(world: World, now: datetime, three: list[Ticket]) -> None:
    for ticket in three:
        assignment.assign(ticket, world.bob, SYSTEM, now)
    done = batching.carry_out(world.alice, numbers(three), Assign(None), now)
    merging.merge(three[0], three[1], world.alice.actor, now)
    world.bob.disabled_at = now
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert undone.changed == []
    assert undone.skipped == [
        Skipped(three[0].number, "merged"),
        Skipped(three[1].number, "gone"),
        Skipped(three[2].number, "gone"),
    ]


def test_a_slip_of_the_key_for_solving_ends_no_clock(world: World, now: datetime, policy: SlaPolicy) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    db.session.flush()

    def clocks() -> list[tuple[object, ...]]:
        wanted = select(SlaTimer).where(SlaTimer.ticket_id == ticket.id).order_by(SlaTimer.metric)
        found = db.session.scalars(wanted.execution_options(populate_existing=True))
        return [(timer.metric, timer.due_at, timer.state) for timer in found]

    before = clocks()
    assert before
    done = batching.carry_out(world.alice, [ticket.number], SetStatus(default_status("solved")), now + SOON)
    db.session.flush()
    assert clocks() != before
    batch_undoing.undo(batch_of(done), world.alice, now + 2 * SOON)
    db.session.flush()
    assert clocks() == before


def test_ones_own_change_makes_nothing_unread(world: World, now: datetime, three: list[Ticket]) -> None:
    db.session.flush()
    for agent in (world.alice, world.bob):
        following.read_up_to(three[0], agent, three[0].last_seq)
        following.read_up_to(three[1], agent, three[1].last_seq - 1)

    def unread(agent: Agent) -> list[bool]:
        read = dict(
            db.session.execute(select(Reading.ticket_id, Reading.seq).where(Reading.agent_id == agent.id)).all()
        )
        return [read.get(ticket.id, 0) < ticket.last_seq for ticket in three]

    before = unread(world.alice)
    assert before == [False, True, True]
    done = batching.carry_out(world.alice, numbers(three), SetPriority("high"), now)
    assert (unread(world.alice), unread(world.bob)) == (before, [True] * 3)
    batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert unread(world.alice) == before


def test_old_batches_are_forgotten(world: World, now: datetime, three: list[Ticket]) -> None:
    batching.carry_out(world.alice, numbers(three), SetPriority("high"), now)
    assert batching.forget_old(now + timedelta(hours=23)) == 0
    assert batching.forget_old(now + timedelta(hours=25)) == 1
    assert db.session.scalar(select(func.count()).select_from(BatchTicket)) == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("merge", "macro")])
def test_what_many_cost_is_what_their_verbs_cost(world: World, now: datetime, policy: SlaPolicy, kind: str) -> None:
    """What the batch itself asks does not grow with its tickets."""
    change = {
        "assignee": Assign(world.bob),
        "status": SetStatus(default_status("pending")),
        "priority": SetPriority("high"),
        "queue": Move(world.orders_queue),
        "tags": ChangeTags(["oak"]),
        "fields": SetField(serial(now), ["A-1024"], world.ada),
    }[kind]
    costs, ways_back = [], []
    for size in (5, 15):
        made = numbers([open_for(world, world.care_queue, at=now) for _ in range(size)])
        db.session.commit()
        with counted() as ran:
            done = batching.carry_out(world.ada, made, change, now)
            db.session.flush()
        costs.append(len(ran))
        db.session.commit()
        with counted() as ran:
            batch_undoing.undo(batch_of(done), world.ada, now)
            db.session.flush()
        ways_back.append(len(ran))
        db.session.commit()
    each, each_back = (costs[1] - costs[0]) / 10, (ways_back[1] - ways_back[0]) / 10
    assert each <= 6 and each_back <= 6
    assert costs[0] - 5 * each <= 15
    assert ways_back[0] - 5 * each_back <= 15


def test_a_ticket_that_was_moved_since_is_given_back_to_nobody(
    world: World, now: datetime, three: list[Ticket]
) -> None:
    """In its new queue whoever had it may see nothing of it."""
    assignment.assign(three[0], world.alice, SYSTEM, now)
    done = batching.carry_out(world.alice, numbers(three[:1]), Assign(world.bob), now)
    moving.move(three[0], world.orders_queue, SYSTEM, now + SOON)
    undone = batch_undoing.undo(batch_of(done), world.alice, now + 2 * SOON)
    assert undone.changed == []
    assert three[0].assignee_id != world.alice.id


def _comes_in_sight(ticket: Ticket, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody moves a ticket to alice's queue in the moment in which the others are locked."""
    lock = locking.lock

    def locks(ids: Iterable[int]) -> list[Ticket]:
        held = lock(ids)
        ticket.queue_id = world.care_queue.id
        db.session.flush()
        return held

    monkeypatch.setattr(locking, "lock", locks)


def test_only_what_is_locked_is_changed(
    world: World, now: datetime, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes in sight while the others are locked would be locked after them, out of order."""
    late = open_for(world, world.orders_queue, at=now)
    _comes_in_sight(late, world, monkeypatch)
    done = batching.carry_out(world.alice, [*numbers(three), late.number], SetPriority("high"), now)
    assert (done.changed, done.skipped) == (numbers(three), [Skipped(late.number, "unseen")])


def test_only_what_is_locked_is_merged(
    world: World, now: datetime, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = open_for(world, world.orders_queue, at=now)
    _comes_in_sight(late, world, monkeypatch)
    batch = merging_many.merge(world.alice, [*numbers(three), late.number], three[0].number, now)
    merged = db.session.scalars(select(BatchTicket.ticket_id).where(BatchTicket.batch_id == batch.id)).all()
    assert sorted(merged) == [ticket.id for ticket in three[1:]]
    assert late.merged_into_id is None


def _says(ticket: Ticket, field: TicketField) -> tuple[str, ...]:
    return filling.values_of([ticket.id], [field]).get((ticket.id, field.id), ())


def test_a_field_that_came_with_a_merge_stays(world: World, now: datetime, three: list[Ticket]) -> None:
    """It said nothing before, is emptied again, and then says what the other ticket said."""
    survivor, source = three[:2]
    field = serial(now)
    filling.set_fields(survivor, {field: ["A"]}, SYSTEM, now)
    filling.set_fields(source, {field: ["B"]}, SYSTEM, now)
    done = batching.carry_out(world.alice, [survivor.number], SetField(field, [], world.alice), now)
    merging.merge(source, survivor, SYSTEM, now)
    assert _says(survivor, field) == ("B",)
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert undone.skipped == [Skipped(survivor.number, "changed")]
    assert _says(survivor, field) == ("B",)


def test_what_left_with_its_ticket_does_not_come_back(world: World, now: datetime, three: list[Ticket]) -> None:
    """What the field said before came from a ticket that stands for itself again."""
    survivor, source = three[:2]
    field = serial(now)
    filling.set_fields(source, {field: ["B"]}, SYSTEM, now)
    merging.merge(source, survivor, SYSTEM, now)
    done = batching.carry_out(world.alice, [survivor.number], SetField(field, ["C"], world.alice), now)
    merging.undo(source, SYSTEM, now)
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert undone.skipped == [Skipped(survivor.number, "changed")]
    assert _says(survivor, field) == ("C",)


def test_a_merge_that_touched_other_fields_hinders_nothing(world: World, now: datetime, three: list[Ticket]) -> None:
    survivor, source = three[:2]
    field = serial(now)
    other = fields.define(Definition("Batch", "batch"), SYSTEM, now)
    filling.set_fields(source, {other: ["B"]}, SYSTEM, now)
    done = batching.carry_out(world.alice, [survivor.number], SetField(field, ["C"], world.alice), now)
    merging.merge(source, survivor, SYSTEM, now)
    merging.undo(source, SYSTEM, now)
    assert batch_undoing.undo(batch_of(done), world.alice, now + SOON).changed == [survivor.number]
    assert _says(survivor, field) == ()


def test_a_field_of_a_ticket_that_closed_meanwhile_stays(world: World, now: datetime, three: list[Ticket]) -> None:
    field = serial(now)
    done = batching.carry_out(world.alice, [three[0].number], SetField(field, ["C"], world.alice), now)
    progress.move_to(three[0], "closed", SYSTEM, now)
    undone = batch_undoing.undo(batch_of(done), world.alice, now + SOON)
    assert undone.skipped == [Skipped(three[0].number, "closed")]
    assert _says(three[0], field) == ("C",)
