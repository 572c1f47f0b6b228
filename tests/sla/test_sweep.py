"""Deadlines are decided once each, in their order, at their own time, whoever looks and however late."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as sql_event
from sqlalchemy import insert, select, text, update

from tests.people import LONG_AGO, World, open_for
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults, jobs, rebuilding, sweep
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import progress, replying
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def told(kind: str) -> list[Event]:
    return list(db.session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def timers_of(ticket: Ticket) -> dict[str, SlaTimer]:
    db.session.flush()
    return {
        timer.metric: timer for timer in db.session.scalars(select(SlaTimer).where(SlaTimer.ticket_id == ticket.id))
    }


def open_some(world: World, now: datetime, count: int) -> list[Ticket]:
    """Tickets a minute apart, the newest first."""
    return [open_for(world, world.care_queue, at=now + MINUTE * number) for number in reversed(range(count))]


def test_a_deadline_is_missed_once_and_at_its_own_time(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    due = now + 4 * HOUR
    assert sweep.breach_due(due + sweep.GRACE) == 0
    assert sweep.breach_due(due + HOUR) == 1
    first = timers_of(ticket)["first_response"]
    assert (first.state, first.breached_at, first.stopped_at) == ("breached", due, None)
    (event,) = told("sla_breached")
    assert (event.at, event.data) == (
        due,
        {"metric": "first_response", "timer_id": first.id, "late_s": 3600, "at_change": False},
    )
    assert (ticket.next_due_at, ticket.next_due_metric) == (due, "first_response")
    assert sweep.breach_due(due + 2 * HOUR) == 0
    assert rebuilding.compare([ticket.id], due + 2 * HOUR) == {}


def test_after_an_outage_every_deadline_is_told_once_in_its_order(
    world: World, policy: SlaPolicy, now: datetime
) -> None:
    open_some(world, now, 12)
    for _ in range(4):
        sweep.breach_due(now + 7 * HOUR, limit=5)
    assert [event.at for event in told("sla_breached")] == [now + 4 * HOUR + MINUTE * n for n in range(12)]


def test_an_answer_before_the_sweep_leaves_it_nothing_to_decide(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    replying.reply(ticket, world.alice, "Here.", to=[("dana@customer.example", "")], at=now + 4 * HOUR)
    assert sweep.breach_due(now + 5 * HOUR) == 0
    assert told("sla_breached") == []


def test_an_answer_that_comes_after_the_verdict_does_not_undo_it(
    world: World, policy: SlaPolicy, now: datetime
) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    sweep.breach_due(now + 4 * HOUR + MINUTE)
    replying.reply(ticket, world.alice, "Here.", to=[("dana@customer.example", "")], at=now + 4 * HOUR - MINUTE)
    first = timers_of(ticket)["first_response"]
    assert (first.state, first.breached_at) == ("breached", now + 4 * HOUR)
    assert len(told("sla_breached")) == 1
    assert rebuilding.compare([ticket.id], now + 5 * HOUR) == {}


def test_a_near_deadline_is_said_once(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    assert sweep.warn_due(now + 3 * HOUR - MINUTE) == 0
    assert sweep.warn_due(now + 3 * HOUR) == 1
    assert sweep.warn_due(now + 3 * HOUR + MINUTE) == 0
    (event,) = told("sla_warned")
    assert event.data == {"metric": "first_response", "timer_id": timers_of(ticket)["first_response"].id}


def test_what_is_over_already_is_not_said_to_be_near(world: World, policy: SlaPolicy, now: datetime) -> None:
    open_for(world, world.care_queue, at=now)
    jobs.sweep_deadlines(now + 5 * HOUR)
    assert (len(told("sla_warned")), len(told("sla_breached"))) == (0, 1)


def test_other_hours_move_the_deadlines_and_keep_what_was_counted(
    world: World, policy: SlaPolicy, now: datetime
) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    calendar = db.session.scalars(select(Calendar)).one()
    half_days = [[[540, 720]]] * 5 + [[], []]
    calendars.change(calendar, "UTC", half_days, world.ada.actor, now + HOUR)
    assert rebuilding.compare([ticket.id], now + HOUR) != {}
    assert sweep.reckon_changed_hours(now + HOUR) == 1
    timers = timers_of(ticket)
    assert timers["first_response"].due_at == datetime(2026, 3, 5, 11, tzinfo=UTC)
    assert sweep.reckon_changed_hours(now + HOUR) == 0
    assert rebuilding.compare([ticket.id], now + HOUR) == {}


def test_announced_hours_count_from_their_beginning(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    calendar = db.session.scalars(select(Calendar)).one()
    always = [[[0, 1440]]] * 7
    calendars.change(calendar, "UTC", always, world.ada.actor, now, starts_at=datetime(2026, 3, 5, tzinfo=UTC))
    sweep.reckon_changed_hours(now)
    timers = timers_of(ticket)
    assert timers["first_response"].due_at == now + 4 * HOUR
    # 7 of the 24 hours are left over from Wednesday, the other 17 are counted through.
    assert timers["resolution"].due_at == datetime(2026, 3, 5, 17, tzinfo=UTC)


def test_a_ticket_that_cannot_be_decided_rests_and_holds_up_nobody(
    world: World, policy: SlaPolicy, now: datetime
) -> None:
    broken, sound = open_for(world, world.care_queue, at=now), open_for(world, world.care_queue, at=now + MINUTE)
    db.session.execute(update(Event).where(Event.ticket_id == broken.id, Event.kind == "ticket_opened").values(data={}))
    later = now + 5 * HOUR
    assert sweep.breach_due(later, limit=1) == 1
    assert sweep.breach_due(later, limit=1) == 1
    assert timers_of(sound)["first_response"].state == "breached"
    resting = timers_of(broken)["first_response"]
    assert (resting.state, resting.failures, resting.retry_at) == ("running", 1, later + sweep.FIRST_REST)
    assert sweep.breach_due(later + sweep.FIRST_REST, limit=1) == 1
    assert (resting.failures, resting.retry_at) == (2, later + 3 * sweep.FIRST_REST)


def test_a_paused_ticket_is_not_swept(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    replying.reply(ticket, world.alice, "Which?", to=[("dana@customer.example", "")], at=now)
    progress.move_to(ticket, "pending", world.alice.actor, now)
    assert sweep.breach_due(now + timedelta(days=60)) == 0


@pytest.fixture
def asked(world: World, policy: SlaPolicy) -> Iterator[list[str]]:
    """What the database is asked."""
    said: list[str] = []

    def hear(*words: Any) -> None:
        said.append(words[2])

    connection = db.session.connection()
    sql_event.listen(connection, "before_cursor_execute", hear)
    yield said
    sql_event.remove(connection, "before_cursor_execute", hear)


def test_nothing_due_asks_the_database_one_question(world: World, now: datetime, asked: list[str]) -> None:
    open_some(world, now, 3)
    db.session.commit()
    asked.clear()
    assert jobs.sweep_deadlines(now) == 0
    assert len([said for said in asked if said.startswith("SELECT")]) == 1


def test_many_deadlines_are_decided_with_as_many_questions_as_few(
    world: World, now: datetime, asked: list[str]
) -> None:
    costs = []
    for count in (2, 20):
        open_some(world, now, count)
        db.session.commit()
        asked.clear()
        assert sweep.breach_due(now + 7 * HOUR) == count
        db.session.commit()
        costs.append(len(asked))
    assert costs[1] <= costs[0]


@pytest.mark.parametrize("what", ["due", "warn", "step", "hours"])
def test_whatever_is_due_is_noticed(world: World, policy: SlaPolicy, now: datetime, what: str) -> None:
    open_for(world, world.care_queue, at=now)
    db.session.flush()
    assert not sweep.anything_due(now)
    if what == "hours":
        calendars.change(db.session.scalars(select(Calendar)).one(), "UTC", [[[0, 1440]]] * 7, world.ada.actor, now)
    else:
        db.session.execute(update(SlaTimer).values({f"{what}_at": now}))
    assert sweep.anything_due(now)


def test_no_plan_of_the_idle_look_reads_all_timers(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    calendars.change(db.session.scalars(select(Calendar)).one(), "UTC", [[[0, 1440]]] * 7, world.ada.actor, now)
    jobs.sweep_deadlines(now)
    row = timers_of(ticket)["resolution"]
    values = {column.name: getattr(row, column.name) for column in SlaTimer.__table__.columns if column.name != "id"}
    db.session.execute(insert(SlaTimer), [{**values, "cycle": cycle} for cycle in range(2, 5000)])
    db.session.execute(text("ANALYZE sla_timers"))
    said = sweep.LOOK.compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = "\n".join(db.session.execute(text(f"EXPLAIN {said}")).scalars())
    assert "Seq Scan on sla_timers" not in plan, plan


def test_two_sweepers_decide_every_deadline_once(committed_app: Flask, committed_world: World, now: datetime) -> None:
    defaults.create(SYSTEM, LONG_AGO)
    open_some(committed_world, now, 30)
    db.session.commit()
    start = threading.Barrier(3)

    def work() -> None:
        with committed_app.app_context():
            start.wait()
            for _ in range(20):
                sweep.breach_due(now + 7 * HOUR, limit=4)
                db.session.commit()

    sweepers = [threading.Thread(target=work) for _ in range(3)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    events = told("sla_breached")
    assert len(events) == len({event.data["timer_id"] for event in events}) == 30
    assert (
        db.session.scalars(select(SlaTimer.state).where(SlaTimer.metric == "first_response")).all() == ["breached"] * 30
    )
