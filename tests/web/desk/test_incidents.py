"""One update to all incidents at the desk."""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Write, fresh, htmx, words
from ticketdesk.channels.inbound import Sender
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import linking, progress, withdrawing
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

EVE = Sender("email", "eve@customer.example", "Eve")


@pytest.fixture
def incident(world: World, write: Write, ticket: Ticket) -> Ticket:
    other = write("Mine as well.", sender=EVE, subject="The same here").ticket
    world.alice.undo_seconds = 10
    linking.link(ticket, other, "incident", world.alice.actor, clock.now())
    db.session.commit()
    return other


def sent(incident: Ticket, **more: object) -> dict[str, object]:
    return {"text": "It works again.", "kind": "reply", "key": "abc", "tickets": incident.number, **more}


def test_it_is_previewed_sent_and_taken_back(alice: FlaskClient, ticket: Ticket, incident: Ticket) -> None:
    assert "Answer all incidents" in words(alice.get(f"/desk/tickets/{ticket.number}").text)
    sheet = words(alice.get(f"/desk/tickets/{ticket.number}/incidents/update", headers=htmx()).text)
    assert "A reply goes to one customer" in sheet
    assert "The same here" in sheet
    answer = alice.post(
        f"/desk/tickets/{ticket.number}/incidents/updates", data=sent(incident, solve="yes"), headers=htmx()
    )
    assert answer.status_code == 204
    told = words(alice.get(f"/desk/tickets/{incident.number}").text.partition('id="talk"')[2])
    assert "It works again." in told
    assert fresh(incident).category == "solved"
    undo = json.loads(answer.headers["HX-Trigger"])["undoable"]["address"]
    assert alice.post(undo, headers=htmx()).status_code == 204
    assert fresh(incident).category == "new"
    told = words(alice.get(f"/desk/tickets/{incident.number}").text.partition('id="talk"')[2])
    assert "It works again." not in told
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "It works again." in page  # a draft again
    assert "took the answer to one incident back" in words(page)


def test_what_cannot_be_sent_is_kept_with_the_reason(alice: FlaskClient, ticket: Ticket, incident: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/incidents/updates"
    answer = alice.post(address, data=sent(incident, tickets=[]), headers=htmx())
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#sheet")
    assert "Choose at least one" in words(answer.text)
    assert "It works again." in answer.text
    assert alice.post(address, data=sent(incident, text=" "), headers=htmx()).status_code == 422
    assert alice.post(address, data=sent(incident, key="a:b"), headers=htmx()).status_code == 422


def test_who_is_left_out_is_said(alice: FlaskClient, world: World, ticket: Ticket, incident: Ticket) -> None:
    progress.move_to(incident, "closed", world.alice.actor, clock.now())
    db.session.commit()
    sheet = words(alice.get(f"/desk/tickets/{ticket.number}/incidents/update", headers=htmx()).text)
    assert f"#{incident.number}: it is closed" in sheet


@pytest.fixture
def both(world: World, write: Write, ticket: Ticket, incident: Ticket) -> tuple[Ticket, Ticket]:
    third = write("And mine.", sender=Sender("email", "fay@customer.example", "Fay"), subject="Again").ticket
    linking.link(ticket, third, "incident", world.alice.actor, clock.now())
    db.session.commit()
    return incident, third


def test_only_those_that_were_ticked_stay_so_after_a_refusal(
    alice: FlaskClient, ticket: Ticket, both: tuple[Ticket, Ticket]
) -> None:
    ticked, other = both
    address = f"/desk/tickets/{ticket.number}/incidents/updates"
    again = alice.post(address, data=sent(ticked, text=" "), headers=htmx()).text
    assert f'value="{ticked.number}" checked' in again
    assert f'value="{other.number}">' in again
    first = alice.get(f"/desk/tickets/{ticket.number}/incidents/update", headers=htmx()).text
    assert first.count('name="tickets"') == first.count(' checked><span class="td-grow') == 2


def test_taking_one_back_and_then_all_keeps_the_words(
    alice: FlaskClient, world: World, ticket: Ticket, both: tuple[Ticket, Ticket]
) -> None:
    numbers = [one.number for one in both]
    address = f"/desk/tickets/{ticket.number}/incidents/updates"
    undo = json.loads(alice.post(address, data=sent(both[0], tickets=numbers), headers=htmx()).headers["HX-Trigger"])[
        "undoable"
    ]["address"]
    first = db.session.scalars(select(Message).where(Message.client_key.startswith("abc:")).order_by(Message.id)).all()
    withdrawing.withdraw(first[0].id, world.alice, clock.now())
    db.session.commit()
    assert alice.post(undo, headers=htmx()).status_code == 204
    assert "It works again." in alice.get(f"/desk/tickets/{ticket.number}").text
    assert alice.post(undo, headers=htmx()).status_code == 409, "there is nothing left to take back"
    again = alice.post(address, data=sent(both[0], tickets=numbers), headers=htmx())
    assert again.status_code == 422
    assert "You took this back already" in words(again.text)
    assert 'name="key" value="abc"' not in again.text, "sent once more it is something new"
