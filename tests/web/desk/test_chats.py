"""Answering a chat: where it goes, said before it is sent."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.chat.talks import DANA, Guest, comes, widget_of
from tests.people import World
from tests.web.desk.conftest import Browser, counted, fresh, htmx, words
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets.message import Message, Recipient
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def guest(world: World) -> Guest:
    """Dana in a chat, there and with an address."""
    guest = comes(widget_of(world), clock.now(), name="Dana", email=DANA)
    guest.says("The armrest came off", clock.now())
    return guest


def form(ticket: Ticket, **values: Any) -> dict[str, Any]:
    given = {
        "text": "Which side?",
        "channel": "chat",
        "based_on_seq": str(fresh(ticket).last_seq),
        "client_key": "one-answer",
    }
    return {**given, **values}


def where(client: FlaskClient, ticket: Ticket) -> str:
    """What the composer says of where an answer goes."""
    return words(client.get(f"/desk/tickets/{ticket.number}").text.partition('id="where">')[2].partition("</div>")[0])


def sent() -> Message:
    return db.session.scalars(select(Message).where(Message.agent_id.is_not(None))).one()


def test_an_answer_goes_into_the_chat(alice: FlaskClient, guest: Guest) -> None:
    ticket = guest.ticket
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket), headers=htmx())
    assert answer.status_code == 201
    assert (sent().channel, guest.sees()[-1]) == ("chat", "Which side?")
    assert db.session.scalars(select(Recipient)).all() == []
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.message_id == sent().id)).one()
    assert (row.channel, row.recipient, row.state) == ("chat", None, "queued")
    assert "In the chat, not read yet" in alice.get(f"/desk/tickets/{ticket.number}").text
    guest.reads(clock.now())
    seen = alice.get(f"/desk/tickets/{ticket.number}/deliveries?of={sent().id}", headers=htmx()).text
    assert 'class="td-seen"' in seen, "as small as in the talk"
    assert "Read in the chat" in seen


def test_by_mail_when_that_is_chosen(alice: FlaskClient, guest: Guest) -> None:
    ticket = guest.ticket
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket, channel="email", to=[DANA]))
    assert answer.status_code == 303
    assert sent().channel == "email"
    assert db.session.scalars(select(Recipient.address)).all() == [DANA]


def test_mail_still_needs_somebody_to_go_to(alice: FlaskClient, guest: Guest) -> None:
    answer = alice.post(f"/desk/tickets/{guest.ticket.number}/replies", data=form(guest.ticket, channel="email"))
    assert answer.status_code == 422
    assert "Add at least one recipient" in answer.text


def test_a_ticket_by_mail_has_no_chat_to_answer_in(alice: FlaskClient, ticket: Ticket) -> None:
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert 'id="where"' not in page
    assert 'type="radio" name="channel"' not in page
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket))
    assert answer.status_code == 422
    assert "There is no chat in this ticket" in answer.text


@pytest.mark.parametrize("channel", ["fax", "form", "CHAT"])
def test_there_are_no_other_ways(alice: FlaskClient, guest: Guest, channel: str) -> None:
    answer = alice.post(f"/desk/tickets/{guest.ticket.number}/replies", data=form(guest.ticket, channel=channel))
    assert answer.status_code == 422


def test_the_composer_says_where_it_goes(alice: FlaskClient, world: World, guest: Guest) -> None:
    assert where(alice, guest.ticket) == f"In the chat; by mail to {DANA} if they leave"
    guest.leaves(clock.now())
    assert where(alice, guest.ticket) == f"The visitor has left: it will go by mail to {DANA}"
    nameless = comes(widget_of(world), clock.now())
    nameless.says("Hello", clock.now())
    assert where(alice, nameless.ticket) == "In the chat, where they are now; they gave no address"
    nameless.leaves(clock.now())
    assert where(alice, nameless.ticket) == "The visitor has left and gave no address: it waits in the chat"


def test_whoever_vanished_without_a_word_has_left(alice: FlaskClient, world: World) -> None:
    long_ago: datetime = clock.now() - timedelta(minutes=5)
    guest = comes(widget_of(world), long_ago)
    guest.says("Hello", long_ago)
    assert "has left" in where(alice, guest.ticket)


def test_news_say_where_it_goes_now(alice: FlaskClient, guest: Guest) -> None:
    address = f"/desk/tickets/{guest.ticket.number}/news"
    seen = str(fresh(guest.ticket).last_seq)
    guest.leaves(clock.now())
    guest.says("Still there", clock.now())
    news = alice.get(address, headers=htmx(**{"X-Seen-Seq": seen}))
    assert "Still there" in news.text and 'id="side"' not in news.text, "letters alone are told alone"
    assert "beside" in news.headers["HX-Trigger"]
    whole = alice.get(f"{address}?whole=1", headers=htmx(**{"X-Seen-Seq": seen})).text
    assert 'id="where" hx-swap-oob="true"' in whole and 'id="side"' in whole
    assert "In the chat; by mail" in whole


def test_the_customers_last_way_decides_what_is_offered_first(
    alice: FlaskClient, guest: Guest, world: World, write: Any
) -> None:
    def chosen() -> str:
        page = alice.get(f"/desk/tickets/{guest.ticket.number}").text
        return next(name for name in ("chat", "email") if f'value="{name}" checked' in page)

    assert chosen() == "chat"
    write("By mail now", guest.ticket)
    assert chosen() == "email"
    page = alice.get(f"/desk/tickets/{guest.ticket.number}").text
    assert f'name="to" value="{DANA}" checked' in page
    guest.says("And in the chat again", clock.now())
    assert chosen() == "chat"


def test_the_visitor_may_go_on_talking_while_the_answer_is_typed(alice: FlaskClient, guest: Guest) -> None:
    given = form(guest.ticket)
    guest.says("It was the left one", clock.now())
    assert alice.post(f"/desk/tickets/{guest.ticket.number}/replies", data=given).status_code == 303


def test_a_colleagues_answer_in_between_is_shown_first(alice: FlaskClient, browser: Browser, guest: Guest) -> None:
    given = form(guest.ticket)
    other = form(guest.ticket, text="Mine first", client_key="another")
    assert browser("bob").post(f"/desk/tickets/{guest.ticket.number}/replies", data=other).status_code == 303
    answer = alice.post(f"/desk/tickets/{guest.ticket.number}/replies", data=given)
    assert answer.status_code == 409
    assert "Mine first" in answer.text


def test_the_chosen_way_is_kept_with_the_draft(alice: FlaskClient, guest: Guest) -> None:
    number = guest.ticket.number
    draft = {"text": "Half a", "channel": "email", "to": [DANA], "based_on_seq": "1", "client_key": "k"}
    assert alice.put(f"/desk/tickets/{number}/drafts/reply", data=draft).status_code == 200
    assert 'value="email" checked' in alice.get(f"/desk/tickets/{number}").text


def test_the_visitors_own_reference_is_shown_nowhere(alice: FlaskClient, guest: Guest) -> None:
    page = alice.get(f"/desk/tickets/{guest.ticket.number}").text
    assert db.session.get_one(Identity, guest.ticket.requester_id).value not in page


def test_the_composer_stays_where_all_that_stood_in_it_was_sent(alice: FlaskClient, guest: Guest) -> None:
    address = f"/desk/tickets/{guest.ticket.number}/replies"
    alice.post(address, data=form(guest.ticket), headers=htmx())  # she takes it, so more than words came

    def send(text: str, key: str) -> tuple[bool, bool]:
        seen = {"X-Seen-Seq": str(fresh(guest.ticket).last_seq)}
        given = form(guest.ticket, text=text, client_key=key, revision="0")
        answer = alice.post(address, data=given, headers=htmx(**seen))
        assert answer.status_code == 201
        return "X-Next-Key" in answer.headers, 'id="composer"' in answer.text

    assert send("Which side?", "second") == (True, False)
    assert send("Which side?", "second") == (True, False), "the answer was lost, so it is asked again"
    assert send("Which side? Left?", "second") == (False, True), "what came later was not sent"
    draft = {"text": "Elsewhere", "channel": "chat", "based_on_seq": "1", "revision": "0", "client_key": "window"}
    assert alice.put(f"/desk/tickets/{guest.ticket.number}/drafts/reply", data=draft).status_code == 200
    assert send("And here", "third") == (False, True)


def test_what_a_message_costs_is_bounded(alice: FlaskClient, guest: Guest) -> None:
    """Forty of them in a second are shown, and answered, by two processes: each statement more counts."""
    ticket = guest.ticket
    alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket), headers=htmx())
    guest.says("The left one", clock.now())
    seen = {"X-Seen-Seq": str(fresh(ticket).last_seq - 1)}
    with counted() as shown:
        news = alice.get(f"/desk/tickets/{ticket.number}/news?in=mine", headers=htmx(**seen))
    assert "The left one" in news.text
    answer = form(ticket, client_key="another-answer")
    with counted() as answered:
        assert alice.post(f"/desk/tickets/{ticket.number}/replies", data=answer, headers=htmx()).status_code == 201
    assert len(shown) <= 14, "\n".join(shown)
    assert len(answered) <= 33, "\n".join(answered)
