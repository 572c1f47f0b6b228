"""Adopting drafts: two supervisors at the same moment, who began from one version, do not overwrite each other."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select, text

from tests.people import LONG_AGO, World
from tests.sla.test_simulating import asked, draft_of, within, worked_out
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.sla import adopting, defaults, drafting
from ticketdesk.sla.drafting import Draft
from ticketdesk.sla.policy import SlaPolicyVersion
from ticketdesk.sla.simulation import SlaSimulation

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def test_of_two_drafts_of_one_policy_only_one_is_adopted(
    committed_app: Flask, committed_world: World, now: datetime
) -> None:
    policy = defaults.create(SYSTEM, LONG_AGO)
    db.session.commit()
    drafts = [draft_of(policy, targets=within(hours)) for hours in (2, 3)]
    said = adopt_both(committed_app, committed_world, drafts, now)
    assert len(said) == 1 and "Version 2 was saved since" in said[0]
    assert len(db.session.scalars(select(SlaPolicyVersion)).all()) == 2


def test_of_two_drafts_of_one_calendar_only_one_is_adopted(
    committed_app: Flask, committed_world: World, now: datetime
) -> None:
    defaults.create(SYSTEM, LONG_AGO)
    db.session.commit()
    calendar = db.session.scalars(select(Calendar)).one()
    hours = drafting.hours_of(calendars.current(calendar.id))
    drafts = [
        Draft(calendar_id=calendar.id, hours={**hours, "week": [[[480, until]]] * 5 + [[], []]})
        for until in (960, 1200)
    ]
    said = adopt_both(committed_app, committed_world, drafts, now)
    assert len(said) == 1 and "Version 2 was saved since" in said[0]
    assert len(db.session.scalars(select(CalendarVersion)).all()) == 2


def adopt_both(app: Flask, world: World, drafts: list[Draft], now: datetime) -> list[str]:
    """Adopt the first, and the second before the first is committed; what the second was told."""
    first, second = [worked_out(asked(world.sam, draft, now), now).id for draft in drafts]
    said: list[str] = []

    def other() -> None:
        with app.app_context():
            try:
                adopting.adopt(db.session.get_one(SlaSimulation, second), SYSTEM, now + timedelta(seconds=1))
                db.session.commit()
            except Conflict as refused:
                said.append(str(refused))
                db.session.rollback()

    adopting.adopt(db.session.get_one(SlaSimulation, first), SYSTEM, now)
    thread = threading.Thread(target=other)
    thread.start()
    until(lambda: db.session.execute(WAITING).scalar_one() > 0)
    db.session.commit()
    thread.join()
    return said


def until(found: Callable[[], bool]) -> None:
    """Wait for the other to wait."""
    last = time.monotonic() + 10
    while not found():
        assert time.monotonic() < last
        time.sleep(0.01)
