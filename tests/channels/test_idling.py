"""Mail is there within seconds of its arrival, whatever other mailboxes do."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.channels import dovecot
from tests.channels.dovecot import Dovecot
from tests.channels.mails import mail
from tests.people import World
from ticketdesk.channels.email import idling, imap
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import secrets
from ticketdesk.core.db import db


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot.running() as running:
        yield running


@pytest.fixture
def watch(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[idling.Watch]:
    monkeypatch.setattr(idling, "GLANCE", 1.0)
    made = idling.Watch(committed_app)
    yield made
    made.stop.set()
    for thread in made.threads.values():
        thread.join(40)
        assert not thread.is_alive()


@pytest.fixture
def mailbox(committed_world: World, server: Dovecot) -> Mailbox:
    return reads(committed_world.mailbox, server.port)


def reads(made: Mailbox, port: int) -> Mailbox:
    made.imap_host, made.imap_port, made.imap_security = "127.0.0.1", port, "none"
    made.imap_user, made.imap_password = dovecot.USER, secrets.encrypted(dovecot.PASSWORD)
    db.session.commit()
    return made


def soon(is_so: Callable[[], bool], seconds: float = 20) -> float:
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def stored() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(RawMail.id))) or 0


def test_a_mail_is_fetched_as_soon_as_it_comes(mailbox: Mailbox, server: Dovecot, watch: idling.Watch) -> None:
    server.bring(mail())
    watch.look()
    soon(lambda: stored() == 1)
    for number in (2, 3):
        time.sleep(1)
        server.bring(mail())
        assert soon(lambda wanted=number: stored() == wanted) < 8  # type: ignore[misc]
    watch.look()
    assert len(watch.threads) == 1


def test_what_comes_while_a_fetch_ends_is_not_left_until_later(
    mailbox: Mailbox, server: Dovecot, watch: idling.Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, late = imap.fetch, iter(range(3))

    def fetches(mailbox_id: int, now: datetime) -> imap.Fetched:
        found = fetch(mailbox_id, now)
        if next(late, None) is not None:
            server.bring(mail())
        return found

    monkeypatch.setattr(imap, "fetch", fetches)
    watch.look()
    soon(lambda: stored() == 3, 15)


def test_all_that_waits_is_fetched_and_not_a_round_of_it(
    mailbox: Mailbox, server: Dovecot, watch: idling.Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P03: who comes back after a long time has more waiting than one round takes, and no server tells of that."""
    monkeypatch.setattr(imap, "MOST_AT_ONCE", 3)
    server.bring(*(mail() for _ in range(11)))
    watch.look()
    soon(lambda: stored() == 11)


def test_a_slow_server_delays_no_other_mailbox(
    mailbox: Mailbox, server: Dovecot, watch: idling.Watch, now: datetime
) -> None:
    with contextlib.ExitStack() as after:
        for number in range(5):
            silent = after.enter_context(socket.create_server(("127.0.0.1", 0)))
            slow = Mailbox(
                brand_id=mailbox.brand_id, queue_id=mailbox.queue_id, address=f"s{number}@desk.example", name="",
                created_at=now,
            )  # fmt: skip
            db.session.add(slow)
            reads(slow, silent.getsockname()[1])
        watch.look()
        server.bring(mail())
        assert soon(lambda: stored() == 1) < 15
        db.session.execute(Mailbox.__table__.update().values(disabled_at=now))  # type: ignore[attr-defined]
        db.session.commit()


def test_a_line_that_is_cut_is_made_anew(
    mailbox: Mailbox, server: Dovecot, watch: idling.Watch, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idling, "SECONDS_BETWEEN", 1.0)
    lines: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as between:
        threading.Thread(target=_carry_all, args=(between, server.port, lines), daemon=True).start()
        reads(mailbox, between.getsockname()[1])
        watch.look()
        server.bring(mail())
        soon(lambda: stored() == 1)
        time.sleep(1)
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        server.bring(mail())
        soon(lambda: stored() == 2)
        mailbox.disabled_at = now
        db.session.commit()
        for thread in watch.threads.values():
            thread.join(20)
    for line in lines:
        line.close()


def _carry_all(between: socket.socket, port: int, lines: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = between.accept()
            server = socket.create_connection(("127.0.0.1", port))
            lines += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=_pour, args=(source, target), daemon=True).start()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def test_a_server_that_cannot_wait_is_asked_again_and_again(
    mailbox: Mailbox, server: Dovecot, watch: idling.Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idling, "SECONDS_BETWEEN", 1.0)
    mailbox.idles = False
    db.session.commit()
    watch.look()
    for number in (1, 2):
        server.bring(mail())
        soon(lambda wanted=number: stored() == wanted)  # type: ignore[misc]


def test_a_mailbox_out_of_use_is_watched_no_longer(mailbox: Mailbox, watch: idling.Watch, now: datetime) -> None:
    watch.look()
    (thread,) = watch.threads.values()
    mailbox.disabled_at = now
    db.session.commit()
    thread.join(20)
    assert not thread.is_alive()
