"""Organizations: names and domains are theirs alone, and who proves an address there belongs to them."""

from datetime import datetime

import pytest
from sqlalchemy import true

from tests.people import World
from ticketdesk.contacts import linking, organizations, resolving
from ticketdesk.contacts.contact import Contact, Identity
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid


def belongs_to(identity: Identity) -> int | None:
    db.session.expire_all()
    return db.session.get_one(Contact, linking.contact_of(identity)).organization_id


def test_who_proves_an_address_at_its_domain_belongs_to_it(world: World, now: datetime) -> None:
    house = organizations.create("Elm & Sons", SYSTEM, now)
    organizations.change(house, "Elm & Sons", ["elm.example"], "", SYSTEM, now)
    unproven = resolving.resolve("email", "a@elm.example", "A", now)
    proven = resolving.resolve("email", "b@elm.example", "B", now, verification="confirmed")
    elsewhere = resolving.resolve("email", "c@not-elm.example", "C", now, verification="confirmed")
    for one in (unproven, proven, elsewhere):
        organizations.settle(one)
    assert [belongs_to(one) for one in (unproven, proven, elsewhere)] == [None, house.id, None]


def test_those_of_before_are_offered_and_nobody_is_taken_from_elsewhere(world: World, now: datetime) -> None:
    house, other = (organizations.create(name, SYSTEM, now) for name in ("Elm", "Oak"))
    people = [
        resolving.resolve("email", f"{name}@elm.example", name, now, verification="replied") for name in ("a", "b")
    ]
    db.session.get_one(Contact, linking.contact_of(people[1])).organization_id = other.id
    organizations.change(house, "Elm", ["elm.example"], "", SYSTEM, now)
    assert organizations.adopt(house, SYSTEM, now, true()) == 1
    assert [belongs_to(one) for one in people] == [house.id, other.id]


def test_what_does_not_fit_is_refused(world: World, now: datetime) -> None:
    house, other = (organizations.create(name, SYSTEM, now) for name in ("Elm", "Oak"))
    organizations.change(house, "ELM", ["elm.example"], "", SYSTEM, now)
    with pytest.raises(Invalid, match="called so"):
        organizations.create(" elm ", SYSTEM, now)
    with pytest.raises(Invalid, match="another organization"):
        organizations.change(other, "Oak", ["elm.example"], "", SYSTEM, now)
    with pytest.raises(Invalid, match="Everybody"):
        organizations.change(other, "Oak", ["gmail.com"], "", SYSTEM, now)
    with pytest.raises(Invalid):
        organizations.create(" ", SYSTEM, now)
