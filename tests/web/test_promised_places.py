"""Where customers read when an answer comes: on the form, its confirmation, the ticket's page and in the chat."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from tests.channels.chat.talks import widget_of
from tests.people import World, sign_in, with_token
from tests.sla.promises import answer, asked, record, told
from tests.web.portal.test_forms import build, filled, newest
from tests.web.widget.conftest import Browser
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.channels.form.form import Form
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults, judging, passing, promising
from ticketdesk.sla.history import AnswerTime
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.tickets import tracking
from ticketdesk.tickets.ticket import Ticket

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRST = ("first_response", 1)


@pytest.fixture
def now() -> datetime:
    """Pages reckon with the real clock."""
    return clock.now()


@pytest.fixture
def policy(world: World, now: datetime) -> SlaPolicy:
    """Four hours, day and night, so that the hour of the test does not matter."""
    made = defaults.create(SYSTEM, now - timedelta(days=30))
    calendar = db.session.scalars(select(Calendar)).one()
    calendars.change(calendar, "UTC", [[[0, 1440]]] * 7, SYSTEM, now - timedelta(days=29))
    db.session.commit()
    return made


@pytest.fixture
def form(world: World) -> Form:
    return build(world)


def known(world: World, channel: str, answers: int = 40, queue_id: int | None = None) -> None:
    """Four of five answers took less than two hours."""
    db.session.add(
        AnswerTime(
            queue_id=queue_id or world.care_queue.id,
            channel=channel,
            metric="first_response",
            answers=answers,
            p50_s=1800,
            p80_s=7000,
            reckoned_at=clock.now(),
        )
    )
    db.session.commit()


def words(page: TestResponse) -> str:
    body = LexborHTMLParser(page.text).body
    assert body is not None
    return " ".join(body.text(separator=" ").split())


def written() -> tuple[int, int]:
    """What a look must not change."""
    promises = db.session.scalar(select(func.count()).select_from(SlaPromise)) or 0
    return promises, db.session.scalar(text("SELECT count(*) FROM events")) or 0


USUAL = "We usually answer within 2 hours; at the latest"


def test_the_form_says_it_before_sending_and_looking_writes_nothing(
    client: FlaskClient, world: World, policy: SlaPolicy, form: Form
) -> None:
    assert "Write now, and you have an answer" in words(client.get("/forms/contact"))
    known(world, "form")
    before = written()
    assert USUAL in words(client.get("/forms/contact"))
    assert USUAL in words(client.get("/forms/contact/embed"))
    assert written() == before


def test_where_nothing_is_promised_the_form_says_nothing(client: FlaskClient, world: World, form: Form) -> None:
    known(world, "form")
    page = words(client.get("/forms/contact"))
    assert "usually" not in page
    assert "you have an answer" not in page


@pytest.mark.parametrize("of", ["few", "another queue", "another channel"])
def test_what_others_waited_is_never_said_here(
    client: FlaskClient, world: World, policy: SlaPolicy, form: Form, of: str
) -> None:
    known(
        world,
        "email" if of == "another channel" else "form",
        answers=19 if of == "few" else 40,
        queue_id=world.orders_queue.id if of == "another queue" else None,
    )
    assert "usually" not in words(client.get("/forms/contact"))


def test_sending_makes_the_promise_that_the_confirmation_shows(
    client: FlaskClient, world: World, policy: SlaPolicy, form: Form
) -> None:
    known(world, "form")
    sent = client.post("/forms/contact", data=filled(form))
    ticket = newest()
    found = record(ticket)[FIRST]
    assert (found.said_in, found.promised_for) == ("form", ticket.next_due_at)
    before = written()
    assert USUAL in words(client.get(sent.headers["Location"]))
    assert written() == before
    client.post("/forms/contact", data=filled(form))
    assert told(ticket) == ["made"]


def test_spam_is_promised_nothing(client: FlaskClient, world: World, policy: SlaPolicy, form: Form) -> None:
    client.post("/forms/contact", data=filled(form, website="https://spam.example"))
    assert told(newest()) == []


@pytest.fixture
def page(world: World, policy: SlaPolicy, now: datetime, client: FlaskClient) -> Callable[[], str]:
    """dana's page of a ticket that came an hour ago."""
    ticket = asked(world, now - HOUR)
    token = tracking.link_for(ticket.id, world.dana.id, now)
    db.session.commit()
    browser = with_token(client)
    return lambda: words(browser.get(f"/t/{token}"))


def test_the_tickets_page_says_it_and_looking_writes_nothing(page: Callable[[], str], world: World) -> None:
    known(world, "email")
    before = written()
    assert USUAL in page()
    assert written() == before


def test_a_time_that_was_told_is_shown_instead(page: Callable[[], str], world: World, now: datetime) -> None:
    known(world, "email")
    ticket = newest()
    made = promising.make(ticket, "acknowledgement", now - HOUR)
    assert made is not None
    turn = judging.moved(made.standing, now + 5 * HOUR, now, "told", told=True)
    promising.take(ticket, made, turn)
    db.session.commit()
    shown = page()
    assert "Expect an answer" in shown
    assert "We had promised it for" in shown
    assert "usually" not in shown


def test_writing_more_there_makes_a_promise(
    client: FlaskClient, world: World, policy: SlaPolicy, now: datetime
) -> None:
    ticket = asked(world, now - 2 * HOUR)
    answer(world, ticket, now - HOUR)
    token = tracking.link_for(ticket.id, world.dana.id, now)
    db.session.commit()
    with_token(client).post(f"/t/{token}/answers", data={"text": "And the bolt?", "client_key": "one"})
    assert record(ticket)[("next_response", 1)].said_in == "portal"


@pytest.fixture
def chat(app: Flask, world: World, policy: SlaPolicy) -> Browser:
    """A visitor of the shop."""
    return Browser(app.test_client(), widget_of(world).key).visits()


def test_the_chat_says_it_before_the_first_word(app: Flask, chat: Browser, world: World) -> None:
    known(world, "chat")
    before = written()
    frame = words(app.test_client().get(f"/widget/{chat.key}"))
    assert "Usually answers within 2 hours" in frame
    assert USUAL in frame
    assert written() == before


def test_without_history_the_chat_says_what_is_promised(app: Flask, chat: Browser) -> None:
    frame = words(app.test_client().get(f"/widget/{chat.key}"))
    assert "sually" not in frame
    assert "Write now, and you have an answer" in frame


def test_the_first_message_makes_the_promise_and_says_it(chat: Browser, world: World) -> None:
    known(world, "chat")
    made = chat.says("Hello?")
    assert USUAL in words(made)
    assert told(chat.ticket) == ["made"]
    assert record(chat.ticket)[FIRST].said_in == "chat"
    chat.says("Anybody there?")
    assert told(chat.ticket) == ["made"]
    before = written()
    assert USUAL in words(chat.get("talk"))
    assert written() == before


def test_once_answered_the_chat_says_no_more_of_it(chat: Browser, world: World) -> None:
    chat.says("Hello?")
    assert "Expect an answer" in words(chat.get("talk"))
    answer(world, chat.ticket, clock.now())
    db.session.commit()
    assert "Expect an answer" not in words(chat.get("talk"))
    assert "<p data-expect></p>" in chat.get("talk").text


def test_another_visitor_reads_nothing_of_it(app: Flask, chat: Browser) -> None:
    chat.says("Hello?")
    other = Browser(app.test_client(), chat.key).visits()
    assert "Expect an answer" not in other.get("talk").text


def test_agents_read_the_record_beside_the_ticket(app: Flask, world: World, policy: SlaPolicy, now: datetime) -> None:
    known(world, "email", answers=7)
    ticket = asked(world, now - HOUR)
    promising.make(ticket, "acknowledgement", now - HOUR)
    db.session.commit()
    alice = sign_in(app.test_client(), world.alice)
    shown = words(alice.get(f"/desk/tickets/{ticket.number}"))
    assert "in the acknowledgement — open" in shown
    assert "Only 7 answers in four weeks" in shown
    assert "Promised in the acknowledgement for" in shown
    answer(world, ticket, now)
    db.session.commit()
    shown = words(alice.get(f"/desk/tickets/{ticket.number}"))
    assert "— kept, 3 h before" in shown
    assert "The promise was kept, 3 h before its time" in shown


def test_agents_read_why_a_promise_moved_and_that_it_broke(
    app: Flask, world: World, policy: SlaPolicy, now: datetime
) -> None:
    ticket = asked(world, now - 9 * HOUR)
    made = promising.make(ticket, "form", now - 9 * HOUR)
    assert made is not None
    turn = judging.moved(made.standing, now - HOUR, now - 6 * HOUR, "told", told=True)
    promising.take(ticket, made, turn)
    passing.judge_passed(now)
    db.session.commit()
    shown = words(sign_in(app.test_client(), world.alice).get(f"/desk/tickets/{ticket.number}"))
    assert "— broken" in shown
    assert "on the form, then for" in shown
    assert "The customer was told: by" in shown
    assert "The promised time passed without an answer" in shown


def test_whoever_cannot_see_the_ticket_reads_no_promise(
    app: Flask, world: World, policy: SlaPolicy, now: datetime
) -> None:
    ticket: Ticket = asked(world, now)
    promising.make(ticket, "form", now)
    db.session.commit()
    assert sign_in(app.test_client(), world.carol).get(f"/desk/tickets/{ticket.number}").status_code == 404
