"""Opening a ticket for a customer."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, counted, words
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import fields, filling
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.fields import Definition
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket


def form(world: World, **values: Any) -> dict[str, str]:
    given = {
        "queue": str(world.care_queue.id),
        "address": "New.Person@Elsewhere.example",
        "name": "New Person",
        "subject": "Your call this morning",
        "priority": "high",
        "kind": "reply",
        "text": "As promised on the phone: …",
        "client_key": "new-1",
    }
    return {**given, **values}


def test_the_form_is_there(alice: FlaskClient, world: World) -> None:
    page = alice.get("/desk/new")
    assert page.status_code == 200
    assert "Care" in page.text and "Orders" not in page.text.partition("<select")[2]


def test_a_mail_begins_the_conversation(alice: FlaskClient, world: World) -> None:
    answer = alice.post("/desk/tickets", data=form(world))
    assert answer.status_code == 303
    ticket = db.session.scalars(select(Ticket)).one()
    assert answer.location == f"/desk/tickets/{ticket.number}"
    assert (ticket.priority, ticket.assignee_id) == ("high", world.alice.id)
    requester = db.session.get_one(Identity, ticket.requester_id)
    assert (requester.value, requester.name) == ("new.person@elsewhere.example", "New Person")
    assert db.session.scalars(select(OutboxRow.recipient).where(OutboxRow.purpose == "reply")).all() == [
        "new.person@elsewhere.example"
    ]


def test_the_same_form_twice_opens_one_ticket(alice: FlaskClient, world: World) -> None:
    first, second = (alice.post("/desk/tickets", data=form(world)) for _ in range(2))
    assert first.location == second.location
    assert len(db.session.scalars(select(Ticket)).all()) == 1


def test_a_note_stays_here(alice: FlaskClient, world: World) -> None:
    alice.post("/desk/tickets", data=form(world, kind="note"))
    assert db.session.scalars(select(Message.kind)).all() == ["note"]
    assert db.session.scalars(select(OutboxRow.id).where(OutboxRow.recipient.is_not(None))).all() == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"address": "nobody"}, "no mail address"),
        ({"address": "support@desk.example"}, "our own mailbox"),
        ({"address": ""}, "Who is it about?"),
        ({"subject": " "}, "A few words, please."),
        ({"text": ""}, "Write something first."),
        ({"queue": "999999"}, "valid choice"),
        ({"priority": "very"}, "valid choice"),
        ({"assignee": "1"}, "no field assignee"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(
    alice: FlaskClient, world: World, values: dict[str, str], reason: str
) -> None:
    answer = alice.post("/desk/tickets", data=form(world, **values))
    assert answer.status_code == 422
    assert reason in words(answer.text)
    if "name" not in values:
        assert "New Person" in answer.text
    assert db.session.scalars(select(Ticket)).all() == []


def test_nobody_opens_one_in_a_queue_of_another_team(alice: FlaskClient, world: World) -> None:
    assert alice.post("/desk/tickets", data=form(world, queue=str(world.orders_queue.id))).status_code == 422


def own(key: str, kind: str, **other: Any) -> TicketField:
    options = ("Oak", "Teak") if kind in ("choice", "choices") else ()
    what = Definition(**{"label": key.title(), "key": key, "kind": kind, "options": options, **other})
    made = fields.define(what, SYSTEM, clock.now())
    db.session.commit()
    return made


def test_fields_of_ones_own_are_asked_and_kept(alice: FlaskClient, world: World) -> None:
    wood = own("wood", "choice", for_customers=True, required_in_forms=True)
    parts, gift, price = own("parts", "choices"), own("gift", "checkbox"), own("price", "number")
    other = own("route", "text", is_everywhere=False, queue_ids=[world.orders_queue.id])
    page = alice.get("/desk/new").text
    assert "Wood" in page and "Route" not in page
    missing = alice.post("/desk/tickets", data=form(world))
    assert missing.status_code == 422 and "Choose one for “Wood”." in words(missing.text)
    given = {
        f"field-{wood.id}": "teak",
        f"field-{parts.id}": "oak",
        f"field-{gift.id}": "y",
        f"field-{price.id}": "a lot",
    }
    refused = alice.post("/desk/tickets", data=form(world, **given))
    assert refused.status_code == 422 and "This is no number" in words(refused.text)
    for kept in ('value="a lot"', '<option selected value="teak">', "New Person"):
        assert kept in refused.text
    assert db.session.scalars(select(Ticket)).all() == []
    assert alice.post("/desk/tickets", data=form(world, **given, **{f"field-{other.id}": "x"})).status_code == 422
    given[f"field-{price.id}"] = "12,50"
    assert alice.post("/desk/tickets", data=form(world, **given)).status_code == 303
    ticket = db.session.scalars(select(Ticket)).one()
    said = filling.values_of([ticket.id], [wood, parts, gift, price])
    assert {key: value for (_ticket, key), value in said.items()} == {
        wood.id: ("teak",),
        parts.id: ("oak",),
        gift.id: ("yes",),
        price.id: ("12.5",),
    }


def test_only_the_chosen_queue_asks(browser: Browser, world: World) -> None:
    ada = browser("ada")
    route = own(
        "route",
        "text",
        is_everywhere=False,
        queue_ids=[world.orders_queue.id],
        for_customers=True,
        required_in_forms=True,
    )
    page = ada.get("/desk/new").text
    assert f'data-only-in="{world.orders_queue.id}"' in page
    typed = {f"field-{route.id}": "Leeds"}
    assert ada.post("/desk/tickets", data=form(world, **typed)).status_code == 303
    assert filling.values_of([db.session.scalars(select(Ticket.id)).one()], [route]) == {}
    there = form(world, queue=str(world.orders_queue.id), client_key="new-2")
    assert ada.post("/desk/tickets", data=there).status_code == 422
    assert ada.post("/desk/tickets", data={**there, **typed}).status_code == 303


@pytest.mark.parametrize("many", [0, 20])
def test_the_form_asks_once_for_all_fields(alice: FlaskClient, world: World, many: int) -> None:
    for number in range(many):
        own(f"field{number}", "choice")
    with counted() as ran:
        assert alice.get("/desk/new").status_code == 200
    assert len(ran) <= 15
    assert len([one for one in ran if "FROM ticket_fields" in one]) == 1
