"""Work in the background: RQ is the hand, the outbox the memory."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from ticketdesk.core import clock, outbox
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.events import TellFailed

LANES = ("soon", "mail")
"""One RQ queue and one worker each: a worker on two queues can lose a job between them."""
ENTRANCE = "ticketdesk.core.jobs.work"
"""The only function that a job may name."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """How one kind of outbox row is done.

    `run` works in the session without committing the end and returns the final state with the other side's word.
    It raises `outbox.NotYet` when it finds that it should be run later.
    `waits` are the pauses before each further attempt; after the last the row has failed and `failed` is told.
    """

    run: Callable[[outbox.Claim, datetime], tuple[str, str | None]]
    waits: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (2, 10, 60, 300, 900, 1800, 3600, 7200, 14400))
    failed: Callable[[outbox.Claim, datetime, str], None] | None = None


class ForeignJob(Exception):
    """A job in Redis named a function that is none of ours."""


class OwnJob(Job):
    """A job that runs nothing but our one entrance, whoever wrote it into Redis (SECURITY fact 6)."""

    @property
    def func(self) -> Any:
        """Our entrance; raises ForeignJob for any other name."""
        if self.func_name != ENTRANCE or self.instance is not None:
            log.error("foreign job refused", function=self.func_name)
            raise ForeignJob(self.func_name)
        return work


def connect(app: Flask, redis: Redis, tasks: Mapping[str, Task]) -> None:
    """Give the app its Redis connection and its table of tasks."""
    app.extensions["ticketdesk.redis"] = redis
    app.extensions["ticketdesk.tasks"] = dict(tasks)


def queue(lane: str) -> Queue:
    """The RQ queue of one lane."""
    return Queue(
        f"ticketdesk-{lane}",
        connection=current_app.extensions["ticketdesk.redis"],
        job_class=OwnJob,
        serializer=JSONSerializer,
    )


def nudge(rows: list[tuple[int, str]]) -> int:
    """Tell the workers of rows that wait; returns how many were told. Redis away is no error: the relay repeats."""
    told = 0
    try:
        for lane in LANES:
            hints = [
                Queue.prepare_data(ENTRANCE, (row_id,), result_ttl=0, ttl=600, failure_ttl=3600)
                for row_id, of_lane in rows
                if of_lane == lane
            ]
            if hints:
                told += len(queue(lane).enqueue_many(hints))
    except (RedisError, OSError) as error:
        log.warning("nudge lost", error=str(error), rows=len(rows) - told)
    return told


def work(row_id: int) -> str | None:
    """What RQ calls: do one outbox row, in the app of the worker; returns the row's new state."""
    return run(row_id, clock.now())


def run(row_id: int, now: datetime) -> str | None:
    """Do one row: claim and commit, work, write the result if the lease is still ours; None when nothing was to do."""
    claim = outbox.claim(row_id, now)
    db.session.commit()
    if claim is None:
        return None
    task: Task = current_app.extensions["ticketdesk.tasks"][claim.task]
    with structlog.contextvars.bound_contextvars(outbox=claim.id, task=claim.task, attempt=claim.attempts):
        try:
            state, response = task.run(claim, now)
        except outbox.NotYet as later:
            db.session.rollback()
            outbox.rest(claim, later.due_at)
            state = "queued"
        except Exception as error:  # noqa: BLE001  # the border of the process: what went wrong is kept on the row
            # What some listeners have done stands, as long as it is kept that they were told.
            if not isinstance(error, TellFailed) or not outbox.mark(claim, progress={"told": error.told}):
                db.session.rollback()
            state = _after_error(task, claim, error, clock.now())
        else:
            if not outbox.finish(claim, state, now, response=response):
                db.session.rollback()
                log.warning("lease lost")
                return None
        db.session.commit()
    return state


def _after_error(task: Task, claim: outbox.Claim, error: Exception, now: datetime) -> str:
    reason = f"{type(error).__name__}: {error}" if not isinstance(error, DeliveryFailed) else str(error)
    reason = reason.replace("\x00", "")[:2000]
    permanent = isinstance(error, DeliveryFailed) and error.permanent
    log.log(logging.WARNING, "attempt failed", error=reason, exc_info=not isinstance(error, DeliveryFailed))
    if isinstance(error, DeliveryFailed) and error.ambiguous:
        outbox.doubt(claim, now, reason)
        return "ambiguous"
    if permanent or claim.attempts > len(task.waits):
        # Whoever lost the lease has no say in what became of the row.
        if outbox.finish(claim, "failed", now, error=reason) and task.failed is not None:
            task.failed(claim, now, reason)
        return "failed"
    outbox.postpone(claim, now + task.waits[claim.attempts - 1], reason)
    return "queued"


def relay(now: datetime) -> int:
    """Nudge what a lost nudge, an emptied Redis or a dead worker left behind; returns how many rows."""
    for parked in outbox.recover(now):
        _tell_parked(parked, now)
    rows = outbox.waiting(now)
    db.session.commit()
    return nudge(rows)


def _tell_parked(claim: outbox.Claim, now: datetime) -> None:
    log.error("work parked", outbox=claim.id, task=claim.task)
    tasks: Mapping[str, Task] = current_app.extensions["ticketdesk.tasks"]
    failed = tasks[claim.task].failed if claim.task in tasks else None
    if failed is None:
        return
    try:
        with db.session.begin_nested():
            failed(claim, now, outbox.PARKED)
    except Exception:  # the border between rows: one that cannot be told of must not stop the relay
        log.exception("nobody was told of parked work", outbox=claim.id)


@event.listens_for(Session, "after_commit")
def _nudge_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    rows: list[outbox.OutboxRow] = session.info.pop("outbox", [])
    present = clock.now()
    due = [(row.id, row.lane) for row in rows if row in session and row.due_at <= present]
    if due:
        nudge(due)


@event.listens_for(Session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("outbox", None)


class OwnWorker(SimpleWorker):
    """A worker that does our own short work without forking, each job with a session of its own."""

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Do one job in a fresh app context, so that nothing of it is left for the next."""
        with _served[0].app_context():
            return super().perform_job(job, queue, execution)


_served: list[Flask] = []


def serve(app: Flask, lane: str) -> None:
    """Work on one lane until the process is told to stop; waits for a Redis that is away."""
    _served[:] = [app]
    # A worker blocks on Redis for long, so it has a connection without the short timeouts of the web.
    connection = Redis.from_url(app.extensions["ticketdesk.config"].redis_url, socket_timeout=None)
    worker = OwnWorker(
        [Queue(f"ticketdesk-{lane}", connection=connection, job_class=OwnJob, serializer=JSONSerializer)],
        connection=connection,
        job_class=OwnJob,
        serializer=JSONSerializer,
        worker_ttl=60,
        maintenance_interval=30,
        job_monitoring_interval=10,
    )
    worker.work(logging_level="WARNING")
