"""A sweeper may die at any point, and several at once: no deadline is lost by it, and none is told twice."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import LONG_AGO, World, open_for
from ticketdesk.core import failpoints
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.sla import defaults, rebuilding, sweep
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

KILLED = 77
SWEEPERS = 4
BATCH = 4
HOUR = timedelta(hours=1)


@pytest.fixture
def overdue(committed_app: Flask, committed_world: World, now: datetime) -> datetime:
    """Sixty answers are late; returns the moment at which somebody looks."""
    defaults.create(SYSTEM, LONG_AGO)
    for number in range(60):
        open_for(committed_world, committed_world.care_queue, at=now + timedelta(seconds=number))
    db.session.commit()
    return now + 7 * HOUR


def sweep_until_done(now: datetime) -> None:
    """What the schedule does, without end until nothing is due."""
    while sweep.breach_due(now, limit=BATCH):
        failpoints.failpoint("sla commit")
        db.session.commit()
        failpoints.failpoint("sla committed")
    db.session.commit()


def in_a_process(app: Flask, work: Callable[[], None], point: str = "") -> int:
    """Let a process of its own do the work, which ends where it is told to; returns its number."""
    db.session.rollback()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        db.engine.dispose(close=False)  # the parent's connections are not ours
        failpoints._armed = point
        with app.app_context():
            work()
        code = 0
    finally:
        os._exit(code)


def end_of(child: int) -> int:
    """How a process ended."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def finish(now: datetime) -> None:
    """One sweeper that nobody kills; whoever died still holds its tickets until the database has noticed."""
    late = select(SlaTimer.id).where(SlaTimer.state == "running", SlaTimer.due_at < now).limit(1)
    for _ in range(200):
        sweep_until_done(now)
        if db.session.scalar(late) is None:
            return
        db.session.rollback()
        time.sleep(0.05)
    raise AssertionError("the tickets of a dead sweeper stay locked")


def each_is_told_once(now: datetime) -> None:
    """Sixty verdicts, each with one event at its due time, numbered without a gap, and one row for those who hear."""
    db.session.rollback()
    decided = db.session.scalars(select(SlaTimer).where(SlaTimer.metric == "first_response")).all()
    assert [timer.state for timer in decided] == ["breached"] * 60
    events = db.session.scalars(select(Event).where(Event.kind == "sla_breached")).all()
    told = Counter((event.data["timer_id"], event.at) for event in events)
    assert told == Counter((timer.id, timer.due_at) for timer in decided)
    rows = db.session.scalars(select(OutboxRow.payload["event_ids"]).where(OutboxRow.task == "tell"))
    heard = Counter(event_id for row in rows for event_id in row)
    assert {heard[event.id] for event in events} == {1}
    tickets = db.session.scalars(select(Ticket)).all()
    numbers = select(Event.seq).order_by(Event.seq)
    for ticket in tickets:
        seqs = db.session.scalars(numbers.where(Event.ticket_id == ticket.id)).all()
        assert list(seqs) == list(range(1, ticket.last_seq + 1))
    assert rebuilding.compare([ticket.id for ticket in tickets], now) == {}


@pytest.mark.parametrize("point", ["sla swap", "sla told", "sla commit", "sla committed"])
def test_a_sweeper_that_dies_at_a_point_loses_and_doubles_nothing(
    committed_app: Flask, overdue: datetime, point: str
) -> None:
    assert end_of(in_a_process(committed_app, lambda: sweep_until_done(overdue), point)) == KILLED
    decided = select(SlaTimer.id).where(SlaTimer.breached_at.is_not(None))
    assert len(db.session.scalars(decided).all()) == (BATCH if point == "sla committed" else 0)
    finish(overdue)
    each_is_told_once(overdue)


@pytest.mark.parametrize("seed", range(3))
def test_sweepers_that_are_killed_at_any_time_lose_and_double_nothing(
    committed_app: Flask, overdue: datetime, seed: int
) -> None:
    chance = random.Random(seed)
    killed = 0
    for _round in range(6):
        children = [in_a_process(committed_app, lambda: sweep_until_done(overdue)) for _ in range(SWEEPERS)]
        for child in children:
            time.sleep(chance.uniform(0, 0.06))
            os.kill(child, signal.SIGKILL)
        killed += sum(end_of(child) == -signal.SIGKILL for child in children)
    assert killed
    finish(overdue)
    each_is_told_once(overdue)


def test_four_sweepers_at_once_tell_each_deadline_once(committed_app: Flask, overdue: datetime) -> None:
    children = [in_a_process(committed_app, lambda: sweep_until_done(overdue)) for _ in range(SWEEPERS)]
    assert [end_of(child) for child in children] == [0] * SWEEPERS
    finish(overdue)
    each_is_told_once(overdue)
