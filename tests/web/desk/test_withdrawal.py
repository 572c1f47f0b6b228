"""Taking a reply back at the desk, and what the page says until it has left."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.people import World, open_for, sign_in
from tests.web.desk.conftest import Browser, Write, fresh, htmx, words
from ticketdesk.channels.chat import belonging
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import drafts
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture(autouse=True)
def ten_seconds(world: World) -> None:
    """alice's mail waits, as it does unless somebody chose otherwise."""
    world.alice.undo_seconds = 10
    db.session.commit()


def send(browser: FlaskClient, ticket: Ticket, **values: Any) -> Message:
    given = {
        "text": "A new armrest is on its way.",
        "to": ["dana@customer.example"],
        "based_on_seq": str(fresh(ticket).last_seq),
        "client_key": "one-reply",
    }
    assert browser.post(f"/desk/tickets/{ticket.number}/replies", data={**given, **values}).status_code == 303
    return db.session.scalars(select(Message).where(Message.agent_id.is_not(None)).order_by(Message.id.desc())).first()


def back(ticket: Ticket, message: Message) -> str:
    return f"/desk/tickets/{ticket.number}/messages/{message.id}/withdrawal"


def test_the_page_offers_to_take_it_back_until_it_leaves(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    message = send(alice, ticket)
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert f'action="{back(ticket, message)}"' in page and 'data-key="u"' in page
    assert "Leaves for dana@customer.example in a moment" in words(page)
    others = browser("bob").get(f"/desk/tickets/{ticket.number}").text
    assert "data-undo" not in others and "A new armrest is on its way." in others


def test_taken_back_it_stands_in_the_composer(alice: FlaskClient, ticket: Ticket) -> None:
    message = send(alice, ticket, then="solved")
    seen = str(fresh(ticket).last_seq)
    answer = alice.post(back(ticket, message), headers=htmx(**{"X-Seen-Seq": seen}))
    assert answer.status_code == 200
    assert "taken-back" in answer.headers["HX-Trigger-After-Settle"]
    entries, _, composer = answer.text.partition('id="composer"')
    assert 'id="entries"' in entries and "A new armrest is on its way." not in entries
    assert "Alice took a reply back" in words(entries)
    assert "A new armrest is on its way.</textarea>" in composer and "data-undo=" not in composer
    assert "one-reply" not in composer  # it will be sent under another key
    assert fresh(ticket).category == "new"


def test_without_script_the_page_is_shown_again(alice: FlaskClient, ticket: Ticket) -> None:
    answer = alice.post(back(ticket, send(alice, ticket)))
    assert (answer.status_code, answer.location) == (303, f"/desk/tickets/{ticket.number}")


def test_the_ladder(alice: FlaskClient, browser: Browser, reader: FlaskClient, ticket: Ticket, write: Write) -> None:
    message = send(alice, ticket)
    assert browser("bob").post(back(ticket, message)).status_code == 403
    assert reader.post(back(ticket, message)).status_code == 403
    assert alice.post(back(write().ticket, message)).status_code == 404
    assert alice.get(back(ticket, message)).status_code == 405
    assert alice.post(back(ticket, message), data={"unknown": "x"}).status_code == 422
    assert alice.post(back(ticket, message)).status_code == 303
    assert alice.post(back(ticket, message), headers=htmx()).status_code == 409


def test_the_same_request_again_sends_nothing(alice: FlaskClient, ticket: Ticket) -> None:
    message = send(alice, ticket)
    alice.post(back(ticket, message))
    data = {
        "text": "A new armrest is on its way.",
        "to": ["dana@customer.example"],
        "based_on_seq": str(fresh(ticket).last_seq),
        "client_key": "one-reply",
    }
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx())
    assert answer.status_code == 422 and "You took this reply back" in words(answer.text)
    assert db.session.scalar(select(func.count()).where(OutboxRow.state == "queued", OutboxRow.purpose == "reply")) == 0


def test_where_a_visitor_reads_along_nothing_waits(
    alice: FlaskClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belonging, "of_ticket", lambda ticket: object())
    monkeypatch.setattr("ticketdesk.web.desk.chats.of", lambda *rest: None)
    assert send(alice, ticket).leaves_at is None


def test_each_agent_chooses_how_long(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    assert alice.post("/account/sending", data={"undo_seconds": "7"}).status_code == 422
    assert alice.post("/account/sending", data={"undo_seconds": "0"}).status_code == 302
    assert '<option selected value="0">' in alice.get("/account").text
    assert send(alice, ticket).leaves_at is None


def test_two_windows_of_one_agent_lose_nothing(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/drafts/reply"

    def put(text: str, revision: int, window: str) -> Any:
        return alice.put(address, data={"text": text, "revision": str(revision), "client_key": window})

    first = put("Dear Dana", 0, "one").get_json()["revision"]
    late = put("Hello", 0, "two")
    assert late.status_code == 409
    assert late.get_json()["text"] == "Dear Dana" and late.get_json()["revision"] == first
    assert put("Dear Dana, thank you", 0, "one").status_code == 200  # a window is never behind itself
    assert put("Hello", first, "two").status_code == 409
    newest = put("Hello", late.get_json()["revision"], "two").get_json()["revision"]
    assert put("Hello, Dana", newest, "two").status_code == 200
    draft = drafts.draft_of(ticket, world.alice, "reply")
    assert draft is not None and draft.text == "Hello, Dana"


def test_what_another_window_wrote_is_not_sent_away(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    alice.put(
        f"/desk/tickets/{ticket.number}/drafts/reply",
        data={"text": "Other words", "revision": "0", "client_key": "two"},
    )
    send(alice, ticket, revision="0")
    kept = drafts.draft_of(ticket, world.alice, "reply")
    assert kept is not None and kept.text == "Other words"


def test_what_was_sent_is_no_draft_any_more(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    send(alice, ticket)
    late = {"text": "A new arm", "revision": "0", "client_key": "one-reply"}
    assert alice.put(f"/desk/tickets/{ticket.number}/drafts/reply", data=late).status_code == 204
    assert drafts.draft_of(ticket, world.alice, "reply") is None


def test_lists_mark_what_one_has_begun(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    alice.put(f"/desk/tickets/{ticket.number}/drafts/note", data={"text": "My thought"})
    assert "You have begun to write here" in alice.get("/desk/views/unassigned").text
    assert "You have begun to write here" not in browser("bob").get("/desk/views/unassigned").text


@pytest.mark.parametrize("kind", ["replies", "notes"])
def test_twenty_requests_at_once_make_one_message(committed_app: Flask, committed_world: World, kind: str) -> None:
    ticket = open_for(committed_world, committed_world.care_queue, at=clock.now())
    drafts.save(ticket, committed_world.alice, "reply", "Hello", {}, ticket.last_seq, clock.now())
    db.session.commit()
    number, seq = ticket.number, ticket.last_seq
    browsers = [sign_in(committed_app.test_client(), committed_world.alice) for _ in range(20)]
    data = {"text": "Hello", "client_key": "one", "revision": "0", "based_on_seq": str(seq)}
    if kind == "replies":
        data["to"] = "dana@customer.example"
    db.session.remove()
    with ThreadPoolExecutor(20) as pool:
        sent = [pool.submit(one.post, f"/desk/tickets/{number}/{kind}", data=dict(data)) for one in browsers]
        assert {one.result(120).status_code for one in sent} == {303}
    assert db.session.scalar(select(func.count()).where(Message.client_key == "one")) == 1
    wanted = 1 if kind == "replies" else 0
    assert db.session.scalar(select(func.count()).where(OutboxRow.recipient == "dana@customer.example")) == wanted
