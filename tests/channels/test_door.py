"""The mail door: nobody hears 250 before the mail is stored, and nothing comes in by the side (SECURITY)."""

import asyncio
import contextlib
import hashlib
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import mail
from tests.people import World
from ticketdesk.channels.email import door, intake, limits
from ticketdesk.channels.email.door import Door
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow


@pytest.fixture
def port(committed_app: Flask, committed_world: World) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def opened() -> Door:
        made = Door(committed_app, "127.0.0.1", 0)
        await made.open()
        return made

    made = asyncio.run_coroutine_threadsafe(opened(), loop).result(10)
    yield made.port
    asyncio.run_coroutine_threadsafe(made.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0.05))
    loop.close()


def stored() -> list[RawMail]:
    db.session.rollback()
    return list(db.session.scalars(select(RawMail).order_by(RawMail.id)))


def test_a_mail_is_stored_before_it_is_acknowledged(port: int) -> None:
    raw = mail()
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("dana@customer.example", ["Support+TX@Desk.Example"], raw)
        (row,) = stored()
    assert row.blob_sha256 == hashlib.sha256(raw).hexdigest()
    assert (row.source, row.state, row.envelope_from) == ("smtp", "stored", "dana@customer.example")
    assert row.envelope_to == ["support+tx@desk.example"]
    assert db.session.scalars(select(OutboxRow.task)).all() == ["mail.understand"]


def test_an_address_decides_the_mailbox_and_an_unknown_one_the_default(port: int, committed_world: World) -> None:
    sales = Mailbox(
        brand_id=committed_world.brand.id,
        queue_id=committed_world.orders_queue.id,
        address="sales@desk.example",
        name="Sales",
        created_at=clock.now(),
    )
    db.session.add(sales)
    db.session.commit()
    default = committed_world.mailbox.id
    with smtplib.SMTP("127.0.0.1", port) as client:
        for recipients in (["sales@desk.example"], ["sales+x@desk.example"], ["who@desk.example"]):
            client.sendmail("dana@customer.example", recipients, mail())
        client.sendmail("dana@customer.example", ["who@desk.example", "sales@desk.example"], mail())
    assert [row.mailbox_id for row in stored()] == [sales.id, sales.id, default, sales.id]


def test_lmtp_answers_each_recipient(port: int) -> None:
    with smtplib.LMTP("127.0.0.1", port) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("dana@customer.example")
        client.rcpt("support@desk.example")
        client.rcpt("who@desk.example")
        code, _ = client.data(mail())
        assert code == 250
        assert client.getreply()[0] == 250, "one for the second recipient"
        assert client.noop()[0] == 250
    (row,) = stored()
    assert (row.source, len(row.envelope_to)) == ("lmtp", 2)


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: x\r\n\r\n..dots\r\n...\r\n",
        b"Subject: x\r\n\r\n" + b"a" * 500_000 + b"\r\nend\r\n",
        b"Subject: x\r\n\r\nbare\n.\nMAIL FROM:<x@y>\r\nbare\r.\r\nend\r\n",
        b"Subject: x\r\n\r\nnul \x00 and \xff\xfe\r\n",
        b"",
    ],
    ids=["dots", "a long line", "bare line ends", "odd bytes", "empty"],
)
def test_what_was_sent_is_what_is_kept(port: int, content: bytes) -> None:
    with talking(port) as (say, hear):
        say(b"EHLO me\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n")
        hear(b"354")
        say(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        hear(b"250 2.0.0")
    (row,) = stored()
    assert (row.size, row.blob_sha256) == (len(content), hashlib.sha256(content).hexdigest())


@contextlib.contextmanager
def talking(port: int) -> Iterator[tuple[Callable[[bytes], None], Callable[[bytes], None]]]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plug:
        heard = b""

        def hear(words: bytes) -> None:
            nonlocal heard
            while words not in heard:
                piece = plug.recv(65536)
                assert piece, heard
                heard += piece
            heard = b""

        hear(b"220")
        yield plug.sendall, hear


@pytest.mark.parametrize("ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r"])
def test_only_one_ending_ends_a_mail(port: int, ending: bytes) -> None:
    """SMTP smuggling: a second mail hidden behind a crooked ending stays words of the first."""
    hidden = b"MAIL FROM:<admin@bank.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\nhidden\r\n"
    with talking(port) as (say, hear):
        say(b"EHLO me\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n")
        hear(b"354")
        say(b"Subject: x\r\n\r\nfirst" + ending + hidden + b".\r\n")
        hear(b"250 2.0.0")
    assert len(stored()) == 1


def test_what_cannot_be_stored_is_to_be_sent_again(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(intake.storage, "keep", full)
    with smtplib.SMTP("127.0.0.1", port) as client:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("dana@customer.example", ["support@desk.example"], mail())
        assert refused.value.smtp_code == 451
        monkeypatch.undo()
        client.sendmail("dana@customer.example", ["support@desk.example"], mail())
    assert len(stored()) == 1


def test_what_is_too_big_is_refused_and_the_next_is_taken(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(limits.MAX_BYTES)
        assert client.mail("dana@customer.example", [f"SIZE={40 * 1024 * 1024}"])[0] == 552
        monkeypatch.setattr(limits, "MAX_BYTES", 100_000)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("dana@customer.example", ["support@desk.example"], mail(text="a" * 200_000))
        assert refused.value.smtp_code == 552
        client.sendmail("dana@customer.example", ["support@desk.example"], mail())
    assert len(stored()) == 1


def test_recipients_and_connections_are_limited(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_FROM_ONE", 2)
    with smtplib.SMTP("127.0.0.1", port) as first, smtplib.SMTP("127.0.0.1", port):
        with pytest.raises(smtplib.SMTPConnectError):
            smtplib.SMTP("127.0.0.1", port)
        first.ehlo()
        first.mail("a@x.example")
        codes = {first.rcpt(f"a{number}@desk.example")[0] for number in range(intake.MOST_RECIPIENTS)}
        assert codes == {250}
        assert first.rcpt("one-more@desk.example")[0] == 452
    for _ in range(50):
        with contextlib.suppress(smtplib.SMTPConnectError), smtplib.SMTP("127.0.0.1", port) as again:
            assert again.noop()[0] == 250
            return
    pytest.fail("those who left made no room")


@pytest.mark.parametrize(
    "command", [b"AUTH PLAIN AGEAYg==", b"EXPN staff", b"VRFY ada", b"TURN", b"\xff\xfe", b"DATA", b"X" * 100_000]
)
def test_odd_commands_tell_nothing_and_break_nothing(port: int, command: bytes) -> None:
    with talking(port) as (say, hear):
        say(b"EHLO me\r\n")
        hear(b"250 ")
        say(command + b"\r\nNOOP\r\n")
        hear(b"250 OK")


def test_a_connection_that_breaks_leaves_nothing(port: int) -> None:
    with talking(port) as (say, hear):
        say(b"EHLO me\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n")
        hear(b"354")
        say(b"Subject: half a mail\r\n")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("dana@customer.example", ["support@desk.example"], mail())
    assert len(stored()) == 1
