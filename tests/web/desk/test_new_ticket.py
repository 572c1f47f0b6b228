"""Opening a ticket for a customer."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import words
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
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
