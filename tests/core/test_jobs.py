"""Work in the background: once in effect, kept when it fails, and nothing but our own."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from ticketdesk.core import claiming, clock, jobs, outbox
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.jobs import ForeignJob, OwnJob, Task
from ticketdesk.core.outbox import Claim, OutboxRow


class Work:
    """A task whose every run is noted, and which may fail."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.failures: list[str] = []
        self.error: Exception | None = None

    def run(self, claim: Claim, now: datetime) -> tuple[str, str | None]:
        self.runs.append(claim.attempts)
        if self.error is not None:
            raise self.error
        return "done", "well received"

    def failed(self, claim: Claim, now: datetime, reason: str) -> None:
        self.failures.append(reason)


@pytest.fixture
def work(app: Flask) -> Iterator[Work]:
    found = Work()
    tasks = app.extensions["ticketdesk.tasks"]
    tasks["try"] = Task(found.run, waits=(timedelta(seconds=5), timedelta(seconds=50)), failed=found.failed)
    yield found
    del tasks["try"]


@pytest.fixture
def row(app: Flask, now: datetime) -> OutboxRow:
    made = outbox.add("try", {}, due_at=now)
    db.session.commit()
    return made


def test_a_row_is_done_once_however_often_it_is_asked_for(work: Work, row: OutboxRow, now: datetime) -> None:
    assert [jobs.run(row.id, now), jobs.run(row.id, now)] == ["done", None]
    assert work.runs == [1]
    db.session.refresh(row)
    assert (row.state, row.response, row.finished_at) == ("done", "well received", now)


def test_a_failure_is_kept_and_tried_again_with_growing_waits(work: Work, row: OutboxRow, now: datetime) -> None:
    work.error = DeliveryFailed("the server is busy")
    for state in ("queued", "queued", "failed"):
        db.session.refresh(row)
        assert jobs.run(row.id, max(row.due_at, now)) == state
    assert work.runs == [1, 2, 3]
    assert work.failures == ["the server is busy"]
    db.session.refresh(row)
    assert (row.state, row.error) == ("failed", "the server is busy")


def test_a_permanent_failure_is_not_tried_again(work: Work, row: OutboxRow, now: datetime) -> None:
    work.error = DeliveryFailed("no such mailbox", permanent=True)
    assert jobs.run(row.id, now) == "failed"
    assert work.failures == ["no such mailbox"]


def test_what_is_not_due_after_all_rests_and_that_is_no_attempt(work: Work, row: OutboxRow, now: datetime) -> None:
    for minute in range(1, 10):
        work.error = outbox.NotYet(now + timedelta(minutes=minute))
        assert jobs.run(row.id, now + timedelta(minutes=minute - 1)) == "queued"
        assert jobs.run(row.id, now + timedelta(minutes=minute, seconds=-1)) is None
    db.session.refresh(row)
    assert (row.state, row.attempts, row.error) == ("queued", 0, None)
    work.error = None
    assert jobs.run(row.id, now + timedelta(minutes=9)) == "done"
    assert work.failures == []


def test_who_waits_for_work_hears_that_it_was_parked(work: Work, row: OutboxRow, now: datetime) -> None:
    for death in range(1, outbox.MAX_DEATHS + 1):
        assert claiming.take(row.id, now) is not None
        now += outbox.LEASE + timedelta(seconds=1)
        jobs.relay(now)
        assert len(work.failures) == (1 if death == outbox.MAX_DEATHS else 0)
    db.session.refresh(row)
    assert row.state == "parked"
    jobs.relay(now)
    assert len(work.failures) == 1


def test_doubt_rests(work: Work, row: OutboxRow, now: datetime) -> None:
    work.error = DeliveryFailed("cut after DATA", ambiguous=True)
    assert jobs.run(row.id, now) == "ambiguous"
    assert jobs.run(row.id, now) is None


def test_a_commit_nudges_the_worker_of_the_lane(app: Flask, redis: "Redis", now: datetime) -> None:
    row = outbox.add("tell", {}, due_at=now - timedelta(days=1), lane="mail")
    db.session.commit()
    assert [job.args for job in jobs.queue("mail").jobs] == [[row.id]]
    assert jobs.queue("soon").jobs == []


def test_what_was_rolled_back_nudges_nobody(app: Flask, redis: "Redis", now: datetime) -> None:
    outbox.add("tell", {}, due_at=now - timedelta(days=1))
    db.session.rollback()
    db.session.commit()
    assert jobs.queue("soon").jobs == []


def test_redis_gone_loses_no_work(app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    here = app.extensions["ticketdesk.redis"]
    monkeypatch.setitem(app.extensions, "ticketdesk.redis", Redis(port=1, socket_connect_timeout=1))
    row = outbox.add("tell", {}, due_at=now - timedelta(days=1))
    db.session.commit()
    monkeypatch.setitem(app.extensions, "ticketdesk.redis", here)
    assert jobs.relay(now) == 1
    assert [job.args for job in jobs.queue("soon").jobs] == [[row.id]]


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.run",
        "builtins.eval",
        "ticketdesk.core.jobs.run",
        "ticketdesk.core.jobs.work.x",
        "",
        "work",
        "shutil.rmtree",
        "ticketdesk.core.storage.keep",
        "ticketdesk.tickets.flags.trash",
        "importlib.import_module",
        "pickle.loads",
        "posix.system",
        "ticketdesk.cli.register",
        "rq.utils.import_attribute",
        "webbrowser.open",
        "tests.core.test_jobs.Work",
        "ticketdesk.create_app",
        "code.interact",
        "pty.spawn",
    ],
)
def test_a_foreign_job_is_refused_with_an_alarm(redis: "Redis", name: str) -> None:
    job = OwnJob.create("placeholder", args=["echo"], connection=redis, serializer=JSONSerializer)
    job._func_name = name
    with capture_logs() as logs, pytest.raises(ForeignJob):
        job.perform()
    assert [entry["event"] for entry in logs] == ["foreign job refused"]


def test_our_own_entrance_is_let_in(redis: "Redis") -> None:
    job: Job = OwnJob.create(jobs.ENTRANCE, args=[1], connection=redis, serializer=JSONSerializer)
    assert job.func is jobs.work


def without_database(*args: object) -> None:
    raise OperationalError("the connection was closed", None, Exception())


def test_hands_that_fell_give_back_their_row_at_once(
    app: Flask, work: Work, row: OutboxRow, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database went away in the middle, so that what became of the row could not be written (SECURITY P08)."""
    work.error = OperationalError("the connection was closed", None, Exception())
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(outbox, "postpone", without_database)
        meanwhile.setattr(clock, "now", lambda: now)
        with pytest.raises(OperationalError):
            jobs.Hands(app, "soon").wake(row.id)
    db.session.refresh(row)
    assert (row.state, row.attempts, row.deaths, row.due_at) == ("queued", 1, 0, now)
    work.error = None
    assert jobs.run(row.id, now) == "done"


def test_what_fell_again_and_again_is_tried_less_and_less_often(work: Work, row: OutboxRow, now: datetime) -> None:
    for attempt in range(3):
        db.session.refresh(row)
        assert claiming.take(row.id, max(now, row.due_at)) is not None
        assert outbox.let_go(now) == 1
        db.session.refresh(row)
        assert row.due_at == now + attempt * outbox.LEASE


def test_a_row_cut_as_the_database_went_away_rests_in_doubt(work: Work, row: OutboxRow, now: datetime) -> None:
    claim = claiming.take(row.id, now)
    assert claim is not None
    outbox.mark(claim, stage=outbox.STAGE_CUT)
    assert outbox.let_go(now) == 1
    db.session.refresh(row)
    assert (row.state, row.due_at) == ("ambiguous", now + outbox.DOUBT)


def test_nobody_gives_back_what_another_hand_works_on(work: Work, row: OutboxRow, now: datetime) -> None:
    assert claiming.take(row.id, now) is not None
    row.lease_token = f"1{row.lease_token}"
    db.session.flush()
    assert outbox.let_go(now) == 0
