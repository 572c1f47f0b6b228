"""Sending later at the desk: the sheet, what stands below the conversation, and the way back into the composer."""

import json
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, fresh, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

WORDS = "Has the **new armrest** arrived?"


def begin(browser: FlaskClient, ticket: Ticket, **values: Any) -> TestResponse:
    given = {
        "text": WORDS,
        "to": ["dana@customer.example"],
        "based_on_seq": str(fresh(ticket).last_seq),
        "client_key": "one-reply",
        "revision": "0",
    }
    return browser.post(f"/desk/tickets/{ticket.number}/later", data={**given, **values}, headers=htmx())


def asked(answer: TestResponse) -> dict[str, str]:
    """The hidden fields of the sheet."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))


def keep(browser: FlaskClient, ticket: Ticket, sent: dict[str, str] | None = None, **values: str) -> TestResponse:
    sent = asked(begin(browser, ticket)) if sent is None else sent
    when = (clock.now() + timedelta(hours=5)).isoformat()
    data = {name: sent[name] for name in ("based_on_seq", "revision", "client_key")}
    seen = {"X-Seen-Seq": str(fresh(ticket).last_seq)}
    address = f"/desk/tickets/{ticket.number}/later-replies"
    return browser.post(address, data={**data, "when": when, **values}, headers=htmx(**seen))


def only() -> LaterReply:
    db.session.expire_all()
    return db.session.scalars(select(LaterReply)).one()


def door(ticket: Ticket, what: str) -> str:
    return f"/desk/tickets/{ticket.number}/later-replies/{only().id}/{what}"


def sent() -> list[str]:
    return list(db.session.scalars(select(Message.text).where(Message.agent_id.is_not(None))))


def test_it_stands_below_the_conversation_until_it_goes(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    assert "data-send-later" in alice.get(f"/desk/tickets/{ticket.number}").text
    begun = begin(alice, ticket, files=(BytesIO(b"a plan"), "plan.txt"))
    assert begun.status_code == 200 and "When shall it go out?" in begun.text
    answer = keep(alice, ticket, asked(begun))
    assert answer.status_code == 201
    undo = json.loads(answer.headers["HX-Trigger-After-Settle"])["undoable"]
    assert undo["address"] == door(ticket, "draft") and "It goes out" in undo["said"]
    composer = answer.text.partition('id="composer"')[2]
    assert "armrest" not in composer and "one-reply" not in composer
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    waiting = page.partition('id="waiting"')[2].partition('id="composer"')[0]
    assert "Has the <strong>new armrest</strong> arrived?" in waiting and "plan.txt" in waiting
    assert "Goes out" in words(waiting) and "Alice to Dana" in words(waiting)
    assert all(word in words(waiting) for word in ("Send now", "Edit", "Throw it away"))
    others = browser("bob").get(f"/desk/tickets/{ticket.number}").text.partition('id="waiting"')[2]
    assert "Stop it" in words(others) and "Send now" not in words(others.partition('id="composer"')[0])
    assert sent() == []


def test_its_files_are_for_those_who_see_the_ticket(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    keep(alice, ticket, asked(begin(alice, ticket, files=(BytesIO(b"a plan"), "plan.txt"))))
    address = f"/desk/attachments/{db.session.scalars(select(Attachment.reference)).one()}"
    assert browser("bob").get(address).data == b"a plan"
    assert browser("carol").get(address).status_code == 404


def test_it_can_be_sent_now_edited_or_thrown_away(alice: FlaskClient, ticket: Ticket) -> None:
    keep(alice, ticket)
    answer = alice.post(door(ticket, "draft"), headers=htmx())
    assert answer.status_code == 200 and "taken-back" in answer.headers["HX-Trigger-After-Settle"]
    assert f"{WORDS}</textarea>" in answer.text
    assert only().state == "cancelled"
    db.session.delete(only())
    db.session.commit()
    keep(alice, ticket, asked(begin(alice, ticket, client_key="second", revision="")))
    assert alice.post(door(ticket, "sending")).status_code == 303
    assert sent() == [WORDS]
    db.session.delete(only())
    db.session.commit()
    keep(alice, ticket, asked(begin(alice, ticket, client_key="third", revision="")))
    assert alice.post(door(ticket, "cancellation")).status_code == 303
    assert WORDS not in alice.get(f"/desk/tickets/{ticket.number}").text.partition('id="composer"')[2]
    assert sent() == [WORDS]


def test_a_colleague_stops_it(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    keep(alice, ticket)
    answer = browser("bob").post(door(ticket, "cancellation"), headers=htmx())
    assert json.loads(answer.headers["HX-Trigger"])["said"].startswith("Stopped")
    assert f"{WORDS}</textarea>" in alice.get(f"/desk/tickets/{ticket.number}").text


def test_when_the_customer_writes_the_open_page_has_it_back(alice: FlaskClient, ticket: Ticket, write: Write) -> None:
    keep(alice, ticket)
    seen = str(fresh(ticket).last_seq)
    write("I have found it.", ticket)
    news = alice.get(f"/desk/tickets/{ticket.number}/news", headers=htmx(**{"X-Seen-Seq": seen})).text
    assert f"{WORDS}</textarea>" in news
    assert "A reply for later is Alice’s draft again: the customer wrote first" in words(news)
    waiting = news.partition('id="waiting"')[2].partition("</div>")[0]
    assert "armrest" not in waiting


def test_what_came_in_since_is_shown_first(alice: FlaskClient, ticket: Ticket, write: Write) -> None:
    fields = asked(begin(alice, ticket))
    write("I have found it.", ticket)
    answer = keep(alice, ticket, fields)
    assert answer.status_code == 409 and "I have found it." in words(answer.text)
    assert db.session.scalars(select(LaterReply)).all() == []
    assert keep(alice, ticket, asked(answer)).status_code == 201


def test_a_repeated_request_keeps_one(alice: FlaskClient, ticket: Ticket) -> None:
    fields = asked(begin(alice, ticket))
    assert keep(alice, ticket, fields).status_code == 201
    assert keep(alice, ticket, fields).status_code == 201
    assert only().state == "waiting"


def test_words_of_another_window_are_not_sent_unseen(alice: FlaskClient, ticket: Ticket) -> None:
    fields = asked(begin(alice, ticket))
    begin(alice, ticket, text="Other words", client_key="another", revision=fields["revision"])
    answer = keep(alice, ticket, fields)
    assert answer.status_code == 422 and "another window" in words(answer.text)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": " "}, "Write something first"),
        ({"to": []}, "Add at least one recipient"),
        ({"channel": "chat"}, "Nothing is sent later in a chat"),
        ({"to": ["support@desk.example"]}, "is our own mailbox"),
        ({"client_key": ""}, "required"),
    ],
)
def test_what_could_not_be_sent_either(alice: FlaskClient, ticket: Ticket, sent: dict[str, Any], said: str) -> None:
    answer = begin(alice, ticket, **sent)
    assert answer.status_code == 422 and said in words(answer.text)
    assert answer.headers["HX-Retarget"] == "#composer"


def test_without_script_it_goes_page_by_page(alice: FlaskClient, ticket: Ticket) -> None:
    given = {"text": WORDS, "to": ["dana@customer.example"], "based_on_seq": "1", "client_key": "one-reply"}
    answer = alice.post(f"/desk/tickets/{ticket.number}/later", data=given)
    assert (answer.status_code, answer.location) == (303, f"/desk/tickets/{ticket.number}/later")
    page = alice.get(answer.location)
    assert "<html" in page.text and 'name="client_key" value="one-reply"' in page.text


def test_the_ladder(
    alice: FlaskClient, browser: Browser, reader: FlaskClient, world: World, ticket: Ticket, write: Write
) -> None:
    assert begin(reader, ticket).status_code == 403
    assert alice.get(f"/desk/tickets/{ticket.number}/later").status_code == 404
    keep(alice, ticket)
    for what in ("sending", "draft", "cancellation"):
        address = door(ticket, what)
        assert reader.post(address).status_code == 403
        assert browser("carol").post(address.replace(str(ticket.number), "999999")).status_code == 404
        assert alice.post(address.replace(f"/{ticket.number}/", f"/{write().ticket.number}/")).status_code == 404
        assert alice.get(address).status_code == 405
        assert alice.post(address, data={"unknown": "x"}).status_code == 422
    assert browser("bob").post(door(ticket, "sending")).status_code == 403
    assert browser("bob").post(door(ticket, "draft")).status_code == 403
    assert alice.post(door(ticket, "sending")).status_code == 303
    assert alice.post(door(ticket, "sending"), headers=htmx()).status_code == 409


def test_the_page_asks_one_question_more_for_them(alice: FlaskClient, ticket: Ticket) -> None:
    alice.get(f"/desk/tickets/{ticket.number}")
    with counted() as before:
        alice.get(f"/desk/tickets/{ticket.number}")
    keep(alice, ticket)
    with counted() as after:
        alice.get(f"/desk/tickets/{ticket.number}")
    assert len(after) == len(before) + 1
