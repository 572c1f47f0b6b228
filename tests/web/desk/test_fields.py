"""Fields of one's own on the page of a ticket."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from tests import people
from tests.people import World
from tests.web.desk.conftest import Browser, counted, fresh, htmx
from ticketdesk.contacts import joining, linking, organizations
from ticketdesk.contacts.contact import Contact
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import batching, fields, filling, timeline
from ticketdesk.tickets.batch import BatchTicket, BatchValue
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


def undo_address(answer: Any) -> str:
    return str(json.loads(answer.headers["HX-Trigger"])["undoable"]["address"])


@pytest.mark.parametrize(
    ("kind", "first", "second", "kept"),
    [
        ("text", "A-1024", "B-2", ("A-1024",)),
        ("number", "12,50", "3", ("12.5",)),
        ("choice", "oak", "teak", ("oak",)),
        ("choices", "teak", "", ("teak",)),
        ("date", "2026-03-14", "", ("2026-03-14",)),
        ("checkbox", "yes", "no", ("yes",)),
        ("reference", "Elm & Sons", "", None),
    ],
)
def test_a_change_is_undone_and_no_event_tells_words(
    alice: FlaskClient, ticket: Ticket, kind: str, first: str, second: str, kept: tuple[str, ...] | None
) -> None:
    firm = organizations.create("Elm & Sons", SYSTEM, clock.now())
    field = make("one", kind, **({"refers_to": "organization"} if kind == "reference" else {}))
    there = address(ticket, field)
    begun = alice.post(there, data={"value": first}, headers=htmx())
    changed = alice.post(there, data={"value": second}, headers=htmx())
    assert alice.post(undo_address(changed), headers=htmx()).status_code == 204
    assert said(ticket, field) == (kept or (str(firm.id),))
    told = [event.data for event in timeline.of_ticket(ticket.id) if event.kind == "fields_changed"]
    assert len(told) == 3 and not any(word in json.dumps(told) for word in ("A-1024", "B-2", "12.5", "2026-03-14"))
    assert alice.post(undo_address(changed), headers=htmx()).status_code == 409, "once"
    assert alice.post(undo_address(begun), headers=htmx()).status_code == 409, "it was changed since"
    assert said(ticket, field) == (kept or (str(firm.id),))


def test_nobody_else_undoes_it_and_archived_fields_stay(browser: Browser, ticket: Ticket) -> None:
    alice, field = browser("alice"), make("order", "text")
    changed = alice.post(address(ticket, field), data={"value": "A-1024"}, headers=htmx())
    assert browser("bob").post(undo_address(changed), headers=htmx()).status_code == 404
    fields.archive(field, SYSTEM, clock.now())
    db.session.commit()
    assert alice.post(undo_address(changed), headers=htmx()).status_code == 409
    assert said(ticket, field) == ("A-1024",)


def test_what_was_before_is_forgotten_after_a_day_and_with_the_ticket(alice: FlaskClient, ticket: Ticket) -> None:
    field = make("order", "text")
    for value in ("A-1024", "B-2"):
        alice.post(address(ticket, field), data={"value": value})
    assert [row.was for row in db.session.scalars(select(BatchValue).order_by(BatchValue.batch_id))] == [[], ["A-1024"]]
    batching.forget_old(clock.now() + timedelta(hours=25))
    db.session.commit()
    assert db.session.scalars(select(BatchValue)).all() == []
    alice.post(address(ticket, field), data={"value": "C"})
    db.session.execute(delete(BatchTicket).where(BatchTicket.ticket_id == ticket.id))
    assert db.session.scalars(select(BatchValue)).all() == []


@pytest.mark.parametrize("value", ["", "another"])
def test_a_reference_that_one_cannot_see_stays(alice: FlaskClient, ticket: Ticket, world: World, value: str) -> None:
    hidden, seen = people.open_for(world, world.orders_queue), people.open_for(world, world.care_queue)
    about = make("about", "reference", refers_to="ticket")
    filling.set_fields(ticket, {about: [str(hidden.number)]}, world.ada.actor, clock.now(), world.ada)
    db.session.commit()
    typed = {"value": str(seen.number) if value else ""}
    refused = alice.post(address(ticket, about), data=typed)
    assert (refused.status_code, "something that you cannot see" in refused.text) == (403, True)
    assert said(ticket, about) == (str(hidden.id),)
    data = {**typed, "number": [str(ticket.number), str(seen.number)]}
    assert alice.post(f"/desk/batches/fields/{about.id}", data=data, headers=htmx()).status_code < 400
    assert said(ticket, about) == (str(hidden.id),), "nor is it taken away among many"
    assert said(seen, about) == ((str(seen.id),) if value else ())


def test_a_reference_to_what_is_gone_says_so_and_can_be_taken_away(
    alice: FlaskClient, ticket: Ticket, world: World
) -> None:
    firm, elm = make("firm", "reference", refers_to="organization"), organizations.create("Elm", SYSTEM, clock.now())
    filling.set_fields(ticket, {firm: ["elm"]}, SYSTEM, clock.now(), world.ada)
    db.session.delete(elm)
    db.session.commit()
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "Something that is there no more" in page
    assert "Something that you cannot see" not in page
    assert address(ticket, firm) in page
    assert alice.post(address(ticket, firm), data={"value": ""}).status_code == 303
    assert said(ticket, firm) == ()


def test_a_contact_that_was_joined_is_shown_as_the_other(alice: FlaskClient, ticket: Ticket, world: World) -> None:
    whom = make("whom", "reference", refers_to="contact")
    dana, eve = (db.session.get_one(Contact, linking.contact_of(one)) for one in (world.dana, world.eve))
    filling.set_fields(ticket, {whom: ["eve@customer.example"]}, SYSTEM, clock.now(), world.ada)
    joining.join_by_hand(dana, eve, SYSTEM, clock.now())
    db.session.commit()
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "Something that" not in page
    assert f'<a class="td-own__said" href="/desk/contacts/{dana.id}">' in page
