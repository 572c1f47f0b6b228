"""What is stored equals the replay, whatever happens to a ticket and whenever the sweep comes by."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.sla import editing, rebuilding, sweep
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import flags, merging, messages, moving, priority, progress
from ticketdesk.tickets.messages import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

DANA = [("dana@customer.example", "")]


def something(world: World, ticket: Ticket, chance: Random, at: datetime) -> None:
    """One thing that may happen to a ticket."""
    alice = world.alice
    category = chance.choice(["open", "pending", "on_hold", "solved"])
    acts: list[Callable[[], object]] = [
        lambda: messages.receive(ticket, world.dana, Letter("email", "Hello"), at),
        lambda: messages.receive(ticket, world.dana, Letter("email", "Away", inert="vacation"), at),
        lambda: messages.reply(ticket, alice, "Hello", to=DANA, at=at),
        lambda: messages.note(ticket, alice, "Hm", at=at),
        lambda: progress.move_to(ticket, category, alice.actor, at),
        lambda: progress.move_to(ticket, category, alice.actor, at),
        lambda: priority.change_priority(ticket, chance.choice(["low", "normal", "high", "urgent"]), alice.actor, at),
        lambda: moving.move(ticket, chance.choice([world.care_queue, world.orders_queue]), alice.actor, at),
        lambda: chance.choice([flags.mark_spam, flags.trash])(ticket, alice.actor, at),
        lambda: (flags.unmark_spam(ticket, alice.actor, at), flags.restore(ticket, alice.actor, at)),
        lambda: sweep.breach_due(at),
        lambda: sweep.warn_due(at),
        lambda: sweep.reckon_changed_hours(at),
    ]
    chance.choice(acts)()


def something_with_two(world: World, pair: tuple[Ticket, Ticket], chance: Random, at: datetime) -> None:
    """One thing that may happen to one of two tickets, or that makes them one or two."""
    source, survivor = pair
    if source.merged_into_id is not None and chance.random() < 0.3:
        merging.undo(source, world.alice.actor, at)
    elif source.merged_into_id is None and chance.random() < 0.4:
        with suppress(Conflict):
            merging.merge(source, survivor, world.alice.actor, at, widen=True)
    else:
        with suppress(Conflict):
            something(world, survivor if source.merged_into_id is not None else chance.choice(pair), chance, at)


@pytest.mark.parametrize("seed", range(6))
def test_rows_of_tickets_that_become_one_and_two_again_repeat_the_events(
    world: World, policy: SlaPolicy, now: datetime, seed: int
) -> None:
    chance = Random(seed)
    pair = open_for(world, world.care_queue, at=now), open_for(world, world.care_queue, at=now)
    at = now
    for _step in range(30):
        at += timedelta(seconds=chance.choice([0, 1, 60, 900, 3600, 30_000]))
        something_with_two(world, pair, chance, at)
        assert rebuilding.compare([ticket.id for ticket in pair], at) == {}


@pytest.mark.parametrize("seed", range(6))
def test_rows_repeat_the_events(world: World, policy: SlaPolicy, now: datetime, seed: int) -> None:
    chance = Random(seed)
    orders = editing.Words(
        editing.in_force(policy.id).calendar_id,
        {"normal": {"resolution": 7200}, "high": {"next_response": 600, "first_response": 900}},
        conditions={"queue_id": [world.orders_queue.id]},
        pause_categories=["pending", "on_hold"],
    )
    special = editing.create("Orders", orders, world.ada.actor, now)
    editing.reorder([special.id, policy.id], world.ada.actor, now)
    calendar = db.session.scalars(select(Calendar)).one()
    ticket, at = open_for(world, world.care_queue, at=now), now
    for step in range(25):
        at += timedelta(seconds=chance.choice([0, 1, 60, 900, 3600, 30_000]))
        something(world, ticket, chance, at)
        if step == 12:
            calendars.change(calendar, "Europe/Berlin", [[[480, 720], [780, 1200]]] * 6 + [[]], world.ada.actor, at)
            sweep.reckon_changed_hours(at)
        assert rebuilding.compare([ticket.id], at) == {}
    verdicts = db.session.scalars(select(SlaTimer.id).where(SlaTimer.breached_at.is_not(None))).all()
    told = db.session.scalars(select(Event.data["timer_id"].as_integer()).where(Event.kind == "sla_breached")).all()
    assert sorted(told) == sorted(verdicts)
