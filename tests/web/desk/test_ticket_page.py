"""The page of a ticket."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, fresh, htmx, words
from ticketdesk.channels.inbound import Sender
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
from ticketdesk.tickets import assignment, noting, replying
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import conversation

DANA = [("dana@customer.example", "Dana")]


def test_it_shows_the_conversation(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    noting.note(ticket, world.bob, "Third bench of this batch.", at=clock.now())
    replying.reply(ticket, world.alice, "A new one is **on its way**.", to=DANA, at=clock.now())
    db.session.commit()
    page = alice.get(f"/desk/tickets/{ticket.number}")
    assert page.status_code == 200
    said = words(page.text)
    assert "The armrest came off." in said
    assert "Third bench of this batch." in said
    assert "internal note, never leaves the desk" in said
    assert "A new one is on its way ." in said  # Markdown: the star became markup
    assert "Sending to dana@customer.example" in said
    assert "Today" in said


@pytest.mark.parametrize(("who", "status"), [("bob", 200), ("ada", 200), ("sam", 200), ("carol", 404)])
def test_who_sees_it(browser: Browser, ticket: Ticket, who: str, status: int) -> None:
    answer = browser(who).get(f"/desk/tickets/{ticket.number}")
    assert answer.status_code == status
    assert (ticket.subject in answer.text) == (status == 200)


def test_forbidden_and_missing_look_alike(browser: Browser, ticket: Ticket) -> None:
    carol = browser("carol")
    assert carol.get(f"/desk/tickets/{ticket.number}").text == carol.get("/desk/tickets/99999999").text


def test_nobody_in_particular_is_sent_to_the_door(app: Flask, ticket: Ticket) -> None:
    answer = app.test_client().get(f"/desk/tickets/{ticket.number}")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_wrong_verb(alice: FlaskClient, ticket: Ticket) -> None:
    assert alice.delete(f"/desk/tickets/{ticket.number}").status_code == 405


def test_a_page_takes_at_most_fifteen_queries(alice: FlaskClient, world: World, write: Write, ticket: Ticket) -> None:
    for n in range(60):
        write(f"message {n}", ticket)
        noting.note(fresh(ticket), world.bob, f"note {n}", at=clock.now())
    assignment.assign(ticket, world.bob, world.bob.actor, clock.now())
    db.session.commit()
    address = f"/desk/tickets/{ticket.number}"
    alice.get(address)
    with counted() as ran:
        assert alice.get(address).status_code == 200
    assert len(ran) <= 15, "\n".join(ran)


def test_of_a_long_conversation_the_newest_letters_come_first(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    for n in range(60):
        write(f"message number {n}.", ticket)
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "message number 59." in page and "message number 20." in page
    assert "message number 19." not in page
    address = page.partition('id="older"')[2].partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    earlier = alice.get(address, headers=htmx()).text
    assert "message number 19." in earlier and "message number 20." not in earlier
    assert earlier.count("<article") == 61 - conversation.PAGE
    assert 'id="older"' not in earlier


def test_a_made_up_place_in_a_conversation_is_refused(alice: FlaskClient, ticket: Ticket) -> None:
    for key in ("x", "0", "-1", "99999999999999"):
        assert alice.get(f"/desk/tickets/{ticket.number}/earlier?before={key}").status_code == 422


def test_a_click_in_the_list_gets_only_the_pane(alice: FlaskClient, ticket: Ticket) -> None:
    answer = alice.get(f"/desk/tickets/{ticket.number}", headers=htmx(**{"HX-Target": "open"}))
    assert "<html" not in answer.text
    assert 'id="talk"' in answer.text and 'id="side"' in answer.text and 'id="rail"' not in answer.text


def test_news_are_only_what_came_after(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    seen = fresh(ticket).last_seq
    address = f"/desk/tickets/{ticket.number}/news"
    assert "<article" not in alice.get(address, headers=htmx(**{"X-Seen-Seq": str(seen)})).text
    write("And the other one too.", ticket)
    news = alice.get(address, headers=htmx(**{"X-Seen-Seq": str(seen)})).text
    assert "And the other one too." in news
    assert "The armrest came off." not in news.partition('id="facts"')[0]
    assert f'data-seq="{fresh(ticket).last_seq}"' in news
    assert 'id="composer"' not in news  # what is being typed stays


def test_looking_marks_nothing_as_read(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    alice.get(f"/desk/tickets/{ticket.number}")
    assert db.session.get(Reading, (ticket.id, world.alice.id)) is None


def test_reading_is_said_by_the_page(alice: FlaskClient, browser: Browser, world: World, ticket: Ticket) -> None:
    view = f"/desk/views/queue-{world.care_queue.id}"
    assert "td-row--new" in alice.get(view).text
    answer = alice.put(f"/desk/tickets/{ticket.number}/reading", data={"seq": "999"})
    assert answer.status_code == 204
    assert "td-row--new" not in alice.get(view).text
    assert "td-row--new" in browser("bob").get(view).text
    reading = db.session.get(Reading, (ticket.id, world.alice.id))
    assert reading is not None and reading.seq == fresh(ticket).last_seq  # not beyond what there is


def test_reading_is_for_those_who_see_it(browser: Browser, ticket: Ticket) -> None:
    assert browser("carol").put(f"/desk/tickets/{ticket.number}/reading", data={"seq": "1"}).status_code == 404


def test_what_others_wrote_cannot_run(alice: FlaskClient, write: Write) -> None:
    evil = '<script>alert(1)</script> [x](javascript:alert(2)) <b onclick="alert(3)">'
    made = write(evil, subject=evil, sender=_sender(evil)).ticket
    page = alice.get(f"/desk/tickets/{made.number}").text
    assert "<script>alert" not in page
    assert "<b onclick" not in page
    assert 'href="javascript:' not in page


def test_what_a_colleague_wrote_cannot_run_either(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    evil = '<script>alert(1)</script> [x](javascript:alert(2)) ![y](https://evil.example/p.png) <b onclick="alert(3)">'
    noting.note(ticket, world.bob, evil, at=clock.now())
    db.session.commit()
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "<script>alert" not in page
    assert "<b onclick" not in page
    assert 'href="javascript:' not in page
    assert "<img src=" not in page


def test_links_of_customers_open_elsewhere(alice: FlaskClient, write: Write) -> None:
    made = write("Look at https://example.org/bench?a=1&b=2, please.").ticket
    page = alice.get(f"/desk/tickets/{made.number}").text
    assert 'href="https://example.org/bench?a=1&amp;b=2"' in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_quoted_words_come_when_asked_for(alice: FlaskClient, write: Write) -> None:
    made = write("Thank you.", quoted_text="On Monday you wrote: hello")
    page = alice.get(f"/desk/tickets/{made.ticket.number}").text
    assert "On Monday you wrote" not in page
    assert "Show quoted text" in page
    address = f"/desk/tickets/{made.ticket.number}/messages/{made.message.id}"
    assert "On Monday you wrote" in alice.get(f"{address}/rest", headers=htmx()).text
    assert "Thank you." in alice.get(address).text


def test_a_very_long_letter_is_cut_and_whole_on_demand(alice: FlaskClient, write: Write) -> None:
    made = write("word " * 6000 + "the very end")
    page = alice.get(f"/desk/tickets/{made.ticket.number}").text
    assert "the very end" not in page and "Show the whole message" in page
    address = f"/desk/tickets/{made.ticket.number}/messages/{made.message.id}/rest"
    assert "the very end" in alice.get(address, headers=htmx()).text


def test_a_message_is_reached_only_through_its_own_ticket(alice: FlaskClient, write: Write) -> None:
    one, other = write(), write()
    for tail in ("", "/rest", "/sheet"):
        address = f"/desk/tickets/{one.ticket.number}/messages/{other.message.id}{tail}"
        assert alice.get(address).status_code == 404


def test_a_held_message_says_so_and_is_accepted(
    alice: FlaskClient, reader: FlaskClient, write: Write, ticket: Ticket
) -> None:
    held = write("I am her neighbour.", ticket, sender=_sender("Eve", "eve@customer.example"))
    page = words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert "takes no part in the ticket" in page
    address = f"/desk/tickets/{ticket.number}/messages/{held.message.id}/acceptance"
    assert reader.post(address).status_code == 403
    assert alice.post(address).status_code == 303
    assert "takes no part in the ticket" not in words(alice.get(f"/desk/tickets/{ticket.number}").text)


def test_the_side_says_who_asked_what_before(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    write(subject="An earlier matter", received_at=clock.now() - timedelta(days=3))
    page = words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert "dana@customer.example" in page
    assert "Other tickets An earlier matter" in page


def test_whoever_may_only_read_sees_no_composer(reader: FlaskClient, ticket: Ticket) -> None:
    page = reader.get(f"/desk/tickets/{ticket.number}").text
    assert "You may read this ticket" in page
    assert "<textarea" not in page
    assert 'popovertarget="pick-status"' not in page


def _sender(name: str, address: str = "dana@customer.example") -> Sender:
    return Sender("email", address, name)


def test_a_clock_tells_why(alice: FlaskClient, browser: Browser, world: World, write: Write) -> None:
    defaults.create(world.ada.actor, clock.now() - timedelta(days=1))
    db.session.commit()
    ticket = write().ticket
    address = f"/desk/tickets/{ticket.number}/clocks/first_response"
    why = alice.get(address, headers=htmx())
    assert why.status_code == 200
    assert "<html" not in why.text
    assert "4 h are promised" in words(why.text)
    assert "<html" in alice.get(address).text
    assert alice.get(f"/desk/tickets/{ticket.number}/clocks/nonsense").status_code == 404
    assert browser("carol").get(address).status_code == 404
