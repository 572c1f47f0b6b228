"""The composer shows what will stand below a mail, and a reply that left shows what did."""

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Write, counted, fresh, htmx, words
from ticketdesk.channels import signing
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket


def test_the_composer_shows_what_will_be_added(world: World, alice: FlaskClient, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}"
    assert "Added below:" not in alice.get(address).text
    signing.give_brand(world.brand, "**{{ agent.name }}**, <b>{{ brand.name }}</b>", world.ada.actor, clock.now())
    db.session.commit()
    page = alice.get(address).text
    assert "Added below: Alice, &lt;b&gt;Harrow &amp; Pine&lt;/b&gt;" in words(page)
    assert "<strong>Alice</strong>, &lt;b&gt;" in page
    beside = alice.get(f"{address}/side-conversations/new").text
    assert "Added below: Alice," in words(beside)


def test_a_refused_reply_still_shows_it(world: World, alice: FlaskClient, ticket: Ticket) -> None:
    world.alice.signature = "Alice of Care"
    db.session.commit()
    data = {"text": "", "to": "dana@customer.example", "based_on_seq": ticket.last_seq, "client_key": "k"}
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx())
    assert answer.status_code == 422 and "Alice of Care" in answer.text


def test_what_was_added_is_shown_on_demand(world: World, alice: FlaskClient, ticket: Ticket, write: Write) -> None:
    world.alice.signature = "Alice \\& Care"
    db.session.commit()
    data = {"text": "On its way.", "to": "dana@customer.example", "based_on_seq": ticket.last_seq, "client_key": "k"}
    assert alice.post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx()).status_code == 201
    message = db.session.scalars(select(Message).where(Message.client_key == "k")).one()
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "Show the signature" in page
    rest = alice.get(f"/desk/tickets/{ticket.number}/messages/{message.id}/rest").text
    assert words(rest) == "Alice &amp; Care"
    write("Thank you.", fresh(ticket))
    assert alice.get(f"/desk/tickets/{ticket.number}").text.count("Show the signature") == 1


def test_a_ticket_with_a_signature_asks_little_more(world: World, alice: FlaskClient, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}"
    alice.get(address)
    with counted() as before:
        alice.get(address)
    signing.give_brand(world.brand, "{{ agent.name }}, {{ brand.name }}", world.ada.actor, clock.now())
    db.session.commit()
    with counted() as after:
        alice.get(address)
    assert len(after) - len(before) <= 2
    assert len(after) <= 15, "\n".join([str(len(before)), *after])
