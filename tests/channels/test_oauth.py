"""Mailboxes opened by token: what is renewed and when, what refusals say, and servers that are shown the token."""

import base64
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from flask import Flask
from sqlalchemy import func, select, text

from tests.channels import consenting, dovecot
from tests.channels.consenting import CLIENT_ID, CLIENT_SECRET, House
from tests.channels.dovecot import Dovecot
from tests.channels.mails import later, mail, rows, take, ticket_of, work_all
from tests.people import World
from tests.ports import free_port
from tests.product import until
from ticketdesk.channels import sending_server
from ticketdesk.channels.email import idling, imap, oauth_access, oauth_clients, oauth_connecting, oauth_providers
from ticketdesk.channels.email.oauth_rows import OAuthGrant
from ticketdesk.channels.email.oauth_tokens import NoToken
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import clock, secrets
from ticketdesk.core.db import db
from ticketdesk.core.outbox import WAITING, OutboxRow
from ticketdesk.tickets import replying


@pytest.fixture(scope="module")
def house_alone() -> Iterator[House]:
    with consenting.running() as house:
        yield house


@pytest.fixture(scope="module")
def server(house_alone: House) -> Iterator[Dovecot]:
    with dovecot.running(f"http://127.0.0.1:{house_alone.port}/introspect?token=") as running:
        yield running


@pytest.fixture
def house(house_alone: House) -> House:
    port = house_alone.port
    house_alone.__init__(port=port)  # type: ignore[misc]  # as new, at the address that the server knows
    return house_alone


class Door:
    """A server that lets in whoever shows a good token, and refuses as Google's does: with a challenge first."""

    def __init__(self, house: House) -> None:
        self.house, self.mails, self.shown = house, list[bytes](), list[str]()

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802  # aiosmtpd's name
        """Look at the token."""
        self.shown.append(base64.b64decode(args[1]).decode())
        user, token, *rest = self.shown[-1].split("\x01")
        if self.house.good.get(token.removeprefix("auth=Bearer ")) == user.removeprefix("user=") and rest == ["", ""]:
            return AuthResult(success=True)
        assert await server.challenge_auth(b'{"status":"400"}') == b""
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server: SMTP, session: object, envelope: Any) -> str:  # noqa: N802
        """Take it."""
        self.mails.append(envelope.content)
        return "250 taken"


@pytest.fixture
def door(house: House) -> Iterator[tuple[Door, int]]:
    made = Door(house)
    controller = Controller(made, hostname="127.0.0.1", port=free_port(), auth_require_tls=False)
    controller.start()
    yield made, controller.port
    controller.stop()


@pytest.fixture
def mailbox(
    committed_app: Flask,
    committed_world: World,
    server: Dovecot,
    house: House,
    door: tuple[Door, int],
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> Mailbox:
    """Connected."""
    made = committed_world.mailbox
    provider = house.provider(imap_port=server.port, smtp_url=f"smtp://127.0.0.1:{door[1]}")
    monkeypatch.setitem(oauth_providers.PROVIDERS, "google", provider)
    made.imap_user = dovecot.USER
    oauth_clients.save("google", CLIENT_ID, CLIENT_SECRET, "", committed_world.ada.actor, now)
    connect(house, made, committed_world, now)
    with server.person() as client:
        if client.search(None, "ALL")[1] != [b""]:
            client.store("1:*", "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()
    return made


def session_of(world: World, now: datetime) -> int:
    agent = world.ada.id
    found: int = db.session.execute(
        text(
            "INSERT INTO agent_sessions (agent_id, digest, created_at, seen_at, expires_at, address, browser)"
            " VALUES (:agent, md5(random()::text), :now, :now, :now, '', '') RETURNING id"
        ),
        {"agent": agent, "now": now},
    ).scalar_one()
    return found


def connect(house: House, mailbox: Mailbox, world: World, now: datetime) -> None:
    session, back = session_of(world, now), "https://desk.example/back"
    house.codes = {consenting.CODE}
    state = house.consents(oauth_connecting.begin(mailbox, "google", session, back, now))
    db.session.commit()
    oauth_connecting.finish(state, consenting.CODE, session, back, world.ada.actor, now)
    db.session.commit()


def fetch(mailbox: Mailbox, now: datetime) -> int:
    count = imap.fetch(mailbox.id, now).came
    db.session.refresh(mailbox)
    return count


def refreshes(house: House) -> int:
    return sum(asked["grant_type"] == "refresh_token" for asked in house.asked)


def test_a_connected_mailbox_is_read_by_token(mailbox: Mailbox, house: House, server: Dovecot, now: datetime) -> None:
    server.bring(mail())
    assert (fetch(mailbox, now), mailbox.fetch_error) == (1, None)
    assert refreshes(house) == 0, "the first token is still good"
    server.bring(mail())
    house.good.pop("access-1")
    assert (fetch(mailbox, later(now, minutes=56)), refreshes(house)) == (1, 1)


def test_a_token_that_ended_early_is_renewed_for_the_next_round(
    mailbox: Mailbox, house: House, server: Dovecot, now: datetime
) -> None:
    house.good.clear()
    server.bring(mail())
    assert fetch(mailbox, now) == 0
    assert "did not let us in" in (mailbox.fetch_error or "")
    assert (fetch(mailbox, later(now, seconds=30)), mailbox.fetch_error) == (1, None)


def test_what_was_taken_back_is_said_in_plain_words_and_mended_by_connecting(
    mailbox: Mailbox, house: House, server: Dovecot, committed_world: World, now: datetime
) -> None:
    house.revokes()
    server.bring(mail())
    assert fetch(mailbox, now) == 0
    assert mailbox.fetch_error == "Google no longer lets us in. Connect this mailbox again."
    asked = len(house.asked)
    fetch(mailbox, later(now, seconds=30))
    assert len(house.asked) == asked, "the answer is known"
    fetch(mailbox, later(now, minutes=2))
    assert (len(house.asked), mailbox.fetch_misses) == (asked + 1, 3)
    connect(house, mailbox, committed_world, later(now, minutes=3))
    db.session.refresh(mailbox)
    assert mailbox.fetch_misses == 0
    assert fetch(mailbox, later(now, minutes=3)) == 1


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ((401, b'{"error": "invalid_client"}'), "does not accept our client ID"),
        ((503, b"<h1>away</h1>"), "no access just now"),
        ((200, b"[" * 5000), "do not understand"),
        ((200, b'{"access_token": "two\\u0001fields"}'), "do not understand"),
        ((302, b""), "cannot be asked"),
        ((200, b"x" * 2_000_000), "cannot be asked"),
    ],
)
def test_a_provider_in_trouble_hurts_only_when_the_token_is_over(
    mailbox: Mailbox, house: House, now: datetime, says: tuple[int, bytes], words: str
) -> None:
    house.says = says
    soon, over = later(now, minutes=57), later(now, minutes=61)
    assert oauth_access.bearer(mailbox, soon) is not None
    with pytest.raises(NoToken, match=words):
        oauth_access.bearer(mailbox, over)
    house.says = None
    assert oauth_access.bearer(mailbox, over + timedelta(minutes=1)) is not None
    grant = db.session.get_one(OAuthGrant, mailbox.id)
    assert (grant.problem, grant.failed_at) == (None, None)


def test_many_who_need_a_token_at_once_ask_once(
    mailbox: Mailbox, committed_app: Flask, house: House, now: datetime
) -> None:
    house.slow, house.rotates = 0.5, True
    mailbox_id, at = mailbox.id, later(now, hours=2)
    found: list[str] = []

    def need() -> None:
        with committed_app.app_context():
            bearer = oauth_access.bearer(db.session.get_one(Mailbox, mailbox_id), at)
            found.append(bearer.token if bearer else "")

    threads = [threading.Thread(target=need) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == ["access-2"] * 6
    assert refreshes(house) == 1
    # The new token to stay was kept, or this would be refused.
    house.slow = 0
    assert oauth_access.bearer(mailbox, at + timedelta(hours=2)) is not None


def test_nobody_waits_for_the_provider_who_needs_no_token(
    mailbox: Mailbox, committed_app: Flask, house: House, committed_world: World, now: datetime
) -> None:
    house.slow = 3.0
    mailbox_id, at = mailbox.id, later(now, hours=2)
    refused: list[str] = []

    def need() -> None:
        with committed_app.app_context():
            try:
                oauth_access.bearer(db.session.get_one(Mailbox, mailbox_id), at)
            except NoToken as error:
                refused.append(str(error))

    thread = threading.Thread(target=need)
    thread.start()
    until(lambda: refreshes(house) == 1, "the provider is asked")
    idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    assert db.session.scalar(text(idle)) == 0, "no transaction stays open meanwhile"
    db.session.execute(text("SET LOCAL lock_timeout = '1s'"))
    oauth_connecting.disconnect(mailbox, committed_world.ada.actor, at)
    db.session.commit()
    thread.join(30)
    assert refused == ["This mailbox is not connected any more."], "an answer for nobody is thrown away"
    assert db.session.scalar(select(func.count()).select_from(OAuthGrant)) == 0


def test_a_watched_mailbox_is_opened_by_token(
    mailbox: Mailbox,
    committed_app: Flask,
    house: House,
    server: Dovecot,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    monkeypatch.setattr(idling, "GLANCE", 1.0)
    monkeypatch.setattr(idling.clock, "now", lambda: now)
    stop, heard = threading.Event(), threading.Event()
    monkeypatch.setattr(idling, "failpoint", lambda _: heard.set())
    watched = idling._watched(committed_app, mailbox.id)
    assert watched is not None
    listening = threading.Thread(target=idling._listen, args=(committed_app, mailbox.id, watched, stop))
    listening.start()
    try:
        for _ in range(10):
            server.bring(mail())
            if heard.wait(2):
                break
        assert heard.is_set()
    finally:
        stop.set()
        listening.join(20)
    assert (db.session.scalar(select(func.count(RawMail.id))) or 0) >= 1


@pytest.fixture
def row(mailbox: Mailbox, committed_world: World, now: datetime, monkeypatch: pytest.MonkeyPatch) -> OutboxRow:
    monkeypatch.setattr(clock, "now", lambda: now)  # by which the next attempt is put off
    mailbox.acknowledges = False
    ticket = ticket_of(take(mail(), now))
    replying.reply(ticket, committed_world.alice, "We send one.", to=[("dana@customer.example", "")], at=now)
    db.session.commit()
    (row,) = rows("reply")
    return row


def test_answers_leave_by_the_provider(
    mailbox: Mailbox, row: OutboxRow, house: House, door: tuple[Door, int], now: datetime
) -> None:
    work_all(now)
    db.session.refresh(row)
    assert row.state == "sent"
    assert door[0].shown == ["user=support\x01auth=Bearer access-1\x01\x01"]
    assert b"We send one." in door[0].mails[0]
    assert sending_server.of_all()[mailbox.id].misses == 0


def test_a_refused_token_sends_the_mail_a_little_later(
    mailbox: Mailbox, row: OutboxRow, house: House, door: tuple[Door, int], now: datetime
) -> None:
    house.good.clear()
    work_all(now)
    db.session.refresh(row)
    assert row.state in WAITING
    assert "did not let us in" in (sending_server.of_all()[mailbox.id].error or "")
    work_all(later(now, minutes=2))
    db.session.refresh(row)
    assert row.state == "sent"
    assert len(door[0].mails) == 1


def test_access_that_was_taken_back_keeps_the_mail_and_says_why(
    mailbox: Mailbox, row: OutboxRow, house: House, door: tuple[Door, int], now: datetime
) -> None:
    house.revokes()
    for minute in (0, 2, 5):
        work_all(later(now, minutes=minute))
    db.session.refresh(row)
    assert row.state in WAITING
    server = sending_server.of_all()[mailbox.id]
    assert server.error == "Google no longer lets us in. Connect this mailbox again."
    assert not door[0].mails
    assert len(door[0].shown) == 1, "nobody is shown a token that is over"


def test_a_token_is_shown_to_the_provider_alone(
    mailbox: Mailbox, row: OutboxRow, house: House, door: tuple[Door, int], now: datetime
) -> None:
    """Whatever an administrator writes into the fields."""
    mailbox.imap_host, mailbox.imap_port, mailbox.imap_security = "elsewhere.example", 1, "none"
    mailbox.smtp_url = secrets.encrypted("smtp://127.0.0.1:1")
    db.session.commit()
    source = imap.source_of(mailbox.id, now)
    assert (source.host, source.security) == ("127.0.0.1", "none")
    assert source.host == oauth_providers.PROVIDERS["google"].imap_host
    work_all(now)
    assert not door[0].shown


def test_secrets_are_stored_encrypted_and_said_nowhere(
    mailbox: Mailbox, house: House, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    source = imap.source_of(mailbox.id, now)
    house.revokes()
    fetch(mailbox, later(now, hours=2))
    stored = "".join(
        str(row)
        for table in ("oauth_clients", "oauth_grants", "oauth_attempts", "audit_entries", "mailboxes")
        for row in db.session.execute(text(f"SELECT * FROM {table}"))
    )
    said = stored + repr(source) + "".join(capsys.readouterr())
    for secret in (CLIENT_SECRET, "access-1", "stay-1", consenting.CODE):
        assert secret not in said
    assert source.bearer is not None
    assert source.bearer.token == "access-1"
