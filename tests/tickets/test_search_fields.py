"""Searching by fields of one's own."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tests.people import World
from tests.tickets.conftest import Write
from tests.tickets.test_fields import make
from ticketdesk.contacts import joining, linking
from ticketdesk.contacts.contact import Contact
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import fields, filling, search_query, searching
from ticketdesk.tickets.search_query import Term, understand
from ticketdesk.tickets.ticket import Ticket

OPTIONS = ["oak = English oak", "teak = Teak"]


def found(world: World, words: str, now: datetime, who: str = "alice") -> set[int]:
    hits = searching.search(understand(words), world.agent(who), now, UTC)
    assert not hits.problems, hits.problems
    return {hit.ticket_id for hit in hits.hits}


@pytest.fixture
def two(world: World, now: datetime, write: Write) -> list[Ticket]:
    """An oak table for 12.5 and a teak bench for 100, each with a word of its own."""
    order, wood = make(now, "order", "text"), make(now, "wood", options=OPTIONS)
    price, bought, gift = make(now, "price", "number"), make(now, "bought", "date"), make(now, "gift", "checkbox")
    about = make(now, "about", "reference", refers_to="ticket")
    tickets = []
    for text in ("armrest table", "armrest bench"):
        write(now, text=text)
        tickets.append(db.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one())
    said = {order: ["A-100% sure"], wood: ["oak"], price: ["12.5"], bought: ["2026-03-01"], gift: ["yes"]}
    filling.set_fields(tickets[0], {**said, about: [str(tickets[1].number)]}, SYSTEM, now, world.ada)
    filling.set_fields(tickets[1], {wood: ["teak"], price: ["100"], bought: ["2026-02-01"]}, SYSTEM, now)
    db.session.flush()
    return tickets


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("field:wood=oak", {0}),
        ('field:wood="English oak"', {0}),
        ('field:"wood=english oak"', {0}),
        ("field:WOOD=Teak", {1}),
        ("field:wood", {0, 1}),
        ("field:wood=elm", set()),
        ("-field:wood=oak", {1}),
        ("armrest field:price>=12,5", {0, 1}),
        ("field:price>12.5", {1}),
        ("field:price<=12.5", {0}),
        ("field:price=100 field:wood=oak", set()),
        ("field:bought<2026-02-15", {1}),
        ("field:order=100%", {0}),
        ("field:order=_", set()),
        ("field:gift=yes", {0}),
        ("bench field:gift=no", {1}),
    ],
)
def test_a_field_narrows_a_search(
    world: World, now: datetime, two: list[Ticket], words: str, expected: set[int]
) -> None:
    assert {[ticket.id for ticket in two].index(hit) for hit in found(world, words, now)} == expected
    assert found(world, words, now, "carol") == set()


def test_a_reference_is_asked_by_what_it_names(world: World, now: datetime, two: list[Ticket]) -> None:
    assert found(world, f"field:about={two[1].number}", now) == {two[0].id}
    assert found(world, "field:about=999999", now) == set()


def test_a_contact_is_found_by_what_was_said_of_those_joined_into_it(
    world: World, now: datetime, two: list[Ticket]
) -> None:
    whom = make(now, "whom", "reference", refers_to="contact")
    filling.set_fields(two[0], {whom: ["eve@customer.example"]}, SYSTEM, now, world.ada)
    assert found(world, "field:whom=dana@customer.example", now) == set()
    joining.join_by_hand(
        *(db.session.get_one(Contact, linking.contact_of(one)) for one in (world.dana, world.eve)), SYSTEM, now
    )
    for name in ("dana", "eve"):
        assert found(world, f"field:whom={name}@customer.example", now) == {two[0].id}


@pytest.mark.parametrize("words", ["field:order=mo\u0308bel", "field:order=m\u00f6bel", "field:wood2=O\u0308l"])
def test_letters_are_found_in_whichever_form_they_are_typed(
    world: World, now: datetime, two: list[Ticket], words: str
) -> None:
    order = next(field for field in fields.shown() if field.key == "order")
    oil = make(now, "wood2", options=["oil = \u00d6l"])
    filling.set_fields(two[0], {order: ["Mo\u0308bel"], oil: ["oil"]}, SYSTEM, now)
    assert found(world, words, now) == {two[0].id}


@pytest.mark.parametrize(
    "words", ["field:nothing=1", "field:price=lots", "field:price", "field:wood>oak", "field:gift=perhaps", "field:=x"]
)
def test_what_makes_no_sense_is_said(world: World, now: datetime, two: list[Ticket], words: str) -> None:
    hits = searching.search(understand(words), world.alice, now, UTC)
    assert bool(hits.problems) == (words != "field:price")


def test_it_is_typed_as_it_is_understood() -> None:
    query = understand('-field:wood="English oak" field:price>=10')
    assert query.terms == (Term("field", "wood=English oak", is_without=True), Term("field", "price>=10"))
    assert search_query.understand(str(query)) == query
