"""Saved views: who may do what with them, and what happens when two do it at once."""

import pytest
from sqlalchemy import delete, select

from tests.people import World
from ticketdesk.core import clock
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotAllowed, NotFound
from ticketdesk.tickets import saved_views
from ticketdesk.tickets.saved_view import EVERYBODY, OWN, TEAM, SavedView
from ticketdesk.tickets.saved_views import Setup
from ticketdesk.tickets.visibility import reader


def names(world: World, who: str) -> list[str]:
    return [view.name for view in db.session.scalars(saved_views.seen_by(reader(world.agent(who))))]


def test_who_has_which(world: World) -> None:
    now = clock.now()
    saved_views.create(Setup("Mine"), world.alice, now)
    saved_views.create(Setup("Of Care", shown_to=TEAM, team_id=world.care.id), world.sam, now)
    saved_views.create(Setup("Of Orders", shown_to=TEAM, team_id=world.orders.id), world.ada, now)
    saved_views.create(Setup("All", shown_to=EVERYBODY), world.ada, now)
    assert sorted(names(world, "alice")) == ["All", "Mine", "Of Care"]
    assert sorted(names(world, "bob")) == ["All", "Of Care"]
    assert sorted(names(world, "carol")) == ["All", "Of Orders"]
    assert sorted(names(world, "ada")) == ["All", "Of Care", "Of Orders"]


def test_whoever_left_a_team_has_its_views_no_longer_even_their_own(world: World) -> None:
    view = saved_views.create(Setup("Of Care", shown_to=TEAM, team_id=world.care.id), world.sam, clock.now())
    db.session.execute(db.text("DELETE FROM team_members WHERE agent_id = :id"), {"id": world.sam.id})
    assert names(world, "sam") == []
    assert saved_views.may_change(world.ada, view)


def test_nobody_shares_who_may_not(world: World) -> None:
    with pytest.raises(NotAllowed):
        saved_views.create(Setup("All", shown_to=EVERYBODY), world.alice, clock.now())


def test_what_was_shared_and_is_made_ones_own_is_of_whoever_did_so(world: World) -> None:
    view = saved_views.create(Setup("All", shown_to=EVERYBODY), world.ada, clock.now())
    with pytest.raises(NotAllowed):
        saved_views.change(view, Setup("Mine"), world.alice, clock.now())
    saved_views.change(view, Setup("Mine", shown_to=OWN), world.sam, clock.now())
    assert (names(world, "sam"), names(world, "ada")) == (["Mine"], [])


def test_a_place_is_among_its_own_kind(world: World) -> None:
    now = clock.now()
    own = [saved_views.create(Setup(f"Own {n}"), world.sam, now) for n in range(3)]
    shared = [saved_views.create(Setup(f"Shared {n}", shown_to=EVERYBODY), world.sam, now) for n in range(3)]
    saved_views.move(own[2], world.sam, -1, now)
    saved_views.move(shared[0], world.sam, 99, now)
    saved_views.move(shared[1], world.sam, -1, now)
    listed = names(world, "sam")
    assert [name for name in listed if name.startswith("Own")] == ["Own 0", "Own 2", "Own 1"]
    assert [name for name in listed if name.startswith("Shared")] == ["Shared 1", "Shared 2", "Shared 0"]
    moves = db.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == "view_moved")).all()
    assert moves == [own[2].id, shared[0].id]  # what stayed where it was is no change


def test_what_another_deleted_meanwhile_is_not_there(world: World) -> None:
    view = saved_views.create(Setup("Mine"), world.alice, clock.now())
    db.session.execute(delete(SavedView), execution_options={"synchronize_session": False})
    for verb in (
        lambda: saved_views.change(view, Setup("Other"), world.alice, clock.now()),
        lambda: saved_views.move(view, world.alice, 1, clock.now()),
        lambda: saved_views.delete(view, world.alice, clock.now()),
    ):
        with pytest.raises(NotFound):
            verb()
