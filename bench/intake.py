"""What a mail costs from the door until it is understood, beside what the standard parser and one row cost."""

import contextlib
import email
import itertools
import os
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from email import policy

import psycopg
from sqlalchemy import ColumnElement, func, select, text

from bench.letters import SUPPORT, letters
from bench.moments import MONDAY
from bench.place import ROOT, Place, free_port, postmaster
from bench.spent import spent
from ticketdesk.accounts import teams
from ticketdesk.brands.founding import name_company
from ticketdesk.channels import mailboxes
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.core import jobs
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import WAITING, OutboxRow
from ticketdesk.sla import defaults
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

MAILS = 5_000
WARMING = 60
"""Mails that come before the clock runs: every process has then done its work once."""
SENDERS = 4
MAILS_A_CONNECTION = 50
"""As sending servers do, which end a connection after some: the door ends one after a thousand."""
PATIENCE = 1_800.0
PROCESSES = (("mail", "serve"), *(("worker", "--lane", lane) for lane in jobs.LANES), ("schedule",))
"""As the supervisor starts them."""


def run(place: Place, count: int = MAILS) -> None:
    """Bring the mails through the real door into the real workers, and then do the least that could be done."""
    with place.app().app_context():
        _company()
        mails = list(letters(count + WARMING))
        _floor(place, [raw for _, raw in mails[WARMING:]])
        with _processes(place) as (port, processes):
            _bring(port, mails[:WARMING])
            _until_done(WARMING)
            before, began = spent(*processes), time.perf_counter()
            _bring(port, mails[WARMING:])
            brought = time.perf_counter() - began
            _until_understood(count + WARMING)
            understood = time.perf_counter() - began
            _until_done(count + WARMING)
            done = time.perf_counter() - began
            cpu = (spent(*processes) - before) / count
            apart = {name: round(1000 * cost / count, 2) for name, cost in _apart(processes).items()}
        found = {
            "understood": _count(RawMail, RawMail.state == "message"),
            "tickets": _count(Ticket),
            "answers": _count(Message, Message.threaded_by == "message_id"),
        }
    more = {"door_s": round(brought, 1), "all_done_s": round(done, 1), **found}
    place.tell("intake_messages_per_s", count / understood, "1/s", count, **more)
    place.tell("intake_cpu_ms", cpu * 1000, "ms", count, apart=apart)


def _company() -> None:
    name_company("Bench & Co", SYSTEM, MONDAY)
    team = teams.create("All", SYSTEM, MONDAY)
    defaults.create(SYSTEM, MONDAY)
    brand_id = db.session.execute(text("SELECT id FROM brands")).scalar_one()
    queue = Queue(brand_id=brand_id, team_id=team.id, name="All", position=0, created_at=MONDAY)
    db.session.add(queue)
    db.session.flush()
    mailboxes.create(SUPPORT, mailboxes.Setup(name="Support", queue_id=queue.id), SYSTEM, MONDAY)
    db.session.commit()


def _floor(place: Place, raws: Sequence[bytes]) -> None:
    """The standard parser and one row kept: what any desk would pay."""
    url = place.environ["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_mails (id bigserial PRIMARY KEY, subject text, body text)")
        roots = (os.getpid(), postmaster(place))
        before = spent(*roots)
        for raw in raws:
            mail = email.message_from_bytes(raw, policy=policy.default)
            body = mail.get_body(("plain", "html"))
            for part in mail.walk():
                if not part.is_multipart():
                    part.get_payload(decode=True)
            words = body.get_content() if body is not None else ""
            connection.execute("INSERT INTO bench_mails (subject, body) VALUES (%s, %s)", [mail["subject"], words])
        cost = (spent(*roots) - before) / len(raws)
        connection.execute("DROP TABLE bench_mails")
    place.tell("intake_floor_cpu_ms", cost * 1000, "ms", len(raws))


@contextlib.contextmanager
def _processes(place: Place) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The door's port, and the processes whose work is counted: ours, the database and Redis."""
    port = free_port()
    environ = {**os.environ, **place.environ, "MAIL_PORT": str(port)}
    started = [
        subprocess.Popen([sys.executable, "-c", COMMAND, str(place.folder), *words], cwd=ROOT, env=environ)
        for words in PROCESSES
    ]
    try:
        _answering(port)
        yield port, (*(process.pid for process in started), postmaster(place), _redis(place))
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(60)


COMMAND = """
import os, sys
from pathlib import Path
from ticketdesk import create_app
from ticketdesk.core import config, logs
from ticketdesk.supervisor import command
settings = config.load(os.environ, Path(sys.argv[1]))
logs.set_up(settings, sys.argv[2])
sys.exit(command(create_app(settings), *sys.argv[2:]))
"""


def _apart(processes: Sequence[int]) -> dict[str, float]:
    """What each part has computed in all."""
    names = [" ".join(words) for words in PROCESSES]
    return dict(zip((*names, "postgres", "redis"), (spent(process) for process in processes), strict=True))


def _redis(place: Place) -> int:
    told = place.app().extensions["ticketdesk.redis"].info("server")
    return int(told["process_id"])


def _answering(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=60):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _bring(port: int, mails: Sequence[tuple[str, bytes]]) -> None:
    """Hand all of them to the door over a few connections at once, in their order."""
    waiting = iter(mails)
    taking = threading.Lock()

    def few() -> list[tuple[str, bytes]]:
        with taking:
            return list(itertools.islice(waiting, MAILS_A_CONNECTION))

    def post() -> None:
        while these := few():
            with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
                client.ehlo("bench.example")
                for sender, raw in these:
                    client.sendmail(sender, [SUPPORT], raw)

    with ThreadPoolExecutor(SENDERS) as pool:
        for posting in [pool.submit(post) for _ in range(SENDERS)]:
            posting.result()


def _until_understood(count: int) -> None:
    _until(lambda: _count(RawMail, RawMail.state != "stored") >= count)


def _until_done(count: int) -> None:
    """What follows from them as well: rules, acknowledgements."""
    _until_understood(count)
    _until(lambda: _count(OutboxRow, OutboxRow.state.in_((*WAITING, "claimed")), OutboxRow.due_at <= func.now()) == 0)


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError("the mails are not understood")
        time.sleep(0.1)


def _count(model: type, *where: ColumnElement[bool]) -> int:
    found = db.session.execute(select(func.count()).select_from(model).where(*where)).scalar_one()
    db.session.rollback()
    return int(found)
