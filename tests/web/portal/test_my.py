"""Signing in by a mailed code, and all tickets of one customer."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.people import World, open_for, with_token
from tests.web.portal.test_ticket import words
from ticketdesk.channels.email import codes
from ticketdesk.contacts import sessions
from ticketdesk.contacts.contact import Identity
from ticketdesk.contacts.session import CustomerSession
from ticketdesk.core import clock, jobs
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import flags, participant, progress
from ticketdesk.tickets.ticket import Ticket

Mails = Callable[[], list[EmailMessage]]


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    found = open_for(world, world.care_queue, at=now)
    db.session.commit()
    return found


@pytest.fixture
def browser(client: FlaskClient) -> FlaskClient:
    return with_token(client)


@pytest.fixture
def mails(app: Flask) -> Mails:
    """Let the background work, and read what left."""

    def read() -> list[EmailMessage]:
        for row_id in db.session.scalars(
            select(OutboxRow.id).where(OutboxRow.task == codes.TASK, OutboxRow.state == "queued")
        ).all():
            jobs.run(row_id, clock.now())
        folder = app.extensions["ticketdesk.config"].outbox
        sent = db.session.scalars(select(OutboxRow.id).where(OutboxRow.task == codes.TASK, OutboxRow.state == "sent"))
        return [
            message_from_bytes((folder / f"{row_id}.eml").read_bytes(), EmailMessage, policy=policy.SMTP)
            for row_id in sent
        ]

    return read


def ask(browser: FlaskClient, address: str = "dana@customer.example") -> TestResponse:
    return browser.post("/my/sign-in", data={"email": address})


def code_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"\b\d{4} \d{4}\b", body.get_content())
    assert found is not None
    return found[0]


def entered(browser: FlaskClient, mails: Mails, address: str = "dana@customer.example") -> TestResponse:
    ask(browser, address)
    return browser.post("/my/code", data={"code": code_in(mails()[-1])})


def as_customer(browser: FlaskClient, identity: Identity) -> FlaskClient:
    _row, secret = sessions.begin(identity, "127.0.0.1", "a test", clock.now())
    db.session.commit()
    browser.set_cookie("customer", secret)
    return browser


def test_a_code_from_the_mail_opens_all_tickets(
    browser: FlaskClient, world: World, ticket: Ticket, mails: Mails
) -> None:
    assert browser.get("/my").headers["Location"] == "/my/sign-in"
    assert ask(browser).headers["Location"] == "/my/code"
    assert browser.get("/my/code").status_code == 200
    mail = mails()[0]
    assert (mail["To"], mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == (
        "dana@customer.example",
        "auto-generated",
        "All",
    )
    response = browser.post("/my/code", data={"code": code_in(mail)})
    assert (response.status_code, response.headers["Location"]) == (303, "/my")
    cookie = next(header for header in response.headers.getlist("Set-Cookie") if header.startswith("customer="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ticket.subject in words(browser.get("/my"))
    db.session.refresh(world.dana)
    assert world.dana.verification == "confirmed"


def test_nobody_learns_which_addresses_we_know(browser: FlaskClient, ticket: Ticket, mails: Mails) -> None:
    """AU-02: the same answers, and the same work before them."""
    known = ask(browser), browser.get("/my/code"), browser.post("/my/code", data={"code": "0000 0000"})
    unknown = (
        ask(browser, "stranger@customer.example"),
        browser.get("/my/code"),
        browser.post("/my/code", data={"code": "0000 0000"}),
    )
    for one, other in zip(known, unknown, strict=True):
        assert (one.status_code, _steady(one)) == (other.status_code, _steady(other))
    assert db.session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.task == codes.TASK)) == 2
    assert [mail["To"] for mail in mails()] == ["dana@customer.example"]


def _steady(response: TestResponse) -> str:
    """The page without what is fresh in each."""
    return re.sub(r'(nonce|value)="[^"]*"', "", response.text)


def test_five_tries_and_no_more(browser: FlaskClient, ticket: Ticket, mails: Mails) -> None:
    ask(browser)
    code = code_in(mails()[0])
    assert [browser.post("/my/code", data={"code": "0000 0000"}).status_code for _ in range(5)] == [422] * 5
    assert browser.post("/my/code", data={"code": code}).status_code == 429


def test_an_address_is_mailed_at_most_five_codes(browser: FlaskClient, ticket: Ticket) -> None:
    assert [ask(browser).status_code for _ in range(6)] == [303] * 5 + [429]
    assert ask(browser, "DANA@customer.example ").status_code == 429
    assert ask(browser, "stranger@customer.example").status_code == 303


def test_a_code_is_for_the_browser_that_asked(app: Flask, browser: FlaskClient, ticket: Ticket, mails: Mails) -> None:
    ask(browser)
    other = with_token(app.test_client())
    ask(other, "stranger@customer.example")
    assert other.post("/my/code", data={"code": code_in(mails()[0])}).status_code == 422


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c.example", "x" * 260 + "@customer.example", "a\x00b@c.example"]
)
def test_what_is_no_address_is_said_so(browser: FlaskClient, world: World, address: str) -> None:
    assert ask(browser, address).status_code == 422


def test_signing_in_again_leaves_the_session_before(
    browser: FlaskClient, world: World, ticket: Ticket, mails: Mails
) -> None:
    """AU-01: a new id at each sign-in; the old one is dead at once."""
    entered(browser, mails)
    old = browser.get_cookie("customer")
    with_token(browser)
    entered(browser, mails)
    new = browser.get_cookie("customer")
    assert old is not None
    assert new is not None
    assert old.value != new.value
    assert len(sessions.of(world.dana.id, clock.now())) == 1


def test_signing_out_ends_the_session(browser: FlaskClient, world: World, ticket: Ticket) -> None:
    as_customer(browser, world.dana)
    secret = browser.get_cookie("customer")
    assert secret is not None
    assert browser.post("/my/sign-out").status_code == 303
    browser.set_cookie("customer", secret.value)
    assert browser.get("/my").status_code == 302


def test_another_browser_can_be_signed_out(app: Flask, browser: FlaskClient, world: World, ticket: Ticket) -> None:
    as_customer(app.test_client(), world.dana)
    as_customer(browser, world.dana)
    as_customer(app.test_client(), world.eve)
    assert "Where you are signed in" in words(browser.get("/my"))
    ids = {
        row.identity_id: row.id
        for row in db.session.scalars(select(CustomerSession).order_by(CustomerSession.id.desc()))
    }
    assert browser.post(f"/my/sessions/{ids[world.eve.id]}/end").status_code == 404
    assert browser.post(f"/my/sessions/{ids[world.dana.id]}/end").status_code == 303
    assert len(sessions.of(world.dana.id, clock.now())) == 1
    assert len(sessions.of(world.eve.id, clock.now())) == 1


def test_the_list_holds_ones_own_tickets_only(browser: FlaskClient, world: World, now: datetime) -> None:
    mine = [open_for(world, world.care_queue, f"matter {number}", now) for number in range(4)]
    flags.mark_spam(mine[0], SYSTEM, now)
    progress.solve(mine[1], SYSTEM, now)
    copied = open_for(world, world.care_queue, "copied", now)
    participant.add(copied.id, world.eve.id, "cc", "active", now)
    held = open_for(world, world.care_queue, "held", now)
    participant.add(held.id, world.eve.id, "third_party", "held", now)
    db.session.commit()
    shown = [node.text() for node in _lines(as_customer(browser, world.dana))]
    assert shown == ["held", "copied", "matter 3", "matter 2", "matter 1"]  # what is open first, then the newest
    assert [node.text() for node in _lines(as_customer(browser, world.eve))] == ["copied"]
    assert browser.get(f"/my/tickets/{held.number}").status_code == 404
    assert browser.get(f"/my/tickets/{mine[0].number}").status_code == 404
    assert browser.get(f"/my/tickets/{copied.number}").status_code == 200


def _lines(browser: FlaskClient, address: str = "/my") -> list[LexborHTMLParser]:
    return list(LexborHTMLParser(browser.get(address).text).css(".td-mine b"))


def test_long_lists_come_in_pages(browser: FlaskClient, world: World, now: datetime) -> None:
    for number in range(30):
        found = open_for(world, world.care_queue, f"matter {number}", now)
        if number % 2:
            progress.solve(found, SYSTEM, now)
    db.session.commit()
    as_customer(browser, world.dana)
    seen, address = [], "/my"
    while address:
        page = LexborHTMLParser(browser.get(address).text)
        seen += [node.text() for node in page.css(".td-mine b")]
        onward = page.css_first("a[rel=next]")
        address = onward.attributes["href"] or "" if onward is not None else ""
    assert seen == [f"matter {n}" for n in range(28, -1, -2)] + [f"matter {n}" for n in range(29, 0, -2)]
    assert browser.get("/my?after=nonsense").status_code == 200
    assert browser.get("/my?after=open-99999999999999999999").status_code == 200


def test_a_ticket_can_be_answered_solved_and_opened_again(
    browser: FlaskClient, world: World, ticket: Ticket, now: datetime
) -> None:
    as_customer(browser, world.dana)
    place = f"/my/tickets/{ticket.number}"
    assert browser.post(f"{place}/answers", data={"text": "And?", "client_key": "k"}).headers["Location"] == place
    assert "And?" in words(browser.get(place))
    for action, becomes in (("resolution", "solved"), ("reopening", "open")):
        assert browser.post(f"{place}/{action}").status_code == 303
        db.session.refresh(ticket)
        assert ticket.category == becomes


def test_a_session_that_is_over_leads_to_signing_in(browser: FlaskClient, world: World, ticket: Ticket) -> None:
    _row, secret = sessions.begin(world.dana, "127.0.0.1", "a test", clock.now() - timedelta(days=15))
    db.session.commit()
    browser.set_cookie("customer", secret)
    assert browser.get(f"/my/tickets/{ticket.number}").status_code == 302
    assert browser.post(f"/my/tickets/{ticket.number}/resolution").status_code == 303
    db.session.refresh(ticket)
    assert ticket.category == "new"


def test_a_customer_is_no_agent(browser: FlaskClient, world: World, ticket: Ticket) -> None:
    as_customer(browser, world.dana)
    assert browser.get("/desk/").status_code == 302
    assert browser.get("/my").headers["Cache-Control"] == "no-store"
