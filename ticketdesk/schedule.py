"""Every periodic job and its rhythm."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Flask

from ticketdesk.accounts import sweeping
from ticketdesk.automation import suggesting
from ticketdesk.calendars import refreshing
from ticketdesk.channels.chat import leaving
from ticketdesk.channels.chat import sweeping as visitors_sweeping
from ticketdesk.channels.email import idling, recleaning, remote_pictures
from ticketdesk.channels.form import uploads
from ticketdesk.contacts import sweeping as customers_sweeping
from ticketdesk.contacts.importing import asking as importing
from ticketdesk.core import clock, counters, jobs, lasting, storage_sweep
from ticketdesk.core.db import db
from ticketdesk.notifications import gathering, outages, quarantined
from ticketdesk.routing import dispatch, missing, releasing, unaccepted
from ticketdesk.sla import history, passing, rebuilding, simulating
from ticketdesk.sla import jobs as sla_jobs
from ticketdesk.tickets import batching, progress, spelling, waking

log = structlog.get_logger(__name__)

SLOWEST_RETRY = 60.0


@dataclass(frozen=True, slots=True)
class Periodic:
    """One job: it is given the present moment; what it changed is committed when it returns."""

    name: str
    every: float  # seconds
    run: Callable[[datetime], object]


def _fold(now: datetime) -> int:
    return counters.fold()


PERIODIC = (
    Periodic("relay", 1, jobs.relay),
    Periodic("fold counters", 1, _fold),
    Periodic("watch mailboxes", 5, idling.watch_all),
    Periodic("tell of outages", 15, outages.tell),
    Periodic("tell of quarantined mail", 60, quarantined.tell),
    Periodic("gather notices into mails", 5, gathering.gather),
    Periodic("sweep deadlines", 3, sla_jobs.sweep_deadlines),
    Periodic("compare clocks with their events", 60, rebuilding.compare_some),
    Periodic("judge promises that have passed", 10, passing.judge_passed),
    Periodic("reckon how long answers take", 900, history.reckon),
    Periodic("let chats ring for the next", 2, missing.expire),
    Periodic("let chats wait that nobody accepts", 3, unaccepted.give_up),
    Periodic("dispatch waiting tickets", 60, dispatch.dispatch_waiting),
    Periodic("let talks go on by mail", 15, leaving.turn_to_mail),
    Periodic("release what agents left", 15, releasing.release_gone),
    Periodic("wake snoozed tickets", 5, waking.wake_due),
    Periodic("close solved tickets", 60, progress.close_due),
    Periodic("read holidays", 300, refreshing.read_due),
    Periodic("forget old sign-ins", 3600, sweeping.forget_old),
    Periodic("forget customers' old codes", 3600, customers_sweeping.forget_old),
    Periodic("forget files of forms that were never sent", 3600, uploads.sweep),
    Periodic("forget old visitors", 3600, visitors_sweeping.forget_old),
    Periodic("forget old simulations", 3600, simulating.forget_old),
    Periodic("forget old imports", 3600, importing.forget_old),
    Periodic("forget pictures of the internet", 3600, remote_pictures.forget_old),
    Periodic("clean stored mail anew", 60, recleaning.clean_some),
    Periodic("forget what can be undone no longer", 3600, batching.forget_old),
    Periodic("forget old uses of macros", 3600, suggesting.forget_old),
    Periodic("learn the words of messages", 3600, spelling.learn),
    Periodic("sweep blobs", 1200, storage_sweep.sweep),
)
"""Each runs in a thread of its own, so that a slow mail server delays nothing else. Several schedules may run at
once: every job locks what it takes and skips what another has."""


def serve(app: Flask, stop: threading.Event) -> None:
    """Run everything until `stop` is set."""
    lasting.settle()
    threads = [threading.Thread(target=_repeat, args=(app, job, stop), name=job.name, daemon=True) for job in PERIODIC]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=5)


def _repeat(app: Flask, job: Periodic, stop: threading.Event) -> None:
    failures = 0
    while not stop.is_set():
        with app.app_context():
            failures = 0 if run_once(job) else failures + 1
        stop.wait(min(job.every * 2**failures, max(job.every, SLOWEST_RETRY)))


def run_once(job: Periodic) -> bool:
    """Run one job and commit; False when it failed, which is logged and tried again in its rhythm."""
    try:
        job.run(clock.now())
        db.session.commit()
    except Exception as error:  # the border of a job's thread: whatever went wrong is tried again in its rhythm
        db.session.rollback()
        log.error("periodic job failed", job=job.name, error=f"{type(error).__name__}: {error}", exc_info=True)
        return False
    return True
