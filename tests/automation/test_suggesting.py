"""Which macros are suggested: those used on tickets like this one, as far as the agent sees them."""

from datetime import datetime, timedelta

import pytest

from tests.people import World, open_for
from ticketdesk.automation import likeness, macros, suggesting
from ticketdesk.automation.likeness import Matter
from ticketdesk.automation.macro import Macro
from ticketdesk.core.db import db
from ticketdesk.tickets import tagging
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket


def opened(world: World, queue: Queue, subject: str = "Hello", tags: tuple[str, ...] = ()) -> Ticket:
    ticket = open_for(world, queue)
    ticket.subject = subject
    if tags:
        tagging.change_tags(ticket, tags, (), world.ada.actor, ticket.opened_at)
    db.session.flush()
    return ticket


@pytest.fixture
def written(world: World, now: datetime) -> list[Macro]:
    made = [macros.create(macros.Setup(name, "Dear you"), world.ada.actor, now) for name in ("Apple", "Bolt", "Crate")]
    db.session.commit()
    return made


def test_a_tag_or_a_word_in_common_counts_more_than_many_in_the_same_queue() -> None:
    here = Matter(1, frozenset({7}), likeness.words_of("The armrest came off"))
    same_queue = [(1, Matter(1))] * 4
    assert likeness.likely(here, [*same_queue, (2, Matter(2, frozenset({7})))], 3) == [2, 1]
    assert likeness.likely(here, [*same_queue, (2, Matter(1, words=likeness.words_of("ARMREST gone")))], 3) == [2, 1]


def test_one_use_with_nothing_but_the_queue_in_common_is_no_reason() -> None:
    assert likeness.likely(Matter(1), [(1, Matter(1))], 3) == []
    assert likeness.likely(Matter(1), [(1, Matter(1)), (1, Matter(1))], 3) == [1]
    assert likeness.likely(Matter(1), [(1, Matter(2))] * 9, 3) == []


def test_small_words_tell_nothing() -> None:
    assert likeness.words_of("Re: The box is off, Straße 12") == {"strasse"}


def test_what_was_used_on_tickets_like_it_comes_first(world: World, written: list[Macro], now: datetime) -> None:
    apple, bolt, _crate = written
    for _ in range(3):
        macros.use(apple, opened(world, world.care_queue), world.alice, now)
    macros.use(bolt, opened(world, world.care_queue, tags=("armrest",)), world.bob, now)
    ticket = opened(world, world.care_queue, tags=("armrest",))
    assert suggesting.suggested(ticket, world.alice) == [bolt.id, apple.id]


def test_used_on_the_ticket_itself_it_is_no_suggestion(world: World, written: list[Macro], now: datetime) -> None:
    ticket = opened(world, world.care_queue, tags=("armrest",))
    macros.use(written[0], ticket, world.alice, now)
    assert suggesting.suggested(ticket, world.alice) == []


def test_tickets_that_the_agent_cannot_see_teach_nothing(world: World, written: list[Macro], now: datetime) -> None:
    macros.use(written[0], opened(world, world.orders_queue, tags=("armrest",)), world.carol, now)
    ticket = opened(world, world.care_queue, tags=("armrest",))
    assert suggesting.suggested(ticket, world.alice) == []
    assert suggesting.suggested(ticket, world.ada) == [written[0].id]


def test_old_uses_are_forgotten_and_counts_stay(world: World, written: list[Macro], now: datetime) -> None:
    macros.use(written[0], opened(world, world.care_queue), world.alice, now - timedelta(days=91))
    macros.use(written[0], opened(world, world.care_queue), world.alice, now)
    assert suggesting.forget_old(now) == 1
    assert suggesting.forget_old(now) == 0
    used = macros.counters.read([macros.counter(written[0].id)])
    assert list(used.values()) == [2]
