"""Timers follow their ticket in the same transaction, and lists show the one with least time left."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.core.db import db
from ticketdesk.sla import editing, rebuilding
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import flags, moving, noting, priority, progress, receiving, replying, timeline
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

HOUR = timedelta(hours=1)


def timer(ticket: Ticket, metric: str, cycle: int = 1) -> SlaTimer:
    db.session.flush()
    return db.session.scalars(
        select(SlaTimer).where(SlaTimer.ticket_id == ticket.id, SlaTimer.metric == metric, SlaTimer.cycle == cycle)
    ).one()


def kinds(ticket: Ticket) -> list[str]:
    return [event.kind for event in timeline.of_ticket(ticket.id)]


@pytest.fixture
def ticket(world: World, policy: SlaPolicy, now: datetime) -> Ticket:
    """Dana writes on Wednesday at 10."""
    ticket = open_for(world, world.care_queue, at=now)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off."), now)
    return ticket


@pytest.fixture(autouse=True)
def _stored_is_replayed(world: World, now: datetime) -> object:
    """Whatever a test does: the rows repeat the events."""
    yield
    db.session.flush()
    ids = db.session.scalars(select(Ticket.id)).all()
    assert rebuilding.compare(ids, now) == {}


def test_a_customers_ticket_promises_an_answer_and_a_solution(ticket: Ticket, now: datetime) -> None:
    assert kinds(ticket) == ["ticket_opened", "sla_applied", "message_received"]
    first = timer(ticket, "first_response")
    assert (first.state, first.started_at, first.due_at) == ("running", now, now + 4 * HOUR)
    assert first.warn_at == now + 3 * HOUR
    solution = timer(ticket, "resolution")
    assert solution.due_at == datetime(2026, 3, 9, 10, tzinfo=now.tzinfo)
    assert (ticket.next_due_at, ticket.next_due_metric, ticket.next_due_state) == (
        first.due_at,
        "first_response",
        "running",
    )
    assert ticket.next_due_started_at == now


def test_a_human_reply_stops_the_first_and_the_next_answer_starts_anew(
    world: World, ticket: Ticket, now: datetime
) -> None:
    replying.reply(ticket, world.alice, "A new one is on its way.", to=[("dana@customer.example", "")], at=now + HOUR)
    first = timer(ticket, "first_response")
    assert (first.state, first.stopped_at, first.consumed_s) == ("met", now + HOUR, 3600)
    assert ticket.next_due_metric == "resolution"
    receiving.receive(ticket, world.dana, Letter("email", "Thank you!"), now + 2 * HOUR)
    receiving.receive(ticket, world.dana, Letter("email", "And the screws?"), now + 3 * HOUR)
    following = timer(ticket, "next_response")
    assert (following.started_at, following.due_at) == (now + 2 * HOUR, now + 6 * HOUR)
    assert ticket.next_due_metric == "next_response"


def test_notes_and_automatic_mail_stop_nothing(world: World, ticket: Ticket, now: datetime) -> None:
    noting.note(ticket, world.alice, "Which bench is it?", at=now + HOUR)
    replying.tell_automatically(
        ticket, "We have your mail.", [("dana@customer.example", "")], "acknowledgement", now + HOUR
    )
    assert timer(ticket, "first_response").state == "running"


def test_inert_and_held_messages_move_no_clock(world: World, ticket: Ticket, now: datetime) -> None:
    replying.reply(ticket, world.alice, "On its way.", to=[("dana@customer.example", "")], at=now + HOUR)
    receiving.receive(ticket, world.dana, Letter("email", "I am away.", inert="vacation"), now + 2 * HOUR)
    held = receiving.receive(ticket, world.eve, Letter("email", "Me too."), now + 2 * HOUR)
    assert ticket.next_due_metric == "resolution"
    receiving.accept(held.id, world.alice.actor, now + 3 * HOUR)
    assert timer(ticket, "next_response").started_at == now + 3 * HOUR


def test_pending_pauses_the_solution_and_the_customers_answer_ends_it(
    world: World, ticket: Ticket, now: datetime
) -> None:
    replying.reply(ticket, world.alice, "Which colour?", to=[("dana@customer.example", "")], at=now + HOUR)
    progress.move_to(ticket, "pending", world.alice.actor, now + HOUR)
    solution = timer(ticket, "resolution")
    assert (solution.state, solution.consumed_s, solution.due_at) == ("paused", 3600, None)
    assert (ticket.next_due_at, ticket.next_due_state) == (None, "paused")
    receiving.receive(ticket, world.dana, Letter("email", "Slate."), now + 3 * HOUR)
    assert (solution.state, solution.due_at) == (
        "running",
        datetime(2026, 3, 9, 12, tzinfo=now.tzinfo),
    )


def test_solving_decides_and_reopening_goes_on_with_the_time_used(world: World, ticket: Ticket, now: datetime) -> None:
    progress.solve(ticket, world.alice.actor, now + 2 * HOUR)
    assert timer(ticket, "resolution").state == "met"
    assert (timer(ticket, "first_response").state, timer(ticket, "first_response").ended_reason) == ("ended", "solved")
    assert (ticket.next_due_at, ticket.next_due_metric) == (None, None)
    receiving.receive(ticket, world.dana, Letter("email", "It broke again."), now + 4 * HOUR)
    again = timer(ticket, "resolution", 2)
    assert (again.consumed_s, again.due_at) == (7200, datetime(2026, 3, 9, 12, tzinfo=now.tzinfo))
    assert timer(ticket, "resolution").state == "met"


def test_a_higher_priority_keeps_the_time_used_and_is_late_from_the_change_on(
    world: World, ticket: Ticket, now: datetime
) -> None:
    priority.change_priority(ticket, "high", world.alice.actor, now + HOUR)
    first = timer(ticket, "first_response")
    assert (first.target_s, first.due_at) == (7200, now + 2 * HOUR)
    priority.change_priority(ticket, "urgent", world.alice.actor, now + HOUR)
    assert (first.state, first.breached_at, first.late_at_change) == ("breached", now + HOUR, True)
    told = timeline.of_ticket(ticket.id)[-1]
    assert (told.kind, told.at, told.data["metric"], told.data["at_change"]) == (
        "sla_breached",
        now + HOUR,
        "first_response",
        True,
    )
    priority.change_priority(ticket, "low", world.alice.actor, now + 2 * HOUR)
    assert (first.state, kinds(ticket).count("sla_breached")) == ("breached", 1)


def test_a_late_reply_records_the_miss_at_its_due_time(world: World, ticket: Ticket, now: datetime) -> None:
    replying.reply(ticket, world.alice, "Sorry!", to=[("dana@customer.example", "")], at=now + 5 * HOUR)
    first = timer(ticket, "first_response")
    assert (first.state, first.breached_at, first.stopped_at) == ("breached", now + 4 * HOUR, now + 5 * HOUR)
    told = next(event for event in timeline.of_ticket(ticket.id) if event.kind == "sla_breached")
    assert (told.at, told.data["timer_id"], told.data["late_s"]) == (now + 4 * HOUR, first.id, 3600)


def test_the_policy_follows_the_queue(world: World, ticket: Ticket, policy: SlaPolicy, now: datetime) -> None:
    words = editing.Words(
        editing.in_force(policy.id).calendar_id,
        {"normal": {"resolution": 3600}},
        conditions={"queue_id": [world.orders_queue.id]},
    )
    orders = editing.create("Orders", words, world.ada.actor, now)
    editing.reorder([orders.id, policy.id], world.ada.actor, now)
    moving.move(ticket, world.orders_queue, world.alice.actor, now + HOUR / 2)
    assert kinds(ticket)[-2:] == ["queue_changed", "sla_applied"]
    solution = timer(ticket, "resolution")
    assert (solution.policy_version_id, solution.due_at) == (editing.in_force(orders.id).id, now + HOUR)
    first = timer(ticket, "first_response")
    assert (first.state, first.ended_reason, ticket.next_due_metric) == ("ended", "not_promised", "resolution")
    moving.move(ticket, world.care_queue, world.alice.actor, now + HOUR)
    assert (first.state, first.due_at) == ("running", now + 4 * HOUR)


def test_running_timers_keep_the_version_of_their_policy(
    world: World, ticket: Ticket, policy: SlaPolicy, now: datetime
) -> None:
    before = editing.in_force(policy.id)
    words = editing.Words(before.calendar_id, {"normal": {"first_response": 60}})
    editing.change(policy, words, world.ada.actor, now)
    receiving.receive(ticket, world.dana, Letter("email", "Hello?"), now + HOUR)
    assert timer(ticket, "first_response").policy_version_id == before.id
    fresh = open_for(world, world.care_queue, at=now + HOUR)
    assert timer(fresh, "first_response").target_s == 60


def test_spam_and_trash_stop_the_clocks_and_can_be_taken_back(world: World, ticket: Ticket, now: datetime) -> None:
    flags.mark_spam(ticket, world.alice.actor, now + HOUR)
    first = timer(ticket, "first_response")
    assert (first.state, first.ended_reason, first.due_at) == ("ended", "spam", None)
    assert ticket.next_due_metric is None
    flags.unmark_spam(ticket, world.alice.actor, now + 2 * HOUR)
    assert (first.state, first.due_at, first.consumed_s) == ("running", now + 5 * HOUR, 3600)


def test_without_a_fitting_policy_nothing_is_promised(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    assert kinds(ticket) == ["ticket_opened"]
    assert ticket.next_due_metric is None
    assert db.session.scalars(select(SlaTimer)).all() == []


def test_the_longest_target_and_unknown_conditions_are_refused(world: World, policy: SlaPolicy, now: datetime) -> None:
    calendar_id = editing.in_force(policy.id).calendar_id
    for words, named in (
        (editing.Words(calendar_id, {"normal": {"resolution": 0}}), "targets"),
        (editing.Words(calendar_id, {"soon": {"resolution": 60}}), "targets"),
        (editing.Words(calendar_id, {}), "targets"),
        (
            editing.Words(calendar_id, {"normal": {"resolution": 60}}, chat_targets={"normal": {"resolution": 0}}),
            "targets",
        ),
        (
            editing.Words(calendar_id, {"normal": {"resolution": 60}}, chat_targets={"soon": {"resolution": 60}}),
            "targets",
        ),
        (editing.Words(0, {"normal": {"resolution": 60}}), "calendar_id"),
        (editing.Words(calendar_id, {"normal": {"resolution": 60}}, {"subject": ["x"]}), "conditions"),
        (editing.Words(calendar_id, {"normal": {"resolution": 60}}, pause_categories=["solved"]), "pause_categories"),
        (editing.Words(calendar_id, {"normal": {"resolution": 60}}, warn_percent=100), "warn_percent"),
    ):
        with pytest.raises(editing.Invalid) as refused:
            editing.change(policy, words, world.ada.actor, now)
        assert refused.value.field == named


def test_a_policy_may_promise_to_chats_alone(world: World, policy: SlaPolicy, now: datetime) -> None:
    calendar_id = editing.in_force(policy.id).calendar_id
    editing.change(
        policy, editing.Words(calendar_id, {}, chat_targets={"normal": {"first_response": 60}}), world.ada.actor, now
    )
    open_for(world, world.care_queue, at=now)
    db.session.flush()
    assert db.session.scalars(select(SlaTimer)).all() == []
