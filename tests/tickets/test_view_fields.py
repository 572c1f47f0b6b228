"""Saved views that ask for fields of one's own."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from tests import people
from tests.people import World
from tests.tickets.test_fields import make
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import fields, filling, saved_view_conditions, saved_view_fields, saved_views, view_fields
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.saved_view_conditions import Asker, Wanted
from ticketdesk.tickets.saved_view_fields import Condition
from ticketdesk.tickets.saved_views import Setup
from ticketdesk.tickets.ticket import Ticket

SAID: dict[str, Sequence[Sequence[str]]] = {  # of four tickets, the last of which says nothing
    "text": [["Oak 100%"], ["oak"], ["Teak_x"], []],
    "number": [["9"], ["10"], ["-2.5"], []],
    "choice": [["oak"], ["teak"], ["teak"], []],
    "choices": [["oak"], ["oak", "teak"], ["teak"], []],
    "date": [["2026-03-01"], ["2026-03-02"], ["2025-12-31"], []],
    "checkbox": [["yes"], ["yes"], ["no"], []],
}
ASKED: list[tuple[str, str, tuple[str, ...], set[int]]] = [
    ("text", "says", ("OAK",), {1}),
    ("text", "contains", ("100%",), {0}),
    ("text", "contains", ("_",), {2}),
    ("text", "contains_not", ("oak",), {2, 3}),
    ("text", "any", (), {0, 1, 2}),
    ("text", "none", (), {3}),
    ("number", "equals", ("10,0",), {1}),
    ("number", "least", ("9",), {0, 1}),
    ("number", "most", ("9",), {0, 2}),
    ("choice", "is", ("teak",), {1, 2}),
    ("choice", "is_not", ("teak",), {0, 3}),
    ("choices", "is", ("oak",), {0, 1}),
    ("choices", "is", ("oak", "teak"), {0, 1, 2}),
    ("choices", "is_not", ("oak",), {2, 3}),
    ("date", "on", ("2026-03-02",), {1}),
    ("date", "before", ("2026-03-01",), {2}),
    ("date", "after", ("2026-03-01",), {1}),
    ("checkbox", "yes", (), {0, 1}),
    ("checkbox", "no", (), {2, 3}),
]


def four(world: World, field: TicketField, now: datetime) -> list[Ticket]:
    tickets = [people.open_for(world, world.care_queue) for _number in range(4)]
    for ticket, typed in zip(tickets, SAID[field.kind], strict=True):
        filling.set_fields(ticket, {field: typed}, SYSTEM, now)
    return tickets


def name(field: TicketField) -> str:
    return f"{view_fields.PREFIX}{field.id}"


@pytest.mark.parametrize(("kind", "operator", "values", "expected"), ASKED)
def test_a_view_finds_what_its_condition_says(
    world: World, now: datetime, kind: str, operator: str, values: tuple[str, ...], expected: set[int]
) -> None:
    field = make(now, "wood", kind)
    tickets = four(world, field, now)
    condition = saved_view_fields.checked(Condition(name(field), operator, values), view_fields.fields())
    found = db.session.scalars(saved_view_conditions.tickets(Wanted([condition]), Asker(world.alice, now)))
    assert {tickets.index(ticket) for ticket in found} == expected
    strangers = db.session.scalars(saved_view_conditions.tickets(Wanted([condition]), Asker(world.carol, now)))
    assert strangers.all() == []


@pytest.mark.parametrize("operator", ["says", "contains"])
def test_letters_are_found_in_whichever_form_they_are_asked(world: World, now: datetime, operator: str) -> None:
    field, ticket = make(now, "wood", "text"), people.open_for(world, world.care_queue)
    filling.set_fields(ticket, {field: ["M\u00f6bel"]}, SYSTEM, now)
    condition = saved_view_fields.checked(Condition(name(field), operator, ("Mo\u0308bel",)), view_fields.fields())
    found = db.session.scalars(saved_view_conditions.tickets(Wanted([condition]), Asker(world.alice, now)))
    assert found.all() == [ticket]


def test_every_operator_was_tried() -> None:
    tried = {(kind, operator) for kind, operator, _values, _expected in ASKED}
    assert {
        (kind, one) for kind, ways in view_fields.OPERATORS.items() for one in ways if one not in ("any", "none")
    } == {(kind, operator) for kind, operator in tried if operator not in ("any", "none")}


@pytest.mark.parametrize(
    ("kind", "operator", "values"),
    [
        ("number", "least", ("many",)),
        ("number", "least", ("",)),
        ("date", "on", ("yesterday",)),
        ("choice", "is", ("elm",)),
        ("choice", "is", ()),
        ("text", "says", (" ",)),
        ("text", "least", ("1",)),
        ("reference", "is", ("1",)),
    ],
)
def test_what_cannot_be_asked_is_refused(
    world: World, now: datetime, kind: str, operator: str, values: tuple[str, ...]
) -> None:
    field = make(now, "wood", kind, **({"refers_to": "ticket"} if kind == "reference" else {}))
    with pytest.raises(Invalid):
        saved_view_fields.checked(Condition(name(field), operator, values), view_fields.fields())


def test_a_view_keeps_conditions_and_columns_of_archived_fields(world: World, now: datetime) -> None:
    field = make(now)
    wanted = [Condition(name(field), "is", ("oak",))]
    view = saved_views.create(Setup("Oak", conditions=wanted, columns=[name(field), "number"]), world.alice, now)
    assert view.columns == ["number", name(field)]
    fields.archive(field, SYSTEM, now)
    assert saved_views.change(view, saved_views.setup_of(view), world.alice, now).columns == ["number", name(field)]
    for unknown in ("field-999999", "field-x"):
        with pytest.raises(Invalid):
            saved_views.change(view, Setup("Oak", columns=[unknown]), world.alice, now)
        with pytest.raises(Invalid):
            saved_views.change(view, Setup("Oak", conditions=[Condition(unknown, "any")]), world.alice, now)
