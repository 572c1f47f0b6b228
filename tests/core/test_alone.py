"""A row that kills its worker is found, and no neighbour is set aside with it (SECURITY P13)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests.product import Product, installed, until
from ticketdesk.core import claiming, clock, jobs, outbox
from ticketdesk.core.alone import Alone
from ticketdesk.core.db import db
from ticketdesk.core.jobs import ManyHands, Task
from ticketdesk.core.outbox import Claim, OutboxRow

NEIGHBOURS = 11

TASKS = """

def _slow(claim, now):
    import time
    time.sleep(2)
    return "done", str(claim.deaths)


def _deadly(claim, now):
    import os, signal, time
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


TASKS = {**TASKS, "try.slow": Task(_slow), "try.deadly": Task(_deadly)}
"""
POST = """
from datetime import UTC, datetime
from ticketdesk import create_app
from ticketdesk.core import outbox
from ticketdesk.core.db import db
with create_app().app_context():
    now = datetime.now(UTC)
    for task in ["try.slow"] * 5 + ["try.deadly"] + ["try.slow"] * 6:
        outbox.add(task, {}, due_at=now, lane="mail")
    db.session.commit()
"""
LATER = """
from datetime import UTC, datetime
from ticketdesk import create_app
from ticketdesk.core import outbox
from ticketdesk.core.db import db
with create_app().app_context():
    outbox.add("try.slow", {"later": True}, due_at=datetime.now(UTC), lane="mail")
    db.session.commit()
"""


@pytest.fixture
def product() -> Iterator[Product]:
    with installed() as running:
        with (running.root / "ticketdesk/wiring.py").open("a") as file:
            file.write(TASKS)
        running.start()
        yield running


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_kills_a_worker_is_parked_and_its_neighbours_are_done(product: Product) -> None:
    product.script(POST)
    until(lambda: _states(product, "try.deadly") == ["queued"] and _deaths(product, "try.slow")[-1] > 0, "one death")
    product.script(LATER)
    until(lambda: _states(product, "try.slow", later=True) == ["done"], "others go on meanwhile", 20)
    until(lambda: _states(product, "try.deadly") == ["parked"], "what kills is set aside", 90)
    until(lambda: set(_states(product, "try.slow")) == {"done"}, "its neighbours are done", 60)
    assert _deaths(product, "try.deadly") == [outbox.MAX_DEATHS]
    deaths = _deaths(product, "try.slow")
    assert len(deaths) == NEIGHBOURS + 1
    assert max(deaths) == 1, "they died with it once, as it was not known yet what kills"


def _states(product: Product, task: str, *, later: bool = False) -> list[str]:
    asked = "SELECT state FROM outbox WHERE task = %s AND (payload ? 'later' OR NOT %s)"
    return [state for (state,) in product.rows(asked, task, later)]


def _deaths(product: Product, task: str) -> list[int]:
    return sorted(deaths for (deaths,) in product.rows("SELECT deaths FROM outbox WHERE task = %s", task))


@pytest.fixture
def ran(app: Flask) -> Iterator[list[int]]:
    found: list[int] = []

    def run(claim: Claim, now: datetime) -> tuple[str, str | None]:
        found.append(claim.id)
        return "done", None

    app.extensions["ticketdesk.tasks"]["try"] = Task(run)
    yield found
    del app.extensions["ticketdesk.tasks"]["try"]


def rows(*deaths: int) -> list[OutboxRow]:
    made = [outbox.add("try", {}, due_at=clock.now() - timedelta(seconds=1), lane="mail") for _ in deaths]
    for row, died in zip(made, deaths, strict=True):
        row.deaths = died
    db.session.commit()
    return made


def test_each_takes_what_is_theirs(app: Flask, ran: list[int]) -> None:
    fresh, died, other, twice = rows(0, 1, 0, 2)
    present = clock.now()
    assert claiming.has_died("mail", present)
    assert not claiming.has_died("soon", present)
    taken = [claiming.take_next("mail", present, died=False) for _ in range(3)]
    assert [claim and claim.id for claim in taken] == [fresh.id, other.id, None]
    taken = [claiming.take_next("mail", present, died=True) for _ in range(3)]
    assert [claim and claim.id for claim in taken] == [died.id, twice.id, None]
    assert not claiming.has_died("mail", present)


def test_the_one_beside_does_all_that_died_and_ends(
    app: Flask, ran: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    made = rows(1, 0, 2)
    jobs.work_alone(app, "mail")
    assert ran == [made[0].id, made[2].id]


def test_it_is_started_only_when_it_is_needed_and_again_when_it_fell(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketdesk.core.alone.SECONDS_AFTER_FALL", 0)
    codes = iter([-9, -9, 0])
    started: list[int] = []

    def run(self: Alone) -> int:
        started.append(next(codes))
        return started[-1]

    monkeypatch.setattr(Alone, "_run", run)
    hands = ManyHands(committed_app, "mail")
    hands.wake(0)
    hands.rest()
    assert started == []
    with committed_app.app_context():
        rows(1)
    hands = ManyHands(committed_app, "mail")
    hands.wake(0)
    until(lambda: not hands.busy, "all is looked at")
    hands.rest()
    assert started == [-9, -9, 0]
