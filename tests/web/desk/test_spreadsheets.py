"""The tickets of a view and of a search as a file: what is in it, whose, and what it costs."""

import csv
import io

import pytest
from flask.testing import FlaskClient

from tests.people import World, open_for
from tests.web.desk.conftest import Browser, Write, counted
from ticketdesk.contacts import organizations
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import fields, filling, saved_views, spelling, tagging
from ticketdesk.tickets.fields import Definition
from ticketdesk.tickets.saved_view_fields import Condition
from ticketdesk.tickets.saved_views import Setup
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import spreadsheets


def read(who: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = who.get(address)
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.fixture
def view(world: World) -> str:
    setup = Setup(name="High", conditions=[Condition("priority", "is", ("high",))])
    made = saved_views.create(setup, world.alice, clock.now())
    db.session.commit()
    return f"/desk/views/view-{made.id}"


def high(ticket: Ticket) -> Ticket:
    ticket.priority = "high"
    db.session.commit()
    return ticket


def test_a_view_is_a_file_with_fields_as_columns(alice: FlaskClient, world: World, view: str, write: Write) -> None:
    firm = organizations.create("Elm & Sons", SYSTEM, clock.now())
    define = {
        "wood": Definition("Wood", "wood", "choices", options=("Oak", "Teak")),
        "price": Definition("Price", "price", "number"),
        "bought": Definition("Bought", "bought", "date"),
        "serial": Definition("Serial", "serial"),
        "firm": Definition("Firm", "firm", "reference", refers_to="organization"),
    }
    made = {key: fields.define(what, SYSTEM, clock.now()) for key, what in define.items()}
    ticket = high(write(subject="=1+1").ticket)
    typed = {
        "wood": ["oak", "teak"],
        "price": ["-12,50"],
        "bought": ["2026-03-14"],
        "serial": ["@x"],
        "firm": [firm.name],
    }
    filling.set_fields(ticket, {made[key]: value for key, value in typed.items()}, SYSTEM, clock.now(), world.alice)
    tagging.change_tags(ticket, ["late", "oak"], (), SYSTEM, clock.now())
    db.session.commit()
    write(subject="Not high")
    assert f'href="{view}/tickets.csv"' in alice.get(view).text
    (row,) = read(alice, f"{view}/tickets.csv")
    expected = {
        "number": str(ticket.number),
        "subject": "'=1+1",
        "status": "New",
        "priority": "high",
        "queue": "Care",
        "assignee": "",
        "requester": "Dana",
        "address": "dana@customer.example",
        "tags": "late, oak",
        "Wood": "Oak, Teak",
        "Price": "-12.5",
        "Bought": "2026-03-14",
        "Serial": "'@x",
        "Firm": "Elm & Sons",
    }
    assert {name: row[name] for name in expected} == expected
    assert row["opened"].endswith("+00:00")


def test_everybody_gets_what_they_see(browser: Browser, world: World, view: str, write: Write) -> None:
    high(write().ticket)
    hidden = high(open_for(world, world.orders_queue, "A secret of Orders"))
    assert [row["number"] for row in read(browser("alice"), f"{view}/tickets.csv")] != [str(hidden.number)]
    assert len(read(browser("alice"), f"{view}/tickets.csv")) == 1
    assert browser("bob").get(f"{view}/tickets.csv").status_code == 404, "it is alice's own view"
    assert read(browser("alice"), "/desk/search/tickets.csv?q=secret") == []
    assert browser("alice").post(f"{view}/tickets.csv").status_code == 405
    assert browser("alice").get("/desk/views/view-999999/tickets.csv").status_code == 404


def test_what_is_referred_to_is_named_to_those_who_see_it(
    alice: FlaskClient, world: World, view: str, write: Write
) -> None:
    hidden = open_for(world, world.orders_queue, "A secret of Orders")
    about = fields.define(Definition("About", "about", "reference", refers_to="ticket"), SYSTEM, clock.now())
    ticket = high(write().ticket)
    filling.set_fields(ticket, {about: [str(hidden.number)]}, SYSTEM, clock.now(), world.ada)
    db.session.commit()
    (row,) = read(alice, f"{view}/tickets.csv")
    assert row["About"] == "Something that you cannot see"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("armrest", {"One", "Two"}),
        ("armrest -screw", {"One"}),
        ("screw", {"Two"}),
        ("field:wood=oak", {"One"}),
        ("from:eve", set()),
        ("channel:nonsense", set()),
        ("", set()),
    ],
)
def test_a_search_is_a_file(alice: FlaskClient, world: World, write: Write, asked: str, found: set[str]) -> None:
    wood = fields.define(Definition("Wood", "wood", "choice", options=("Oak",)), SYSTEM, clock.now())
    one = write("The armrest came off.", subject="One").ticket
    high(write("The armrest and a screw.", subject="Two").ticket)
    write("Something else.", subject="Three")
    filling.set_fields(one, {wood: ["oak"]}, SYSTEM, clock.now())
    db.session.commit()
    rows = read(alice, f"/desk/search/tickets.csv?q={asked.replace('=', '%3D').replace(' ', '+')}")
    assert {row["subject"] for row in rows} == found


def test_a_number_finds_its_ticket(alice: FlaskClient, write: Write) -> None:
    ticket = write().ticket
    write(f"I wrote about {ticket.number} before.", subject="Again")
    assert len(read(alice, f"/desk/search/tickets.csv?q={ticket.number}")) == 2
    page = alice.get(f"/desk/search?q={ticket.number}").text
    assert f'href="/desk/search/tickets.csv?q={ticket.number}"' in page


@pytest.mark.parametrize("many", [2, 30])
def test_it_asks_as_often_whatever_the_number(
    alice: FlaskClient, view: str, write: Write, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        field = fields.define(Definition(f"Field {number}", f"field{number}"), SYSTEM, clock.now())
    for number in range(many):
        ticket = high(write(subject=f"Matter {number}").ticket)
        filling.set_fields(ticket, {field: [f"said {number}"]}, SYSTEM, clock.now())
    db.session.commit()
    with counted() as ran:
        assert len(read(alice, f"{view}/tickets.csv")) == many
    assert len(ran) <= 12, "\n".join(ran)
    monkeypatch.setattr(spreadsheets, "MOST", 2)
    assert len(read(alice, f"{view}/tickets.csv")) == 2


def test_the_file_of_a_search_has_what_its_page_shows_also_where_a_slip_was_mended(
    alice: FlaskClient, world: World, write: Write
) -> None:
    for number in range(2):
        write("The armrest came off.", subject=f"Armrest {number}")
    spelling.learn()
    db.session.commit()
    assert "armrest" in alice.get("/desk/search?q=armrset").text
    rows = read(alice, "/desk/search/tickets.csv?q=armrset")
    assert {row["subject"] for row in rows} == {"Armrest 0", "Armrest 1"}
