"""Macros: written, offered to whom, and what using one does."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.people import World, open_for
from ticketdesk.automation import macros
from ticketdesk.automation.macro import Macro
from ticketdesk.core import counters
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import progress, tagging, timeline
from ticketdesk.tickets.ticket import Ticket

SORRY = macros.Setup(
    name="Sorry",
    text="Dear {{ customer.first_name }},\n\nabout #{{ ticket.number }}: sorry.\n\n{{ agent.name }}, {{ brand.name }}",
    category="pending",
    priority="high",
    tags=("Broken Armrest",),
    assigns=True,
)


@pytest.fixture
def ticket(world: World) -> Ticket:
    made = open_for(world, world.care_queue)
    db.session.commit()
    return made


@pytest.fixture
def sorry(world: World, now: datetime) -> Macro:
    made = macros.create(SORRY, world.ada.actor, now)
    db.session.commit()
    return made


def test_using_one_fills_its_words_and_makes_its_changes(
    world: World, ticket: Ticket, sorry: Macro, now: datetime
) -> None:
    words = macros.use(sorry, ticket, world.alice, now)
    assert words == f"Dear Dana,\n\nabout #{ticket.number}: sorry.\n\nAlice, Harrow & Pine".replace("&", "\\&")
    assert (ticket.category, ticket.priority, ticket.assignee_id) == ("pending", "high", world.alice.id)
    assert tagging.tags_of(ticket.id) == ["broken-armrest"]
    told = [(event.kind, event.actor_id) for event in timeline.of_ticket(ticket.id)][1:]
    assert told == [(kind, world.alice.id) for kind in ("assigned", "priority_changed", "tagged", "status_changed")]


def test_used_twice_it_changes_nothing_more_and_is_counted_twice(
    world: World, ticket: Ticket, sorry: Macro, now: datetime
) -> None:
    macros.use(sorry, ticket, world.alice, now)
    seq = ticket.last_seq
    macros.use(sorry, ticket, world.alice, now)
    assert ticket.last_seq == seq
    assert counters.read([macros.counter(sorry.id)]) == {macros.counter(sorry.id): 2}


def test_a_closed_ticket_stays_as_it_is(world: World, ticket: Ticket, sorry: Macro, now: datetime) -> None:
    progress.move_to(ticket, "closed", SYSTEM, now)
    with pytest.raises(Conflict):
        macros.use(sorry, ticket, world.alice, now)


def test_a_customer_without_a_name_is_called_by_the_start_of_the_address(
    world: World, ticket: Ticket, now: datetime
) -> None:
    world.dana.name = ""
    assert macros.words("Hello {{ customer.first_name }}!", ticket, world.alice) == "Hello dana!"


def test_macros_are_offered_to_everybody_or_to_a_team(world: World, sorry: Macro, now: datetime) -> None:
    care = macros.create(macros.Setup("Care only", "Hello", team_id=world.care.id), SYSTEM, now)
    gone = macros.create(macros.Setup("Gone", "Hello"), SYSTEM, now)
    macros.archive(gone, SYSTEM, now)
    offered = {
        name: [row.name for row in db.session.scalars(macros.usable(world.agent(name)))]
        for name in ("alice", "carol", "ada")
    }
    assert offered == {"alice": [care.name, "Sorry"], "carol": ["Sorry"], "ada": [care.name, "Sorry"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"text": "Dear {{ customer.mail }}"}, "text"),
        ({"text": "{{ 7*7 }}"}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "", "category": None, "priority": None, "tags": (), "assigns": False}, "text"),
        ({"tags": ("x" * 41,)}, "tags"),
        ({"tags": [str(n) for n in range(11)]}, "tags"),
        ({"category": "closed"}, "category"),
        ({"priority": "very"}, "priority"),
        ({"team_id": 999_999}, "team"),
    ],
)
def test_what_does_not_fit_is_refused_when_it_is_saved(
    world: World, now: datetime, change: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        macros.create(replace(SORRY, **change), SYSTEM, now)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_two_in_use_cannot_have_the_same_name(world: World, sorry: Macro, now: datetime) -> None:
    with pytest.raises(Invalid):
        macros.create(SORRY, SYSTEM, now)
    macros.archive(sorry, SYSTEM, now)
    other = macros.create(SORRY, SYSTEM, now)
    with pytest.raises(Conflict):
        macros.restore(sorry, SYSTEM, now)
    macros.change(other, replace(SORRY, name="Sorry again"), SYSTEM, now)
    macros.restore(sorry, SYSTEM, now)
    assert sorry.archived_at is None
