"""What is stored equals the replay, whatever happens to a ticket and whenever the sweep comes by."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.sla import editing, rebuilding, sweep
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import (
    carrying,
    flags,
    medium,
    merging,
    moving,
    noting,
    opening,
    priority,
    progress,
    receiving,
    replying,
    splitting,
    timeline,
    withdrawing,
)
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

USUAL = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
DANA = [("dana@customer.example", "")]


def something(world: World, ticket: Ticket, chance: Random, at: datetime) -> None:
    """One thing that may happen to a ticket."""
    alice = world.alice
    category = chance.choice(["open", "pending", "on_hold", "solved"])
    acts: list[Callable[[], object]] = [
        lambda: receiving.receive(ticket, world.dana, Letter("email", "Hello"), at),
        lambda: receiving.receive(ticket, world.dana, Letter("email", "Hello"), at),
        lambda: receiving.receive(ticket, world.dana, Letter("email", "Away", inert="vacation"), at),
        lambda: receiving.receive(ticket, world.eve, Letter("email", "Me too"), at),
        lambda: accept_one(ticket, world, at),
        lambda: replying.reply(ticket, alice, "Hello", to=DANA, at=at),
        lambda: replying.reply(ticket, alice, "Hello", to=DANA, at=at),
        lambda: sends(ticket, world, chance, at),
        lambda: sends(ticket, world, chance, at),
        lambda: takes_back(ticket, world, at),
        lambda: takes_back(ticket, world, at),
        lambda: fails_for_good(ticket, chance, at),
        lambda: noting.note(ticket, alice, "Hm", at=at),
        lambda: progress.move_to(ticket, category, alice.actor, at),
        lambda: progress.move_to(ticket, category, alice.actor, at),
        lambda: priority.change_priority(ticket, chance.choice(["low", "normal", "high", "urgent"]), alice.actor, at),
        lambda: moving.move(ticket, chance.choice([world.care_queue, world.orders_queue]), alice.actor, at),
        lambda: chance.choice([medium.turn_to_mail, medium.turn_to_chat])(ticket, SYSTEM, at),
        lambda: chance.choice([flags.mark_spam, flags.trash])(ticket, alice.actor, at),
        lambda: (flags.unmark_spam(ticket, alice.actor, at), flags.restore(ticket, alice.actor, at)),
        lambda: sweep_all(at),
        lambda: sweep.breach_due(at),
    ]
    chance.choice(acts)()


def sweep_all(at: datetime) -> None:
    """What the schedule does, without its commits: what happened to one pair is taken back before the next."""
    for look in (sweep.reckon_changed_hours, sweep.breach_due, sweep.warn_due):
        while look(at):
            pass


def accept_one(ticket: Ticket, world: World, at: datetime) -> None:
    """A held message is let in, where there is one."""
    held = select(Placement.message_id).where(
        Placement.ticket_id == ticket.id, Placement.held, Placement.ended_at.is_(None)
    )
    message_id = db.session.scalar(held.limit(1))
    if message_id is not None:
        receiving.accept(message_id, world.alice.actor, at)


def sends(ticket: Ticket, world: World, chance: Random, at: datetime) -> None:
    """An answer that can be taken back, perhaps together with a change of status."""
    later = at + timedelta(days=9)
    message = replying.reply(ticket, world.alice, "Hello", to=DANA, at=at, leaves_at=later)
    if chance.random() < 0.7:
        then = chance.choice(["pending", "on_hold", "solved"])
        progress.move_to(ticket, then, world.alice.actor, at, sent_with=message.id)


def takes_back(ticket: Ticket, world: World, at: datetime) -> None:
    """The newest answer that has not left is taken back."""
    waiting = (
        select(Message.id)
        .join(Placement, Placement.message_id == Message.id)
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None), Message.leaves_at.is_not(None))
    )
    message_id = db.session.scalar(waiting.order_by(Message.id.desc()).limit(1))
    if message_id is not None:
        withdrawing.withdraw(message_id, world.alice, at)


def fails_for_good(ticket: Ticket, chance: Random, at: datetime) -> None:
    """One of the answers turns out never to have arrived."""
    answers = db.session.scalars(
        select(Message.id)
        .join(Placement, Placement.message_id == Message.id)
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None), Message.direction == "out")
        .order_by(Message.id)
    ).all()
    if answers:
        timeline.record(
            ticket,
            "reply_failed",
            SYSTEM,
            at,
            {"message_id": chance.choice(answers), "permanent": chance.random() < 0.8},
        )


def something_with_two(world: World, pair: Sequence[Ticket], chance: Random, at: datetime) -> None:
    """One thing that may happen to one of two tickets, or that makes them one or two."""
    source, survivor = pair
    if source.merged_into_id is not None and chance.random() < 0.3:
        merging.undo(source, world.alice.actor, at)
    elif source.merged_into_id is None and chance.random() < 0.3:
        with suppress(Conflict):
            merging.merge(source, survivor, world.alice.actor, at, widen=True)
    else:
        with suppress(Conflict):
            something(world, survivor if source.merged_into_id is not None else chance.choice(pair), chance, at)


def splits_or_takes_back(world: World, family: list[Ticket], chance: Random, at: datetime) -> None:
    """Some messages of a ticket get one of their own, or what was split off returns."""
    parts = [one for one in family if one.merged_into_id is None and splitting.origin(one) is not None]
    if parts and chance.random() < 0.4:
        splitting.undo(chance.choice(parts), world.alice.actor, at, widen=True)
        return
    ticket = chance.choice([one for one in family if one.merged_into_id is None])
    here = carrying.standing_in(ticket)
    if len(here) > 1:
        message_ids = tuple(chance.sample(here, chance.randrange(1, len(here))))
        asks = chance.choice(splitting.may_ask(ticket))
        queue = chance.choice([world.care_queue, world.orders_queue])
        share = splitting.Share(message_ids, queue, asks, "A part")
        family.append(splitting.split(ticket, share, world.alice.actor, at, widen=True))


def live_apart(world: World, now: datetime, numbers: Sequence[int]) -> None:
    """A ticket of which parts are split off and return, while anything happens to all of them."""
    family, at = [open_for(world, world.care_queue, at=now)], now
    receiving.receive(family[0], world.dana, Letter("email", "Hello"), at)
    for number in numbers:
        chance = Random(number)
        at += timedelta(seconds=chance.choice([0, 1, 60, 900, 3600, 30_000]))
        with suppress(Conflict, Invalid):
            if chance.random() < 0.3:
                splits_or_takes_back(world, family, chance, at)
            else:
                whole = [one for one in family if one.merged_into_id is None]
                something(world, chance.choice(whole), chance, at)
        db.session.flush()
        assert rebuilding.compare([ticket.id for ticket in family], at) == {}
    later = at + timedelta(days=60)
    sweep_all(later)
    assert rebuilding.compare([ticket.id for ticket in family], later) == {}
    each_verdict_is_told_once()
    db.session.rollback()


def live(world: World, now: datetime, numbers: Sequence[int]) -> None:
    """Two tickets, a letter and a chat; after everything that happens to them their rows repeat their events."""
    pair = open_for(world, world.care_queue, at=now), chat(world, now)
    if numbers and numbers[0] % 2:
        pair = pair[1], pair[0]
    at = now
    for number in numbers:
        chance = Random(number)
        at += timedelta(seconds=chance.choice([0, 1, 60, 900, 3600, 30_000]))
        something_with_two(world, pair, chance, at)
        assert rebuilding.compare([ticket.id for ticket in pair], at) == {}
    later = at + timedelta(days=60)
    sweep_all(later)
    assert rebuilding.compare([ticket.id for ticket in pair], later) == {}
    each_verdict_is_told_once()
    db.session.rollback()


def chat(world: World, at: datetime) -> Ticket:
    """A ticket that dana opened by writing in a chat."""
    ticket = opening.open_ticket(
        queue_id=world.care_queue.id,
        requester=world.dana,
        subject="Hello",
        channel="chat",
        by=Actor("contact", world.dana.id),
        at=at,
    )
    receiving.receive(ticket, world.dana, Letter("chat", "Hello"), at)
    return ticket


def each_verdict_is_told_once() -> None:
    verdicts = db.session.scalars(select(SlaTimer.id).where(SlaTimer.breached_at.is_not(None))).all()
    told = db.session.scalars(select(Event.data["timer_id"].as_integer()).where(Event.kind == "sla_breached")).all()
    assert sorted(told) == sorted(verdicts)


@pytest.fixture
def two_policies(world: World, policy: SlaPolicy, now: datetime) -> None:
    """What is promised depends on queue and priority, and chats are promised more."""
    orders = editing.Words(
        editing.in_force(policy.id).calendar_id,
        {"normal": {"resolution": 7200}, "high": {"next_response": 600, "first_response": 900}},
        conditions={"queue_id": [world.orders_queue.id]},
        pause_categories=["pending", "on_hold"],
        chat_targets={"normal": {"first_response": 120, "next_response": 300}, "urgent": {"resolution": 3600}},
    )
    special = editing.create("Orders", orders, world.ada.actor, now)
    editing.reorder([special.id, policy.id], world.ada.actor, now)
    db.session.commit()


numbers = st.lists(st.integers(0, 2**32 - 1), max_size=14)


@pytest.mark.timeout(400)
@USUAL
@given(numbers=numbers)
@pytest.mark.usefixtures("two_policies")
def test_rows_repeat_the_events_of_tickets_that_live_and_become_one_and_two_again(
    world: World, now: datetime, numbers: list[int]
) -> None:
    live(world, now, numbers)


@pytest.mark.timeout(400)
@USUAL
@given(numbers=numbers)
@pytest.mark.usefixtures("two_policies")
def test_rows_repeat_the_events_of_tickets_that_are_split_and_put_together(
    world: World, now: datetime, numbers: list[int]
) -> None:
    live_apart(world, now, numbers)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@LONG
@given(numbers=numbers)
@pytest.mark.usefixtures("two_policies")
def test_rows_repeat_the_events_of_a_thousand_pairs(world: World, now: datetime, numbers: list[int]) -> None:
    live(world, now, numbers)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.usefixtures("two_policies")
def test_rows_repeat_the_events_when_hours_change_in_between(world: World, now: datetime, seed: int) -> None:
    chance = Random(seed)
    calendar = db.session.scalars(select(Calendar)).one()
    ticket, at = open_for(world, world.care_queue, at=now), now
    for step in range(25):
        at += timedelta(seconds=chance.choice([0, 1, 60, 900, 3600, 30_000]))
        something(world, ticket, chance, at)
        if step == 12:
            calendars.change(calendar, "Europe/Berlin", [[[480, 720], [780, 1200]]] * 6 + [[]], world.ada.actor, at)
            sweep.reckon_changed_hours(at)
        assert rebuilding.compare([ticket.id], at) == {}
    each_verdict_is_told_once()
