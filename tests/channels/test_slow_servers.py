"""A slow mail server slows only its own mail (SECURITY P06, ML-09), and no server is given more than it takes."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels import sinks
from tests.channels.mails import later
from tests.channels.sinks import Sink
from tests.people import World
from ticketdesk.channels import sending_pace
from ticketdesk.channels.email import sending
from ticketdesk.channels.email.composing import Outgoing, Person
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import claiming, clock, jobs, mail, outbox, secrets
from ticketdesk.core.db import db
from ticketdesk.core.jobs import ManyHands, Task
from ticketdesk.core.outbox import Claim, NotYet, OutboxRow

TARPITS, GOOD = 3, 7
TASK = "try.mail"


@dataclass
class Tarpit:
    """A server that says one byte a second and never comes to an end."""

    now: int = 0
    most: int = 0
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def talk(self, line: socket.socket) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        with line, contextlib.suppress(OSError):
            for byte in b"220-" + b"slow " * 100:
                line.sendall(bytes([byte]))
                time.sleep(1)
        with self.lock:
            self.now -= 1


@pytest.fixture
def tarpits() -> Iterator[list[Tarpit]]:
    with contextlib.ExitStack() as after:
        found = []
        for _ in range(TARPITS):
            listening = after.enter_context(socket.create_server(("127.0.0.1", 0)))
            tarpit = Tarpit(port=listening.getsockname()[1])
            threading.Thread(target=_listen, args=(listening, tarpit), daemon=True).start()
            found.append(tarpit)
        yield found


def _listen(listening: socket.socket, tarpit: Tarpit) -> None:
    with contextlib.suppress(OSError):
        while True:
            line, _ = listening.accept()
            threading.Thread(target=tarpit.talk, args=(line,), daemon=True).start()


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    mailbox = db.session.get_one(Mailbox, claim.payload["mailbox_id"])
    person = Person(mailbox.address)
    outgoing = Outgoing(f"{claim.id}@desk.example", person, person, (Person("x@y.example"),), "S", "T", "<p>T</p>", now)
    return sending.hand_over(claim, outgoing, mailbox, "x@y.example", now)


@pytest.fixture
def mailboxes(committed_app: Flask, committed_world: World, now: datetime) -> list[Mailbox]:
    committed_app.extensions["ticketdesk.tasks"][TASK] = Task(send, waits=sending.WAITS)
    first = committed_world.mailbox
    made = [
        Mailbox(brand_id=first.brand_id, queue_id=first.queue_id, address=f"m{n}@desk.example", name="", created_at=now)
        for n in range(TARPITS + GOOD)
    ]
    db.session.add_all(made)
    db.session.commit()
    return made


def leads_to(mailbox: Mailbox, port: int) -> None:
    mailbox.smtp_url = secrets.encrypted(f"smtp://127.0.0.1:{port}")


def post(mailbox: Mailbox, count: int) -> list[OutboxRow]:
    made = [outbox.add(TASK, {"mailbox_id": mailbox.id}, due_at=clock.now(), lane="mail") for _ in range(count)]
    db.session.commit()
    return made


def test_three_tarpits_of_ten_hold_up_only_their_own_mail(
    committed_app: Flask, mailboxes: list[Mailbox], tarpits: list[Tarpit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS_IN_ALL", 12.0)
    with contextlib.ExitStack() as after:
        good = [after.enter_context(sinks.running(Sink())) for _ in range(GOOD)]
        for mailbox, server in zip(mailboxes, [*tarpits, *good], strict=True):
            leads_to(mailbox, server.port)
        db.session.commit()
        for mailbox in mailboxes[:TARPITS]:  # what is slow waits for longest
            post(mailbox, 5)
        for mailbox in mailboxes[TARPITS:]:
            post(mailbox, 3)
        hands = ManyHands(committed_app, "mail")
        began = time.monotonic()
        hands.wake(0)
        while sum(len(sink.mails) for sink in good) < 3 * GOOD and time.monotonic() < began + 30:
            time.sleep(0.05)
        took = time.monotonic() - began
        hands.rest()
    assert [len(sink.mails) for sink in good] == [3] * GOOD
    assert took < 11, "before any tarpit was given up"
    assert [tarpit.most for tarpit in tarpits] == [outbox.PLACES] * TARPITS
    states = db.session.scalars(select(OutboxRow.state).where(OutboxRow.task == TASK, OutboxRow.server.is_not(None)))
    assert set(states) <= {"queued", "sent"}, "what did not get through waits for another try"


def test_places_are_counted_over_all_processes_and_given_back_with_the_row(
    committed_app: Flask, mailboxes: list[Mailbox], now: datetime
) -> None:
    rows = post(mailboxes[0], 4)
    claims = [claiming.take(row.id, clock.now()) for row in rows]
    until = later(clock.now(), minutes=4)

    def begin(claim: Claim | None) -> bool:
        assert claim is not None
        done = sending_pace.begin(claim, "slow:25", None, clock.now(), until)
        db.session.commit()
        return done

    assert [begin(claims[0]), begin(claims[1])] == [True, True]
    with pytest.raises(NotYet) as refused:
        begin(claims[2])
    db.session.rollback()
    assert refused.value.server == "slow:25"
    assert claims[2] is not None
    assert claims[0] is not None
    outbox.rest(claims[2], clock.now(), refused.value.server)
    db.session.commit()
    assert claiming.take_next("mail", clock.now()) is None, "passed over while its server is full"
    outbox.finish(claims[0], "sent", clock.now())
    db.session.commit()
    again = claiming.take_next("mail", clock.now())
    assert again is not None
    assert (again.id, begin(again)) == (rows[2].id, True)


def test_a_server_is_given_no_more_than_its_mails_a_minute(
    committed_app: Flask, mailboxes: list[Mailbox], now: datetime
) -> None:
    mailboxes[0].smtp_per_minute = 3
    with sinks.running(Sink()) as sink:
        leads_to(mailboxes[0], sink.port)
        rows = post(mailboxes[0], 5)
        for row in rows:
            row.due_at = now
        db.session.commit()
        assert [jobs.run(row.id, now) for row in rows] == ["sent"] * 3 + ["queued"] * 2
        db.session.expire_all()
        assert [row.due_at for row in rows[3:]] == [later(now, minutes=1)] * 2
        assert [row.attempts for row in rows[3:]] == [0, 0], "waiting for one's turn is no attempt"
        assert [jobs.run(row.id, later(now, minutes=1)) for row in rows[3:]] == ["sent"] * 2
        assert len(sink.mails) == 5
