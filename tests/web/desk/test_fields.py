"""Fields of one's own on the page of a ticket."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import people
from tests.people import World
from tests.web.desk.conftest import Browser, counted, fresh, htmx
from ticketdesk.contacts import organizations
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import fields, filling
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.fields import Definition
from ticketdesk.tickets.ticket import Ticket

OPTIONS = ("Oak", "Teak")


def make(key: str, kind: str, **other: Any) -> TicketField:
    options = OPTIONS if kind in ("choice", "choices") else ()
    what = Definition(**{"label": key.title(), "key": key, "kind": kind, "options": options, **other})
    field = fields.define(what, SYSTEM, clock.now())
    db.session.commit()
    return field


def said(ticket: Ticket, field: TicketField) -> tuple[str, ...]:
    db.session.expire_all()
    return filling.values_of([ticket.id], [field]).get((ticket.id, field.id), ())


def address(ticket: Ticket, field: TicketField) -> str:
    return f"/desk/tickets/{ticket.number}/fields/{field.id}"


def test_the_ladder(browser: Browser, reader: FlaskClient, ticket: Ticket) -> None:
    field = make("order", "text")
    there = address(ticket, field)
    assert browser("bob").post(there, data={"value": "1024"}).status_code == 303
    assert said(ticket, field) == ("1024",)
    assert browser("ada").post(there, data={"value": ""}).status_code == 303
    assert said(ticket, field) == ()
    assert reader.post(there, data={"value": "x"}).status_code == 403
    assert browser("bob").post(f"/desk/tickets/999999/fields/{field.id}", data={"value": "x"}).status_code == 404
    assert browser("bob").post(f"/desk/tickets/{ticket.number}/fields/999999", data={"value": "x"}).status_code == 404
    assert browser("bob").post(there, data={"value": "x", "status": "1"}).status_code == 422
    assert browser("bob").get(there).status_code == 405
    assert said(ticket, field) == ()


def test_strangers_learn_nothing(browser: Browser, ticket: Ticket) -> None:
    assert browser("carol").post(address(ticket, make("order", "text")), data={"value": "x"}).status_code == 404


def test_a_field_of_another_queue_cannot_be_filled_in(alice: FlaskClient, ticket: Ticket, world: World) -> None:
    field = make("order", "text", is_everywhere=False, queue_ids=[world.orders_queue.id])
    assert alice.post(address(ticket, field), data={"value": "x"}).status_code == 404
    assert "Order" not in alice.get(f"/desk/tickets/{ticket.number}").text


def test_what_does_not_fit_is_said_beside_the_field_and_kept(alice: FlaskClient, ticket: Ticket) -> None:
    field, seq = make("price", "number"), fresh(ticket).last_seq
    refused = alice.post(address(ticket, field), data={"value": "a <b>lot"}, headers=htmx())
    assert refused.status_code == 422
    assert refused.headers["HX-Retarget"] == f"#field-{field.id}"
    assert "This is no number" in refused.text
    assert "a &lt;b&gt;lot" in refused.text
    alone = alice.post(address(ticket, field), data={"value": "a lot"})
    assert (alone.status_code, "This is no number" in alone.text) == (422, True)
    assert fresh(ticket).last_seq == seq


def test_the_page_shows_what_each_kind_says(alice: FlaskClient, ticket: Ticket, world: World) -> None:
    organizations.create("Elm & Sons", SYSTEM, clock.now())
    hidden = people.open_for(world, world.orders_queue, "A secret of Orders")
    db.session.commit()
    for key, kind, typed, shown in (
        ("wood", "choice", "teak", "Teak"),
        ("parts", "choices", "oak", "Oak"),
        ("bought", "date", "2026-03-14", "Mar 14, 2026"),
        ("price", "number", "12,50", "12.5"),
        ("gift", "checkbox", "yes", "Yes"),
    ):
        field = make(key, kind)
        assert alice.post(address(ticket, field), data={"value": typed}).status_code == 303
        page = alice.get(f"/desk/tickets/{ticket.number}").text
        assert f"{key.title()}: {shown}" in page
    firm = make("firm", "reference", refers_to="organization")
    assert alice.post(address(ticket, firm), data={"value": "elm & sons"}).status_code == 303
    about = make("about", "reference", refers_to="ticket")
    assert alice.post(address(ticket, about), data={"value": str(hidden.number)}).status_code == 422
    filling.set_fields(ticket, {about: [str(hidden.number)]}, world.ada.actor, clock.now(), world.ada)
    db.session.commit()
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "Elm &amp; Sons" in page
    assert "Something that you cannot see" in page
    assert "A secret of Orders" not in page
    assert "Alice changed Wood" in page


def test_a_reader_sees_fields_and_changes_none(reader: FlaskClient, ticket: Ticket) -> None:
    field = make("order", "text")
    filling.set_fields(ticket, {field: ["A-1024"]}, SYSTEM, clock.now())
    db.session.commit()
    page = reader.get(f"/desk/tickets/{ticket.number}").text
    assert "A-1024" in page
    assert address(ticket, field) not in page


def test_solving_says_what_is_missing(alice: FlaskClient, ticket: Ticket) -> None:
    field = make("wood", "choice", required_to_solve=True)
    refused = alice.post(f"/desk/tickets/{ticket.number}/resolution", headers=htmx())
    assert refused.status_code == 409
    assert "Wood" in refused.headers["HX-Trigger"]
    alice.post(address(ticket, field), data={"value": "oak"})
    assert alice.post(f"/desk/tickets/{ticket.number}/resolution").status_code == 303
    assert fresh(ticket).category == "solved"


@pytest.mark.parametrize("many", [0, 3, 30])
def test_a_page_asks_as_often_whatever_the_number_of_fields(alice: FlaskClient, ticket: Ticket, many: int) -> None:
    for number in range(many):
        field = make(f"field{number}", "text")
        filling.set_fields(ticket, {field: [f"said {number}"]}, SYSTEM, clock.now())
    db.session.commit()
    with counted() as ran:
        assert alice.get(f"/desk/tickets/{ticket.number}").status_code == 200
    own = [statement for statement in ran if "FROM ticket_fields LEFT OUTER JOIN ticket_values" in statement]
    assert len(own) == (1 if many else 0)
