"""Signing in: what it takes, what it tells, and how often it may be tried."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests.people import PASSWORD, World
from ticketdesk.accounts import passwords, people, sessions, signing_in
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid


def attempt(email: str, password: str, now: datetime, address: str = "192.0.2.1") -> str:
    counted = signing_in.count(email, address, now)
    return signing_in.sign_in(counted, password, "a browser", now)[1]


def test_the_right_password_opens_a_session_that_the_secret_finds(world: World, now: datetime) -> None:
    secret = attempt("  Alice@DESK.example ", PASSWORD, now)
    found = sessions.find(secret, now)
    assert found is not None
    assert found[1].id == world.alice.id
    assert found[0].digest != secret


@pytest.mark.parametrize("email", ["alice@desk.example", "nobody@desk.example", "not an address", ""])
def test_what_was_wrong_is_not_told(world: World, now: datetime, email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        attempt(email, "wrong", now)
    assert str(refusal.value) == signing_in.WRONG


def test_a_disabled_agent_cannot_sign_in(world: World, now: datetime) -> None:
    people.disable(world.alice, SYSTEM, now)
    with pytest.raises(Invalid):
        attempt("alice@desk.example", PASSWORD, now)


def test_without_a_password_none_fits(world: World, now: datetime) -> None:
    world.alice.password_hash = None
    for password in ("", "None", "the password of nobody"):
        with pytest.raises(Invalid):
            attempt("alice@desk.example", password, now)


def test_after_five_wrong_tries_even_the_right_password_waits(world: World, now: datetime) -> None:
    for _ in range(signing_in.TRIES_PER_ACCOUNT):
        with pytest.raises(Invalid):
            attempt("alice@desk.example", "wrong", now)
    with pytest.raises(signing_in.TooManyTries):
        attempt("alice@desk.example", PASSWORD, now, address="192.0.2.77")
    attempt("bob@desk.example", PASSWORD, now)
    attempt("alice@desk.example", PASSWORD, now + signing_in.WINDOW)


def test_one_source_cannot_try_many_accounts(world: World, now: datetime) -> None:
    for number in range(signing_in.TRIES_PER_SOURCE):
        with pytest.raises(Invalid):
            attempt(f"guess{number}@desk.example", "wrong", now)
    with pytest.raises(signing_in.TooManyTries):
        attempt("alice@desk.example", PASSWORD, now)
    attempt("alice@desk.example", PASSWORD, now, address="192.0.2.2")


def test_good_tries_use_nothing_up(world: World, now: datetime) -> None:
    for _ in range(signing_in.TRIES_PER_SOURCE + 1):
        attempt("alice@desk.example", PASSWORD, now)


def test_of_a_hundred_tries_at_once_five_are_checked(committed_app: Flask, committed_world: World) -> None:
    """AU-03, with real commits and connections of their own."""
    now = datetime.now().astimezone()
    let_in: list[str] = []
    start = threading.Barrier(10)

    def try_ten_times() -> None:
        start.wait()
        for _ in range(10):
            with committed_app.app_context():
                try:
                    signing_in.count("alice@desk.example", "192.0.2.1", now)
                    let_in.append("one")
                except signing_in.TooManyTries:
                    pass
                db.session.commit()

    threads = [threading.Thread(target=try_ten_times) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == signing_in.TRIES_PER_ACCOUNT


def test_an_unknown_address_takes_as_much_work(world: World, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    verify = passwords._hasher.verify

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            checked.append(kept)
            return verify(kept, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    passwords._nobody.cache_clear()
    monkeypatch.setattr(passwords, "_nobody", lambda: world.alice.password_hash)
    for email in ("nobody@desk.example", "alice@desk.example"):
        with pytest.raises(Invalid):
            attempt(email, "wrong", now)
    assert len(checked) == 2


def test_a_session_ends_by_itself(world: World, now: datetime) -> None:
    secret = attempt("alice@desk.example", PASSWORD, now)
    assert sessions.find(secret, now + sessions.IDLE - timedelta(seconds=1)) is not None
    assert sessions.find(secret, now + sessions.IDLE) is None
    row, _agent = sessions.find(secret, now) or pytest.fail("no session")
    row.seen_at = now + sessions.LONGEST
    assert sessions.find(secret, now + sessions.LONGEST) is None


@pytest.mark.parametrize("secret", ["", "x", "\x00", "ü" * 50])
def test_rubbish_is_no_session(world: World, now: datetime, secret: str) -> None:
    assert sessions.find(secret, now) is None
