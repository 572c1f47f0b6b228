"""Attributes of contacts: each kind in one form, and a choice of before stays said."""

from datetime import datetime

import pytest

from tests.people import World
from ticketdesk.contacts import attribute_values, attributes, joining, linking
from ticketdesk.contacts.attribute_values import Unfit
from ticketdesk.contacts.attributes import Definition
from ticketdesk.contacts.contact import Contact
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", "  two  words ", "two words"),
        ("number", "1 200,50", "1200.5"),
        ("number", "-0.10", "-0.1"),
        ("number", "100", "100"),
        ("date", "2026-03-04", "2026-03-04"),
        ("choice", "GOLD", "Gold"),
        ("checkbox", "Yes", "yes"),
        ("checkbox", "no", ""),
        ("date", "", ""),
    ],
)
def test_one_form_for_each_kind(kind: str, typed: str, kept: str) -> None:
    assert attribute_values.normal(kind, typed, ["Silver", "Gold"]) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("number", "many"),
        ("number", "NaN"),
        ("number", "1e999"),
        ("date", "4 March"),
        ("choice", "Lead"),
        ("checkbox", "perhaps"),
        ("text", "x" * 1_001),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(Unfit):
        attribute_values.normal(kind, typed, ["Gold"])


def test_a_choice_that_is_offered_no_more_may_stay(world: World, now: datetime) -> None:
    plan = attributes.define(Definition("Plan", "plan", "choice", ["Silver", "Gold"]), SYSTEM, now)
    dana = db.session.get_one(Contact, linking.contact_of(world.dana))
    attributes.say(dana, {plan: "silver"}, SYSTEM, now)
    attributes.change(plan, Definition("Plan", choices=["Gold"]), SYSTEM, now)
    attributes.say(dana, {plan: "Silver"}, SYSTEM, now)
    assert attributes.values_of([dana.id]) == {plan.id: "Silver"}
    with pytest.raises(Invalid) as refused:
        attributes.say(dana, {plan: "Bronze"}, SYSTEM, now)
    assert refused.value.field == f"attribute-{plan.id}"
    attributes.say(dana, {plan: ""}, SYSTEM, now)
    assert attributes.values_of([dana.id]) == {}


def test_definitions_are_checked(world: World, now: datetime) -> None:
    attributes.define(Definition("Number", "number", "text"), SYSTEM, now)
    for wrong in (
        Definition("Other", "number"),
        Definition("Other", "Not a key"),
        Definition("", "other"),
        Definition("Other", "other", "picture"),
        Definition("Other", "other", "choice", []),
        Definition("Other", "other", "choice", ["A", "a"]),
    ):
        with pytest.raises(Invalid):
            attributes.define(wrong, SYSTEM, now)


def test_saving_a_joined_contact_copies_nothing_and_can_take_anything_away(world: World, now: datetime) -> None:
    """What was said of the one that was given up is still theirs when the join is undone."""
    plan = attributes.define(Definition("Plan", "plan", "choice", ["Silver", "Gold"]), SYSTEM, now)
    seat = attributes.define(Definition("Seat", "seat", "text"), SYSTEM, now)
    dana, eve = (db.session.get_one(Contact, linking.contact_of(one)) for one in (world.dana, world.eve))
    attributes.say(eve, {plan: "Gold", seat: "4"}, SYSTEM, now)
    join = joining.join_by_hand(dana, eve, world.alice.actor, now)
    attributes.say(dana, {plan: "Gold", seat: ""}, SYSTEM, now)
    assert attributes.values_of(linking.parts_of(dana.id)) == {plan.id: "Gold"}
    joining.undo(join, world.alice.actor, now)
    assert attributes.values_of([dana.id]) == {}
    assert attributes.values_of([eve.id]) == {plan.id: "Gold", seat.id: "4"}
