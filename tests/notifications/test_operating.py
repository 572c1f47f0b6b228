"""Administrators are told of outages and of quarantine: once, in plain words, and without words of the mail."""

import email
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.channels import sinks
from tests.channels.mails import mail, take, ticket_of, work_all
from tests.channels.sinks import Sink
from tests.channels.test_kills import at_once
from tests.people import World
from ticketdesk.accounts import people
from ticketdesk.channels.email import imap, intake
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.channels.sending_server import SendingServer
from ticketdesk.core import clock, secrets
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.notifications import operating, outages, quarantined
from ticketdesk.tickets import replying


def told(app: Flask, at: datetime) -> list[tuple[str, str, str]]:
    """The mails that left: to whom, about what, and their words."""
    work_all(at, task=operating.TASK)
    folder = app.extensions["ticketdesk.config"].outbox
    found = []
    for path in sorted(folder.glob("*.eml"), key=lambda path: int(path.stem)):
        read = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(read, EmailMessage)
        body = read.get_body(("plain",))
        if str(read["message-id"]).startswith("<operating."):
            assert body is not None
            found.append((read["to"].addresses[0].addr_spec, str(read["subject"]), str(body.get_content())))
        path.unlink()
    return found


def asked() -> list[OutboxRow]:
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.task == operating.TASK).order_by(OutboxRow.id)))


def minutes(many: float) -> timedelta:
    return timedelta(minutes=many)


@pytest.fixture
def fetched(committed_world: World) -> Mailbox:
    """A mailbox whose server nobody answers at."""
    mailbox = committed_world.mailbox
    mailbox.imap_host, mailbox.imap_port, mailbox.imap_security = "127.0.0.1", 1, "none"
    mailbox.imap_user, mailbox.imap_password = "u", secrets.encrypted("p")
    db.session.commit()
    return mailbox


def works(mailbox: Mailbox, at: datetime) -> None:
    imap._note(mailbox.id, fetched_at=at, fetch_error=None, fetch_misses=0)


def test_three_misses_in_a_row_are_told_once_and_so_is_their_end(
    committed_app: Flask, fetched: Mailbox, now: datetime
) -> None:
    for number in range(1, 6):
        at = now + minutes(number)
        imap.fetch(fetched.id, at)
        outages.tell(at)
        outages.tell(at)
        db.session.commit()
        assert len(asked()) == (1 if number >= 3 else 0)
    ((to, subject, words),) = told(committed_app, now + minutes(6))
    assert (to, subject) == ("ada@desk.example", "Mail to support@desk.example cannot be fetched")
    assert "Nobody answers at 127.0.0.1, port 1." in words
    assert "/admin/mailboxes" in words
    works(fetched, now + minutes(7))
    for _ in range(2):
        outages.tell(now + minutes(7))
        db.session.commit()
    ((_, subject, _words),) = told(committed_app, now + minutes(8))
    assert subject == "Mail to support@desk.example is fetched again"
    for number in range(10, 13):
        imap.fetch(fetched.id, now + minutes(number))
    outages.tell(now + minutes(13))
    db.session.commit()
    assert len(asked()) == 3, "another outage is another mail"


def test_two_misses_and_changed_settings_are_no_news(committed_app: Flask, fetched: Mailbox, now: datetime) -> None:
    for _ in range(2):
        imap.fetch(fetched.id, now)
    outages.tell(now)
    works(fetched, now)
    imap.fetch(fetched.id, now)
    outages.tell(now)
    assert asked() == []
    imap.fetch(fetched.id, now)
    imap.fetch(fetched.id, now)
    outages.tell(now)
    assert len(asked()) == 1
    imap._note(fetched.id, fetch_error=None, fetch_misses=0)
    outages.tell(now + minutes(1))
    assert len(asked()) == 1, "only fetched mail says that it works"
    db.session.execute(update(Mailbox).values(imap_host=None))
    outages.tell(now + minutes(2))
    assert (len(asked()), db.session.scalars(select(Mailbox.fetch_told_at)).one()) == (1, None)


def test_schedules_side_by_side_tell_once(committed_app: Flask, fetched: Mailbox, now: datetime) -> None:
    for _ in range(3):
        imap.fetch(fetched.id, now)
    take(b"no mail at all", now)
    assert db.session.scalars(select(RawMail.state)).one() == "quarantined"

    def tell() -> None:
        outages.tell(now)
        quarantined.tell(now)
        db.session.commit()

    db.session.commit()
    at_once(committed_app, *[tell] * 4)
    assert sorted(row.payload["about"] for row in asked()) == ["fetching", "quarantine"]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with sinks.running(Sink()) as sink:
        yield sink


def test_a_server_that_cannot_be_used_is_told_of_and_its_end_too(
    committed_app: Flask, committed_world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()  # after a failure, a row rests from the present moment on
    config = committed_app.extensions["ticketdesk.config"]
    committed_world.mailbox.acknowledges = False
    ticket = ticket_of(take(mail(), now))
    monkeypatch.setitem(committed_app.extensions, "ticketdesk.config", replace(config, smtp_url="smtp://127.0.0.1:1"))
    for _ in range(4):
        replying.reply(ticket, committed_world.alice, "We send one.", to=[("dana@customer.example", "")], at=now)
    db.session.commit()
    work_all(now, task="mail.send")
    assert db.session.scalars(select(SendingServer.misses)).one() == 1, "many mails in one moment are one miss"
    for number in (2, 5, 11):
        work_all(now + minutes(number), task="mail.send")
        outages.tell(now + minutes(number))
        db.session.commit()
    server = db.session.scalars(select(SendingServer), execution_options={"populate_existing": True}).one()
    assert (server.mailbox_id, server.worked_at) == (None, None)
    assert server.error is not None
    assert "nobody answers at its port" in server.error
    assert len(asked()) == 1
    work_all(now + minutes(12), task=operating.TASK)
    assert asked()[0].state == "queued", "it cannot be told either"
    monkeypatch.setitem(committed_app.extensions, "ticketdesk.config", replace(config, smtp_url=sink.url))
    work_all(now + timedelta(hours=1), task="mail.send")
    outages.tell(now + timedelta(hours=1))
    db.session.commit()
    work_all(now + timedelta(hours=1), task=operating.TASK)
    assert [row.state for row in asked()] == ["cancelled", "sent"], "what is over is told by its end alone"
    subjects = [email.message_from_bytes(content, policy=policy.default)["subject"] for *_, content in sink.mails]
    assert subjects.count("Mail is sent again") == 1
    assert len(sink.mails) == 5


def test_a_refused_recipient_is_no_outage(
    committed_app: Flask, committed_world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = ticket_of(take(mail(), now))
    with sinks.running(Sink(answers={"RCPT": "550 5.1.1 nobody here"})) as refusing:
        config = committed_app.extensions["ticketdesk.config"]
        monkeypatch.setitem(committed_app.extensions, "ticketdesk.config", replace(config, smtp_url=refusing.url))
        replying.reply(ticket, committed_world.alice, "We send one.", to=[("dana@customer.example", "")], at=now)
        db.session.commit()
        work_all(now, task="mail.send")
    assert set(db.session.scalars(select(SendingServer.misses))) <= {0}


def test_quarantine_is_told_hourly_with_reasons_and_no_words(
    committed_app: Flask, committed_world: World, now: datetime
) -> None:
    people.create("second@desk.example", "Second", "administrator", SYSTEM, now)
    left = people.create("left@desk.example", "Left", "administrator", SYSTEM, now)
    left.disabled_at = now
    db.session.commit()
    take(b"Canary-Subject no mail at all", now)
    raw = intake.store(mail(subject="Canary"), source="smtp", mailbox=committed_world.mailbox, received_at=now)
    raw.state, raw.reason = "quarantined", "It could not be understood: ValueError: canary words"
    db.session.commit()

    def tell(at: datetime) -> int:
        many = quarantined.tell(at)
        db.session.commit()
        return many

    assert [tell(now), tell(now + minutes(1))] == [2, 0]
    mails = told(committed_app, now + minutes(1))
    assert sorted(to for to, *_ in mails) == ["ada@desk.example", "second@desk.example"]
    assert {subject for _, subject, _ in mails} == {"2 mails wait in quarantine"}
    words = mails[0][2]
    assert "1 × no headers" in words
    assert "1 × It could not be understood" in words
    assert "canary" not in words.lower()
    assert "/admin/mail/quarantined" in words
    take(b"another one", now + minutes(2))
    assert [tell(now + minutes(59)), tell(now + minutes(61)), tell(now + minutes(200))] == [0, 1, 0]
    assert [subject for _, subject, _ in told(committed_app, now + minutes(201))] == [
        "One mail waits in quarantine"
    ] * 2
    intake.retry(raw, SYSTEM, now + minutes(202))
    raw.state = "quarantined"
    db.session.commit()
    assert tell(now + minutes(300)) == 0, "whoever tried again saw what came of it"
