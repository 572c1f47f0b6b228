"""Work in the background: RQ is the hand, the outbox the memory."""

import faulthandler
import logging
import signal
import threading
import time
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
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ticketdesk.core import claiming, clock, lasting, outbox
from ticketdesk.core.alone import Alone
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.events import TellFailed

LANES = ("soon", "mail")
"""One RQ queue and one worker each: a worker on two queues can lose a job between them."""
MANY = 12
"""So many rows of the lane `mail` are on their way at once in one worker: six slow servers leave none without hands."""
LONGEST_ALONE = 300
"""Seconds in which a row must be done by the process that is there for it alone: longer than any lease."""
TURN_SECONDS = 2.0
"""So long a worker does one row after the other before it looks up."""
SECONDS_WITHOUT_DATABASE = 0.5
"""So long hands that fell wait before they ask again whether the database is back."""
ENTRANCE = "ticketdesk.core.jobs.work"
"""The only function that a job may name."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """How one kind of outbox row is done.

    `run` works in the session without committing the end and returns the final state with the other side's word.
    It raises `outbox.NotYet` when it finds that it should be run later.
    `waits` are the pauses before each further attempt; after the last the row has failed and `failed` is told.
    `held` takes what `failed` will change before the row is written, since others take it before they take the row.
    `tried` is told after every attempt, whatever came of it, in the transaction that keeps that.
    """

    run: Callable[[outbox.Claim, datetime], tuple[str, str | None]]
    waits: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (2, 10, 60, 300, 900, 1800, 3600, 7200, 14400))
    failed: Callable[[outbox.Claim, datetime, str], None] | None = None
    held: Callable[[outbox.Claim], object] | None = None
    tried: Callable[[outbox.Claim], None] | None = None


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
    """Wake the workers whose lane has rows that wait; returns for how many rows. Redis away is no error: the relay
    repeats.

    Whoever is woken does all that waits in the lane, so one call is enough for any number of rows, and a call that
    nobody has heard yet will be heard after this commit: it is enough for ours as well.
    """
    told = 0
    try:
        for lane in LANES:
            waiting = [row_id for row_id, of_lane in rows if of_lane == lane]
            if waiting and (called := queue(lane)).count == 0:
                called.enqueue_call(ENTRANCE, (waiting[0],), result_ttl=0, ttl=600, failure_ttl=3600)
            told += len(waiting)
    except (RedisError, OSError) as error:
        log.warning("nudge lost", error=str(error), rows=len(rows) - told)
    return told


def work(row_id: int) -> None:
    """What RQ calls: do one outbox row, and whatever else waits in the lane of this worker."""
    _hands[-1].wake(row_id)


def run(row_id: int, now: datetime) -> str | None:
    """Do one row: claim and commit, work, write the result if the lease is still ours; None when nothing was to do."""
    claim = claiming.take(row_id, now)
    db.session.commit()
    return None if claim is None else carry_out(claim, now)[0]


def take_next(lane: str, now: datetime, *, died: bool | None = None) -> outbox.Claim | None:
    """Claim the row of a lane that waits for longest, and commit; None when none waits (`claiming.take_next`)."""
    claim = claiming.take_next(lane, now, died=died)
    db.session.commit()
    return claim


def carry_out(claim: outbox.Claim, now: datetime, *, lane: str | None = None) -> tuple[str | None, outbox.Claim | None]:
    """Do what was claimed, and write the result if the lease is still ours: the row's new state.

    With a lane, its next row is claimed in the transaction that keeps the result: one commit for both.
    """
    task: Task = current_app.extensions["ticketdesk.tasks"][claim.task]
    with structlog.contextvars.bound_contextvars(outbox=claim.id, task=claim.task, attempt=claim.attempts):
        try:
            state, response = task.run(claim, now)
        except outbox.NotYet as later:
            db.session.rollback()
            outbox.rest(claim, later.due_at, later.server)
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
                return None, None
        if task.tried is not None:
            task.tried(claim)
        following = None if lane is None else claiming.take_next(lane, clock.now())
        db.session.commit()
    return state, following


def _after_error(task: Task, claim: outbox.Claim, error: Exception, now: datetime) -> str:
    reason = f"{type(error).__name__}: {error}" if not isinstance(error, DeliveryFailed) else str(error)
    reason = reason.replace("\x00", "")[:2000]
    permanent = isinstance(error, DeliveryFailed) and error.permanent
    log.log(logging.WARNING, "attempt failed", error=reason, exc_info=not isinstance(error, DeliveryFailed))
    if isinstance(error, DeliveryFailed) and error.ambiguous:
        outbox.doubt(claim, now, reason)
        return "ambiguous"
    if permanent or claim.attempts > len(task.waits):
        if task.held is not None:
            task.held(claim)
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
    """A worker that does our own short work without forking."""

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Do one job with the app at hand."""
        with _hands[-1].app.app_context():
            return super().perform_job(job, queue, execution)


class Hands:
    """One pair of hands: does one row after the other while any waits, each in a session of its own."""

    def __init__(self, app: Flask, lane: str) -> None:
        self.app, self.lane = app, lane

    def wake(self, row_id: int) -> None:
        """Do a row and what else waits; called again when that takes longer than a turn, so that RQ sees us alive."""
        try:
            self._turn(row_id)
        except Exception:
            let_go(self.app)
            raise

    def rest(self) -> None:
        """Finish what was begun."""

    def _turn(self, row_id: int) -> None:
        until = time.monotonic() + TURN_SECONDS
        with self.app.app_context():
            run(row_id, clock.now())
            claim = take_next(self.lane, clock.now())
        while claim is not None:
            over = time.monotonic() > until
            with self.app.app_context():
                claim = carry_out(claim, clock.now(), lane=None if over else self.lane)[1]
                if over:
                    nudge([(row_id, self.lane)])


class ManyHands(Hands):
    """Several, each in a thread of its own: what waits for a slow server keeps nothing else waiting.

    Rows whose worker died are none of theirs: a row that kills would take all others along each time.
    """

    def __init__(self, app: Flask, lane: str, most: int = MANY) -> None:
        super().__init__(app, lane)
        self.most = most
        self.alone = Alone(app, lane)
        self.lock = threading.Lock()
        self.busy: set[threading.Thread] = set()
        self.calls = 0
        """How often we were woken: hands that found nothing look again when somebody called meanwhile."""
        self.stopped = False

    def wake(self, row_id: int) -> None:
        """See to it that somebody looks; returns at once."""
        with self.lock:
            self.calls += 1
            if self.stopped or len(self.busy) >= self.most:
                return
            thread = threading.Thread(target=self._work, name=f"{self.lane} hands", daemon=True)
            self.busy.add(thread)
            thread.start()

    def rest(self) -> None:
        """Begin nothing new, and finish what was begun."""
        with self.lock:
            self.stopped = True
            busy = list(self.busy)
        self.alone.stop()
        for thread in busy:
            thread.join()

    def _work(self) -> None:
        try:
            while not self.stopped:
                with self.lock:
                    heard = self.calls
                if self._do_one():
                    continue
                with self.lock:
                    if self.calls == heard:
                        self.busy.discard(threading.current_thread())
                        return
        except Exception:  # the border of the thread: the relay calls other hands
            log.exception("hands fell")
            let_go(self.app)
        finally:
            with self.lock:
                self.busy.discard(threading.current_thread())

    def _do_one(self) -> bool:
        self.alone.see_to()
        with self.app.app_context():
            claim = take_next(self.lane, clock.now(), died=False)
            if claim is None:
                return False
            self.wake(claim.id)  # where one waits there may be more
            carry_out(claim, clock.now())
            return True


def let_go(app: Flask) -> None:
    """Give back what this thread had in hand as it fell, as soon as there is a database to hear it.

    A database that went away could not be told what became of the row, and nobody is to wait for the lease of one that
    nobody works on. After a lease the relay takes it back by itself.
    """
    until = time.monotonic() + outbox.LEASE.total_seconds()
    while time.monotonic() < until:
        try:
            with app.app_context():
                outbox.let_go(clock.now())
                db.session.commit()
        except SQLAlchemyError:
            time.sleep(SECONDS_WITHOUT_DATABASE)
        else:
            return


def work_alone(app: Flask, lane: str) -> None:
    """Do the rows of a lane whose worker died, one after the other, and end; asked to stop, end after the present one.

    What hangs is ended as well: its row counts as one that kills.
    """
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    while not asked.is_set():
        with app.app_context():
            claim = take_next(lane, clock.now(), died=True)
            if claim is None:
                return
            faulthandler.dump_traceback_later(LONGEST_ALONE, exit=True)
            carry_out(claim, clock.now())
            faulthandler.cancel_dump_traceback_later()


_hands: list[Hands] = []


def serve(app: Flask, lane: str) -> None:
    """Work on one lane until the process is told to stop; waits for a Redis that is away."""
    lasting.settle()
    hands = ManyHands(app, lane) if lane == "mail" else Hands(app, lane)
    _hands[:] = [hands]
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
    hands.rest()
