"""My settings: each of them has an effect, and what is wrong is said beside what was typed."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, htmx, words
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

PAGE = "/desk/settings"
USUAL = {
    "signature": "",
    "undo_seconds": "10",
    "opens": "",
    "density": "comfortable",
    "theme": "system",
    "locale": "en",
    "timezone": "UTC",
    "has_keys": "y",
    "measures_time": "y",
}


def choose(who: FlaskClient, **chosen: str | None) -> Any:
    return who.post(PAGE, data={name: value for name, value in {**USUAL, **chosen}.items() if value is not None})


def alice_now(world: World) -> Agent:
    db.session.expire_all()
    return db.session.get_one(Agent, world.alice.id)


def signed(who: FlaskClient, ticket: Ticket, text: str, key: str = "k") -> tuple[str, str]:
    """What a reply said, and what stands below it."""
    db.session.refresh(ticket)
    data = {"text": text, "to": "dana@customer.example", "based_on_seq": ticket.last_seq, "client_key": key}
    assert who.post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx()).status_code == 201
    message = db.session.scalars(select(Message).where(Message.client_key == key)).one()
    return message.text, message.signature


def test_the_signature_stands_under_replies_by_mail_and_not_under_notes(alice: FlaskClient, ticket: Ticket) -> None:
    assert choose(alice, signature="**Alice**\r\nCare, {{ agent.name }}").status_code == 303
    assert signed(alice, ticket, "It is on its way.") == ("It is on its way.", "**Alice**\nCare, {{ agent.name }}")
    data = {"text": "Ask the shop.", "client_key": "n"}
    alice.post(f"/desk/tickets/{ticket.number}/notes", data=data, headers=htmx())
    note = db.session.scalars(select(Message).where(Message.client_key == "n")).one()
    assert (note.text, note.signature) == ("Ask the shop.", "")
    assert choose(alice).status_code == 303
    assert signed(alice, ticket, "And the bolt.", "l") == ("And the bolt.", "")


def test_a_reply_waits_as_long_as_was_chosen(alice: FlaskClient, world: World) -> None:
    choose(alice, undo_seconds="20")
    assert alice_now(world).undo_seconds == 20


def test_the_desk_begins_with_the_chosen_view_while_it_is_there(alice: FlaskClient, world: World) -> None:
    choose(alice, opens="unassigned")
    assert alice.get("/desk/").headers["Location"] == "/desk/views/unassigned"
    alice_now(world).opens = f"queue-{world.orders_queue.id}"  # it was hers to see then
    db.session.commit()
    assert alice.get("/desk/").headers["Location"] == f"/desk/views/queue-{world.care_queue.id}"
    assert alice.get(PAGE).status_code == 200


def test_lists_colours_and_keys_are_said_to_the_page(alice: FlaskClient) -> None:
    before = alice.get("/desk/views/mine").text[:400]
    assert 'data-density="comfortable"' in before
    assert "data-theme" not in before and "data-keys" not in before
    choose(alice, density="compact", theme="dark", has_keys=None)
    after = alice.get("/desk/views/mine").text
    for word in ('data-density="compact"', 'data-theme="dark"', 'data-keys="off"'):
        assert word in after[:400]
    assert "Single keys are switched off in your settings." in after
    assert "data-keys-switch" not in after


def test_times_are_told_by_the_chosen_clock_and_language(alice: FlaskClient, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}"
    exact = re.compile(r'<time[^>]*title="([^"]+)"')
    before = exact.findall(alice.get(address).text)
    choose(alice, timezone="Asia/Tokyo")
    there = exact.findall(alice.get(address).text)
    choose(alice, timezone="Asia/Tokyo", locale="en_GB")
    spoken = exact.findall(alice.get(address).text)
    assert before and before != there
    assert there != spoken
    assert '<html lang="en-GB"' in alice.get(address).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signature", "x" * 2_001),
        ("undo_seconds", "7"),
        ("opens", "queue-999999"),
        ("density", "tiny"),
        ("theme", "pink"),
        ("locale", "xx"),
        ("timezone", "Mars/Base"),
    ],
)
def test_what_is_no_choice_is_refused_and_what_was_typed_stays(
    alice: FlaskClient, world: World, field: str, value: str
) -> None:
    answer = choose(alice, **{"signature": "Kept words", field: value})
    assert answer.status_code == 422
    assert field == "signature" or "Kept words" in answer.text
    assert alice_now(world).signature == ""


def test_a_view_of_others_cannot_be_chosen(alice: FlaskClient, world: World) -> None:
    assert choose(alice, opens=f"queue-{world.orders_queue.id}").status_code == 422


def test_the_ladder(browser: Browser, world: World, client: FlaskClient) -> None:
    assert client.get(PAGE).status_code == 302
    for who in ("alice", "sam", "ada"):
        assert browser(who).get(PAGE).status_code == 200
    assert browser("bob").delete(PAGE).status_code == 405
    choose(browser("bob"), signature="Bob")
    assert alice_now(world).signature == "", "it is only one's own"
    sent = browser("alice").post(PAGE, data={**USUAL, "role": "administrator", "email": "x@example.com"})
    assert sent.status_code in (303, 422)
    assert (alice_now(world).role, alice_now(world).email) == ("agent", "alice@desk.example")


def test_it_leads_on_and_takes_few_questions(alice: FlaskClient, write: Write) -> None:
    with counted() as asked:
        page = alice.get(PAGE).text
    assert len(asked) <= 15
    assert 'href="/desk/notices/settings"' in page and 'href="/account"' in page
    assert "My settings" in words(alice.get("/desk/views/mine").text)


@pytest.mark.parametrize("wrong", [{"timezone": "Factory"}, {"timezone": "localtime"}, {"locale": "tlh"}])
def test_what_no_page_could_be_shown_in_is_refused(alice: FlaskClient, world: World, wrong: dict[str, str]) -> None:
    assert choose(alice, **wrong).status_code == 422
    assert (alice_now(world).timezone, alice_now(world).locale) == (world.alice.timezone, world.alice.locale)
    assert alice.get("/desk").status_code < 400
