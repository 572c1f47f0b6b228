"""A process may die at any point: what was acknowledged is there afterwards, and there once (SECURITY P01, JB-02)."""

import email
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import policy

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.channels import dovecot, sinks
from tests.channels.dovecot import Dovecot
from tests.channels.mails import mail, rows, take, ticket_of, work_all
from tests.channels.sinks import Sink
from tests.people import World
from ticketdesk.channels.email import idling, imap, intake, understanding
from ticketdesk.channels.email.child import ParserChild
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.core import failpoints, jobs, secrets
from ticketdesk.core.db import db
from ticketdesk.tickets import replying
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

KILLED = 77


def dies(app: Flask, point: str, work: Callable[[], None]) -> bool:
    """Do the work in a process of its own that ends at a point; whether it got there."""
    db.session.rollback()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            # The parent's connections and its parser are not ours.
            db.engine.dispose(close=False)
            understanding.parser.cache_clear()
            failpoints._armed = point
            with app.app_context():
                work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, KILLED), f"the work failed ({code})"
    return code == KILLED


def recover(now: datetime) -> datetime:
    """Time passes and the relay runs, until nothing waits but what a person must decide; the last moment."""
    at = now
    for _ in range(4):
        at += timedelta(minutes=11)
        jobs.relay(at)
        work_all(at)
    return at


def taken() -> tuple[int, int]:
    """How many messages of customers there are, and how many raw mails."""
    ours = select(func.count(Message.id)).where(Message.direction == "in")
    return db.session.scalar(ours) or 0, db.session.scalar(select(func.count(RawMail.id))) or 0


@pytest.mark.parametrize("point", ["blob write", "store", "commit", "claim", "parse", "deliver"])
def test_a_mail_survives_the_death_of_whoever_takes_it(
    committed_app: Flask, committed_world: World, now: datetime, point: str
) -> None:
    raw = mail(text=f"Killed at {point}")
    told, tell = os.pipe()

    def bring() -> None:
        stored = intake.store(raw, source="smtp", mailbox=intake.mailbox_for(()), received_at=now)
        row_id = intake.work_on(stored.id).id
        failpoints.failpoint("commit")
        db.session.commit()
        os.write(tell, b"250")
        jobs.run(row_id, now)

    assert dies(committed_app, point, bring)
    os.close(tell)
    acknowledged = os.read(told, 3) == b"250"
    os.close(told)
    assert acknowledged is (point in ("claim", "parse", "deliver"))
    recover(now)
    assert taken() == ((1, 1) if acknowledged else (0, 0))
    # The sender who heard nothing sends it again, and so may one who did hear.
    take(raw, now)
    assert taken() == (1, 2 if acknowledged else 1)
    assert db.session.scalar(select(func.count(Ticket.id))) == 1
    assert set(db.session.scalars(select(RawMail.state))) <= {"message", "duplicate"}


@pytest.fixture
def sink(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sinks.of(committed_app, monkeypatch) as sink:
        yield sink


@pytest.fixture
def row_id(committed_world: World, now: datetime) -> int:
    committed_world.mailbox.acknowledges = False
    ticket = ticket_of(take(mail(), now))
    replying.reply(ticket, committed_world.alice, "We send one.", to=[("dana@customer.example", "")], at=now)
    db.session.commit()
    (row,) = rows("reply")
    return row.id


@pytest.mark.parametrize(
    ("point", "copies"), [("claim", 1), ("connect", 1), ("after data", 2), ("after 250", 2), ("mark", 2)]
)
def test_a_reply_survives_the_death_of_whoever_sends_it(
    committed_app: Flask, sink: Sink, row_id: int, now: datetime, point: str, copies: int
) -> None:
    assert dies(committed_app, point, lambda: jobs.run(row_id, now) and None)
    jobs.relay(now + timedelta(minutes=5))
    (row,) = rows("reply")
    assert row.state == ("ambiguous" if copies > 1 else "queued"), "what may have arrived rests before it is repeated"
    recover(now)
    (row,) = rows("reply")
    assert row.state == "sent"
    assert 1 <= len(sink.mails) <= copies
    ids = {email.message_from_bytes(content, policy=policy.default)["message-id"] for *_, content in sink.mails}
    assert len(ids) == 1


@pytest.mark.parametrize("point", ["claim", "connect", "after data", "after 250", "mark"])
def test_a_mail_written_to_the_folder_is_there_once(
    committed_app: Flask, row_id: int, now: datetime, point: str
) -> None:
    assert dies(committed_app, point, lambda: jobs.run(row_id, now) and None)
    recover(now)
    folder = committed_app.extensions["ticketdesk.config"].outbox
    assert [found.name for found in folder.glob("*.eml")] == [f"{row_id}.eml"]
    assert rows("reply")[0].state == "sent"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.running() as running:
        yield running


@pytest.mark.parametrize("point", ["fetch", "blob write", "store", "commit", "flag", "put away"])
def test_a_fetched_mail_survives_the_death_of_the_fetcher(
    committed_app: Flask, committed_world: World, server: Dovecot, now: datetime, point: str
) -> None:
    mailbox = committed_world.mailbox
    mailbox.imap_host, mailbox.imap_port, mailbox.imap_security = "127.0.0.1", server.port, "none"
    mailbox.imap_user, mailbox.imap_password = dovecot.USER, secrets.encrypted(dovecot.PASSWORD)
    mailbox.imap_folder = point.title().replace(" ", "")
    db.session.commit()
    mailbox_id = mailbox.id
    with server.person() as client:
        client.create(mailbox.imap_folder)
    server.bring(mail(), mail(), folder=mailbox.imap_folder)
    assert dies(committed_app, point, lambda: imap.fetch(mailbox_id, now) and None)
    # The database may take a moment to notice who is gone.
    until = time.monotonic() + 10
    while taken()[1] < 2 and time.monotonic() < until:
        imap.fetch(mailbox_id, now)
    recover(now)
    assert taken() == (2, 2)


def test_a_mail_survives_the_death_of_whoever_heard_of_it(
    committed_app: Flask, committed_world: World, server: Dovecot, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the server's word that something came (IDLE) and the fetch."""
    monkeypatch.setattr(idling, "GLANCE", 0.5)
    mailbox = committed_world.mailbox
    mailbox.imap_host, mailbox.imap_port, mailbox.imap_security = "127.0.0.1", server.port, "none"
    mailbox.imap_user, mailbox.imap_password = dovecot.USER, secrets.encrypted(dovecot.PASSWORD)
    mailbox.imap_folder, mailbox_id = "Heard", mailbox.id
    db.session.commit()
    with server.person() as client:
        client.create("Heard")

    def listen() -> None:
        threading.Timer(2, server.bring, (mail(),), {"folder": "Heard"}).start()
        watched = idling._watched(committed_app, mailbox_id)
        assert watched is not None
        threading.Timer(25, stop.set).start()
        idling._listen(committed_app, mailbox_id, watched, stop)

    stop = threading.Event()
    assert dies(committed_app, "idle", listen)
    assert taken() == (0, 0)
    imap.fetch(mailbox_id, now)
    recover(now)
    assert taken() == (1, 1)


def at_once(app: Flask, *works: Callable[[], object]) -> None:
    """Do several things in threads that begin together."""
    together = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        with app.app_context():
            together.wait(10)
            work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_one_mail_brought_twice_at_once_makes_one_message(
    committed_app: Flask, committed_world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P12: two workers, two copies, and each copy worked on twice."""
    children: dict[int, ParserChild] = {}
    monkeypatch.setattr(
        understanding, "parser", lambda: children.setdefault(threading.get_ident(), ParserChild())
    )  # a child serves one thread
    raw = mail()
    row_ids = []
    for _ in range(2):
        stored = intake.store(raw, source="smtp", mailbox=committed_world.mailbox, received_at=now)
        row_ids.append(intake.work_on(stored.id).id)
    db.session.commit()
    at_once(committed_app, *[lambda row_id=row_id: jobs.run(row_id, now) for row_id in row_ids * 2])
    for child in children.values():
        child.close()
    assert taken() == (1, 2)
    assert sorted(db.session.scalars(select(RawMail.state))) == ["duplicate", "message"]


def test_a_reply_sent_twice_at_once_leaves_once(committed_app: Flask, sink: Sink, row_id: int, now: datetime) -> None:
    at_once(committed_app, *[lambda: jobs.run(row_id, now) for _ in range(4)])
    assert len(sink.mails) == 1
    assert [row.state for row in rows("reply")] == ["sent"]
