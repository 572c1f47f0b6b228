"""A field of one's own for the selected tickets: the sheet, who takes it, and one undo."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import fields, filling, progress
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.fields import Definition
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def two(write: Write) -> list[Ticket]:
    return [write(subject=f"Matter {number}").ticket for number in (1, 2)]


def make(key: str = "price", kind: str = "number", **other: Any) -> TicketField:
    options = ("Oak", "Teak") if kind in ("choice", "choices") else ()
    made = fields.define(Definition(key.title(), key, kind, options=options, **other), SYSTEM, clock.now())
    db.session.commit()
    return made


def address(field: TicketField) -> str:
    return f"/desk/batches/fields/{field.id}"


def fill_in(who: FlaskClient, field: TicketField, tickets: list[Ticket], *value: str) -> Any:
    data = {"number": [str(ticket.number) for ticket in tickets], "value": list(value)}
    return who.post(address(field), data=data, headers=htmx())


def said(field: TicketField, tickets: list[Ticket]) -> list[tuple[str, ...]]:
    db.session.expire_all()
    found = filling.values_of([ticket.id for ticket in tickets], [field])
    return [found.get((ticket.id, field.id), ()) for ticket in tickets]


def test_the_bar_offers_the_fields(alice: FlaskClient, world: World, two: list[Ticket]) -> None:
    assert "bulk-fields" not in alice.get("/desk/batches/new").text
    field = make()
    make("route", "text", is_everywhere=False, queue_ids=[world.orders_queue.id])
    with counted() as ran:
        bar = alice.get("/desk/batches/new").text
    assert address(field) in bar and "Route" not in bar
    assert len(ran) <= 15
    sheet = alice.get(address(field), query_string={"number": [ticket.number for ticket in two]}, headers=htmx()).text
    assert "Price of the selected tickets" in sheet and "Save in 2 tickets" in sheet


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("number", ("12,50",), ("12.5",)),
        ("choice", ("teak",), ("teak",)),
        ("choices", ("teak", "oak"), ("oak", "teak")),
        ("checkbox", ("y",), ("yes",)),
        ("date", ("2026-03-14",), ("2026-03-14",)),
    ],
)
def test_all_of_them_say_it_and_one_undo_puts_back(
    alice: FlaskClient, two: list[Ticket], kind: str, typed: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    field = make("one", kind)
    answer = fill_in(alice, field, two, *typed)
    assert answer.status_code == 204
    assert said(field, two) == [kept, kept]
    told = json.loads(answer.headers["HX-Trigger"])["undoable"]
    assert told["said"] == "One: saved · 2 tickets"
    assert fill_in(alice, field, two[:1]).status_code == 204, "left empty it says nothing"
    assert said(field, two) == [(), kept]
    undone = alice.post(told["address"], headers=htmx())
    assert undone.status_code == 204 and f"#{two[0].number}" in undone.headers["HX-Trigger"]
    assert said(field, two) == [(), ()]


def test_what_does_not_fit_changes_none_and_is_kept(alice: FlaskClient, two: list[Ticket]) -> None:
    field = make()
    answer = fill_in(alice, field, two, "a <b>lot")
    assert answer.status_code == 422
    assert "This is no number" in words(answer.text) and "a &lt;b&gt;lot" in answer.text
    assert answer.headers["HX-Retarget"] == "#sheet"
    assert answer.text.count('name="number"') == 2
    assert said(field, two) == [(), ()]


def test_tickets_that_do_not_take_it_are_told(browser: Browser, world: World, two: list[Ticket], write: Write) -> None:
    field = make("route", "text", is_everywhere=False, queue_ids=[world.care_queue.id])
    elsewhere = write(queue_id=world.orders_queue.id, subject="An order").ticket
    progress.move_to(two[1], "closed", SYSTEM, clock.now())
    db.session.commit()
    answer = fill_in(browser("ada"), field, [*two, elsewhere], "Leeds")
    assert answer.status_code == 204
    left = json.loads(answer.headers["HX-Trigger"])["refused"]
    assert f"#{two[1].number} (closed for good)" in left
    assert f"#{elsewhere.number} (in a queue that does not ask it)" in left
    assert said(field, [*two, elsewhere]) == [("Leeds",), (), ()]


def test_the_ladder(browser: Browser, reader: FlaskClient, two: list[Ticket]) -> None:
    field = make()
    assert fill_in(browser("bob"), field, two, "1").status_code == 204
    assert fill_in(reader, field, two, "2").status_code == 403
    assert said(field, two) == [("1",), ("1",)]
    alice = browser("alice")
    assert alice.post("/desk/batches/fields/999999", data={"number": "1", "value": "x"}).status_code == 404
    assert alice.get(address(field)).status_code == 422
    assert alice.delete(address(field)).status_code == 405


def test_strangers_find_nothing(browser: Browser, two: list[Ticket]) -> None:
    field = make()
    assert fill_in(browser("carol"), field, two, "1").status_code == 404
    assert said(field, two) == [(), ()]


def test_without_scripts_the_sheet_is_a_page(alice: FlaskClient, two: list[Ticket]) -> None:
    field = make()
    there = alice.get(address(field), query_string={"number": [two[0].number]})
    assert there.status_code == 200 and "Back to the desk" in there.text
    refused = alice.post(address(field), data={"number": str(two[0].number), "value": "a lot"})
    assert refused.status_code == 422 and "This is no number" in refused.text
    assert alice.post(address(field), data={"number": str(two[0].number), "value": "5"}).status_code == 303
    assert said(field, two) == [("5",), ()]
