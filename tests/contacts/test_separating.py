"""Contacts that are joined, taken apart and joined again: nothing is lost, and a person has the last word."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World
from ticketdesk.contacts import joining, linking, noting, resolving, separating
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, Organization
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid


@pytest.fixture
def alice(world: World) -> Actor:
    return world.alice.actor


def contact(identity: Identity) -> Contact:
    return db.session.get_one(Contact, linking.contact_of(identity))


def known(name: str, now: datetime, **values: str) -> Identity:
    return resolving.resolve("email", f"{name}@elm.example", values.pop("called", name.title()), now, **values)


def holders(*identities: Identity) -> list[int]:
    return [linking.contact_of(one) for one in identities]


def test_a_join_by_hand_says_who_stays_and_is_undone(world: World, alice: Actor, now: datetime) -> None:
    old, young = known("old", now), known("young", now)
    kept, given_up = contact(young), contact(old)
    join = joining.join_by_hand(kept, given_up, alice, now)
    assert holders(old, young) == [kept.id, kept.id]
    assert linking.end_of(given_up.id) == kept.id
    back = joining.undo(join, alice, now + timedelta(days=400))
    assert back.id == given_up.id
    assert holders(old, young) == [given_up.id, kept.id]
    assert linking.end_of(given_up.id) == given_up.id
    assert (kept.name, given_up.name) == ("Young", "Old")
    links = db.session.scalars(select(IdentityLink).where(IdentityLink.identity_id == old.id)).all()
    assert [link.evidence for link in sorted(links, key=lambda link: link.id)] == [
        "first_seen",
        joining.BY_HAND,
        "separated",
    ]
    with pytest.raises(Conflict):
        joining.undo(join, alice, now)


def test_whom_a_person_took_apart_nothing_but_a_person_joins_again(world: World, alice: Actor, now: datetime) -> None:
    person = resolving.resolve("external", "w1:77", "Dana", now, verification="signed")
    address = known("dana", now, verification="confirmed")
    assert joining.join(person, address, "signed", now) is not None
    [join] = joining.of([linking.contact_of(person)])
    joining.undo(join, alice, now)
    assert joining.join(person, address, "signed", now) is None
    assert len(set(holders(person, address))) == 2
    joining.join_by_hand(contact(person), contact(address), alice, now)
    assert len(set(holders(person, address))) == 1
    separating.separate(contact(person), [address.id], alice, now)
    assert joining.join(person, address, "replied", now) is None


def test_some_addresses_get_a_contact_of_their_own_and_come_back(world: World, alice: Actor, now: datetime) -> None:
    one, two, three = (known(name, now) for name in ("one", "two", "three"))
    joining.join(one, two, "replied", now)
    joining.join(one, three, "replied", now)
    whole = contact(one)
    # what goes came with two different joins, so it is nobody's from before
    made = separating.separate(whole, [two.id, three.id], alice, now)
    assert holders(one, two, three) == [whole.id, made.id, made.id]
    assert separating.can_undo(whole, made, alice, now)
    assert not separating.can_undo(whole, made, alice, now + timedelta(hours=1))
    assert not separating.can_undo(whole, made, world.bob.actor, now)
    separating.undo(whole, made, alice, now)
    assert len(set(holders(one, two, three))) == 1


def test_what_came_with_a_join_goes_back_where_it_was(world: World, alice: Actor, now: datetime) -> None:
    one, two = known("one", now), known("two", now)
    before = contact(two)
    noting.write(before, "Calls on Fridays.", world.alice.id, now)
    joining.join(one, two, "replied", now)
    assert [note.text for note in noting.of(linking.parts_of(contact(one).id))] == ["Calls on Fridays."]
    assert separating.separate(contact(one), [two.id], alice, now).id == before.id
    assert noting.of(linking.parts_of(contact(one).id)) == []


@pytest.mark.parametrize("going", [[], [0, 1], [5]])
def test_something_goes_and_something_stays(world: World, alice: Actor, now: datetime, going: list[int]) -> None:
    one, two = known("one", now), known("two", now)
    joining.join(one, two, "replied", now)
    ids = [one.id, two.id]
    with pytest.raises(Invalid):
        separating.separate(contact(one), [ids[place] if place < 2 else 10**9 for place in going], alice, now)


def test_what_must_not_be_joined_is_not_joined_by_hand_either(world: World, alice: Actor, now: datetime) -> None:
    first, second = (
        resolving.resolve("external", f"w1:{number}", "Dana", now, verification="signed") for number in (1, 2)
    )
    house, person = resolving.resolve("email", "info@elm.example", "Elm", now), known("dana", now)
    with pytest.raises(Conflict, match="two people"):
        joining.join_by_hand(contact(first), contact(second), alice, now)
    with pytest.raises(Conflict, match="many people"):
        joining.join_by_hand(contact(person), contact(house), alice, now)
    with pytest.raises(Conflict, match="the same"):
        joining.join_by_hand(contact(person), contact(person), alice, now)


def test_who_was_joined_in_between_is_not_joined_unseen(world: World, alice: Actor, now: datetime) -> None:
    one, two, three = (known(name, now) for name in ("one", "two", "three"))
    shown = [one.id, two.id]
    kept, given_up = contact(one), contact(two)
    joining.join(two, three, "replied", now)
    with pytest.raises(Conflict, match="in between"):
        joining.join_by_hand(kept, given_up, alice, now, expecting=shown)


def test_a_join_inside_a_join_is_undone_by_itself(world: World, alice: Actor, now: datetime) -> None:
    one, two, three = (known(name, now) for name in ("one", "two", "three"))
    contacts = holders(one, two, three)
    joining.join(two, three, "replied", now)
    joining.join(one, two, "replied", now)
    assert linking.parts_of(contacts[0]) == contacts
    assert linking.end_of(contacts[2]) == contacts[0]
    inner = joining.find(contacts, next(join.id for join in joining.of(contacts) if join.given_up_id == contacts[2]))
    joining.undo(inner, alice, now)
    assert holders(one, two, three) == [contacts[0], contacts[0], contacts[2]]
    [outer] = joining.of(contacts)
    joining.undo(outer, alice, now)
    assert holders(one, two, three) == contacts


def test_a_name_and_an_organization_that_were_taken_over_are_given_back(
    world: World, alice: Actor, now: datetime
) -> None:
    nameless, named = known("x", now, called=""), known("dana", now)
    house = Organization(name="Elm", created_at=now)
    db.session.add(house)
    db.session.flush()
    contact(named).organization_id = house.id
    kept = contact(nameless)
    join = joining.join_by_hand(kept, contact(named), alice, now)
    assert (kept.name, kept.organization_id) == ("Dana", house.id)
    joining.undo(join, alice, now)
    assert (kept.name, kept.organization_id) == ("x@elm.example", None)


def test_saying_that_they_are_two_is_no_separation_that_could_be_undone(
    world: World, alice: Actor, now: datetime
) -> None:
    """R12: what was never one is joined with a preview only."""
    one, other = known("one", now), known("other", now)
    joining.keep_apart([one], [other], alice, now)
    assert not separating.can_undo(contact(one), contact(other), alice, now)
    with pytest.raises(Conflict):
        separating.undo(contact(one), contact(other), alice, now)
    assert holders(one, other)[0] != holders(one, other)[1]


def test_a_join_is_not_undone_where_one_of_the_two_would_be_left_with_nothing(
    world: World, alice: Actor, now: datetime
) -> None:
    one, other = known("one", now), known("other", now)
    kept = contact(one)
    noting.write(kept, "Calls on Fridays.", world.alice.id, now)
    joining.join_by_hand(kept, contact(other), alice, now)
    later = now + timedelta(minutes=1)
    separating.separate(kept, [one.id], alice, later)
    joins = joining.of([kept.id])
    for join in joins:
        with pytest.raises(Conflict):
            joining.undo(join, alice, later)
    assert linking.identities_of(kept.id), "what is noted of it is still somebody's"
