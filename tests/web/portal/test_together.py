"""Many at once at a customer's doors: a code opens once, a form sent twice makes one message, limits hold."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from tests.people import World, open_for, with_token
from ticketdesk.contacts import entering
from ticketdesk.contacts.session import CustomerSession
from ticketdesk.core import clock, tokens
from ticketdesk.core.db import db
from ticketdesk.tickets import tracking
from ticketdesk.tickets.message import Message

MANY = 10


def together(app: Flask, path: str, form: dict[str, str], asked: str = "") -> list[int]:
    """The statuses of the same request from many browsers in one moment."""
    start = Barrier(MANY)

    def send(_number: int) -> int:
        browser = with_token(app.test_client())
        if asked:
            with browser.session_transaction() as kept:
                kept["asked"] = asked
        start.wait(timeout=30)
        return browser.post(path, data=form).status_code

    with ThreadPoolExecutor(MANY) as threads:
        return sorted(threads.map(send, range(MANY)))


def test_a_code_opens_one_session(committed_app: Flask, committed_world: World) -> None:
    """AZ-09: single use, and no more than five tries however they come."""
    secret, now = entering.asking(), clock.now()
    code = entering.make(committed_world.dana, tokens.digest(secret), now, now + entering.LIFE)
    db.session.commit()
    found = together(committed_app, "/my/code", {"code": code}, secret)
    assert found == [303] + [422] * 4 + [429] * 5
    assert db.session.scalar(select(func.count()).select_from(CustomerSession)) == 1


def test_an_address_is_asked_for_five_times(committed_app: Flask, committed_world: World) -> None:
    """AU-03: the limit is a row of the database, counted one by one."""
    found = together(committed_app, "/my/sign-in", {"email": "dana@customer.example"})
    assert found == [303] * 5 + [429] * 5


def test_one_form_makes_one_message(committed_app: Flask, committed_world: World) -> None:
    now = clock.now()
    ticket = open_for(committed_world, committed_world.care_queue, at=now)
    token = tracking.link_for(ticket.id, committed_world.dana.id, now)
    db.session.commit()
    found = together(committed_app, f"/t/{token}/answers", {"text": "Once.", "client_key": "one"})
    assert found == [303] * MANY
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1
