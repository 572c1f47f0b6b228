"""Many sweepers at once, and sweepers that are stopped in the middle, take every escalation step exactly once."""

import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import LONG_AGO, World, open_for
from ticketdesk.calendars import editing as calendars
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import editing, jobs, stepping
from ticketdesk.sla.step_taken import StepTaken
from ticketdesk.tickets.timeline import Event

TICKETS = 24
STEPS: list[dict[str, Any]] = [
    {"metric": "first_response", "offset_s": 0, "recipients": ["team"]},
    {
        "metric": "first_response",
        "offset_s": 1800,
        "recipients": ["supervisors"],
        "actions": [{"do": "priority", "to": "urgent"}],
    },
]


@pytest.fixture
def late(committed_app: Flask, committed_world: World, now: datetime) -> datetime:
    """Tickets with two steps each whose moments have come; returns when it is."""
    hours = calendars.create("Daytime", "UTC", [[[540, 1020]]] * 5 + [[], []], SYSTEM, LONG_AGO)
    targets: Any = {priority: {"first_response": 3600} for priority in ("normal", "urgent")}
    editing.create("Standard", editing.Words(hours.id, targets, warn_percent=0, steps=STEPS), SYSTEM, LONG_AGO)
    for number in range(TICKETS):
        open_for(committed_world, committed_world.care_queue, at=now + timedelta(seconds=number))
    db.session.commit()
    return now + timedelta(hours=2)


def taken() -> Counter[tuple[int, str]]:
    db.session.rollback()
    events = db.session.scalars(select(Event).where(Event.kind == "escalated"))
    return Counter((event.data["timer_id"], event.data["step"]) for event in events)


def test_four_sweepers_take_every_step_once(committed_app: Flask, late: datetime) -> None:
    start = threading.Barrier(4)

    def work() -> None:
        with committed_app.app_context():
            start.wait()
            for _ in range(20):
                stepping.take_due(late, limit=3)
                db.session.commit()

    sweepers = [threading.Thread(target=work) for _ in range(4)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    found = taken()
    assert len(found) == 2 * TICKETS
    assert set(found.values()) == {1}
    assert len(db.session.scalars(select(StepTaken.id)).all()) == 2 * TICKETS
    changed = db.session.scalars(select(Event.id).where(Event.kind == "priority_changed")).all()
    assert len(changed) == TICKETS


SWEEP = """
import sys
from datetime import datetime
from ticketdesk import create_app
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.sla import stepping
with create_app().app_context():
    for _ in range(int(sys.argv[2])):
        stepping.take_due(datetime.fromisoformat(sys.argv[1]), 3)
        db.session.commit()
"""


@pytest.mark.slow
@pytest.mark.parametrize("place", ["sla step", "sla stepped"])
def test_a_sweeper_that_is_killed_loses_and_doubles_nothing(committed_app: Flask, late: datetime, place: str) -> None:
    config = committed_app.extensions["ticketdesk.config"]
    chance = Random(place)
    for turn in range(4):
        environment = {
            **os.environ,
            "DATABASE_URL": config.database_url,
            "REDIS_URL": config.redis_url,
            "SECRET_KEY": config.secret_key,
            "TICKETDESK_FAILPOINT": place if turn < 3 else "",
        }
        rounds = 20 if turn == 3 else chance.randint(1, 3)
        done = subprocess.run(
            [sys.executable, "-c", SWEEP, late.isoformat(), str(rounds)], env=environment, check=False, timeout=60
        )
        assert done.returncode == (77 if turn < 3 else 0)
    found = taken()
    assert len(found) == 2 * TICKETS
    assert set(found.values()) == {1}


def test_the_schedule_takes_them(late: datetime) -> None:
    jobs.sweep_deadlines(late)
    assert len(taken()) == 2 * TICKETS
