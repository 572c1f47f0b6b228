"""Putting tickets away: out of the lists until their time, with clocks that run on, and back once."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.accounts import availability
from ticketdesk.core import counters
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.notifications import rules
from ticketdesk.notifications.notification import Notification
from ticketdesk.routing import dispatch, next_ticket, projection, waiting
from ticketdesk.sla import defaults, explain, loading, timers
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import (
    assignment,
    flags,
    merging,
    moving,
    noting,
    progress,
    receiving,
    replying,
    snoozing,
    waking,
)
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR = timedelta(hours=1)
DANA = [("dana@customer.example", "Dana")]


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    """dana has written, and it is alice's."""
    ticket = open_for(world, world.care_queue, at=now)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off"), now)
    assignment.assign(ticket, world.alice, world.alice.actor, now)
    db.session.commit()
    return ticket


def away(ticket: Ticket, world: World, now: datetime, hours: int = 3) -> Ticket:
    snoozing.snooze(ticket, now + hours * HOUR, world.alice.actor, now, despite_due=True)
    db.session.commit()
    return ticket


def woken(ticket: Ticket) -> list[Event]:
    query = select(Event).where(Event.ticket_id == ticket.id, Event.kind == "woken").order_by(Event.seq)
    return list(db.session.scalars(query))


def counts(ticket: Ticket, world: World) -> dict[str, int]:
    db.session.flush()
    queue = f"queue:{ticket.queue_id}"
    return counters.read([queue, f"{queue}:snoozed", f"{queue}:unassigned", f"agent:{world.alice.id}"])


def test_it_leaves_the_counts_and_comes_back_at_its_time(ticket: Ticket, world: World, now: datetime) -> None:
    queue, own = f"queue:{ticket.queue_id}", f"agent:{world.alice.id}"
    before = {queue: 1, f"{queue}:snoozed": 0, f"{queue}:unassigned": 0, own: 1}
    assert counts(ticket, world) == before
    away(ticket, world, now)
    assert counts(ticket, world) == {queue: 0, f"{queue}:snoozed": 1, f"{queue}:unassigned": 0, own: 0}
    assert snoozing.wake_due(now + 3 * HOUR - timedelta(seconds=1)) == 0
    assert snoozing.wake_due(now + 3 * HOUR) == 1
    assert snoozing.wake_due(now + 3 * HOUR) == 0
    assert counts(ticket, world) == before
    (event,) = woken(ticket)
    assert (event.data["why"], event.actor) == ("time", SYSTEM)
    assert (ticket.snoozed_until, ticket.woken_at) == (None, now + 3 * HOUR)


@pytest.mark.parametrize("do", ["reply", "note", "status", "snooze"])
def test_the_mark_goes_when_an_agent_does_something(ticket: Ticket, world: World, now: datetime, do: str) -> None:
    away(ticket, world, now)
    later = now + 4 * HOUR
    snoozing.wake_due(later)
    receiving.receive(ticket, world.dana, Letter("email", "Hello?"), later)
    assert ticket.woken_at is not None
    if do == "reply":
        replying.reply(ticket, world.bob, "It is on its way.", to=DANA, at=later)
    elif do == "note":
        noting.note(ticket, world.bob, "Ask the workshop.", at=later)
    elif do == "status":
        progress.move_to(ticket, "pending", world.bob.actor, later)
    else:
        away(ticket, world, later)
    assert ticket.woken_at is None


def test_a_customers_message_brings_it_back_at_once(ticket: Ticket, world: World, now: datetime) -> None:
    progress.move_to(away(ticket, world, now), "pending", world.alice.actor, now)
    receiving.receive(ticket, world.dana, Letter("email", "I have found it"), now + HOUR)
    (event,) = woken(ticket)
    assert (event.data["why"], event.actor.kind, event.at) == ("customer_wrote", "contact", now + HOUR)
    assert (ticket.snoozed_until, ticket.category, ticket.woken_at) == (None, "open", now + HOUR)
    assert snoozing.wake_due(now + 4 * HOUR) == 0


def test_machines_and_strangers_do_not_bring_it_back(ticket: Ticket, world: World, now: datetime) -> None:
    away(ticket, world, now)
    receiving.receive(ticket, world.dana, Letter("email", "I am away", inert="auto-reply"), now)
    held = receiving.receive(ticket, world.eve, Letter("email", "Me too"), now)
    assert woken(ticket) == []
    receiving.accept(held.id, world.alice.actor, now)
    assert [event.data["why"] for event in woken(ticket)] == ["customer_wrote"]


def test_what_else_brings_it_back(ticket: Ticket, world: World, now: datetime) -> None:
    def why(change: object) -> list[str]:
        return [event.data["why"] for event in woken(ticket)][-1:]

    away(ticket, world, now)
    assert why(noting.note(ticket, world.alice, "Waits for the workshop.", at=now)) == []
    assert why(replying.reply(ticket, world.alice, "We come back to you.", to=DANA, at=now)) == []
    assert why(assignment.assign(ticket, world.bob, world.bob.actor, now)) == []  # who takes it wants it where it is
    assert why(assignment.assign(ticket, world.alice, world.bob.actor, now)) == ["assigned"]
    away(ticket, world, now)
    assert why(moving.move(ticket, world.orders_queue, world.ada.actor, now)) == ["moved"]
    away(ticket, world, now)
    assert why(snoozing.wake(ticket, "by_hand", world.alice.actor, now)) == ["by_hand"]
    assert ticket.woken_at is None
    away(ticket, world, now)
    other = open_for(world, world.orders_queue, "The same", at=now)
    assert why(merging.merge(other, ticket, world.ada.actor, now, widen=True)) == ["merged"]
    away(ticket, world, now)
    assert why(progress.solve(ticket, world.alice.actor, now)) == ["done"]
    assert (ticket.snoozed_until, ticket.woken_at) == (None, None)


@pytest.mark.parametrize("put", [flags.mark_spam, flags.trash])
def test_put_away_for_good_it_is_not_snoozed(ticket: Ticket, world: World, now: datetime, put: object) -> None:
    assert callable(put)
    put(away(ticket, world, now), world.alice.actor, now)
    assert ticket.snoozed_until is None


def test_what_is_refused(ticket: Ticket, world: World, now: datetime) -> None:
    for until in (now, now - HOUR, now + timedelta(days=400)):
        with pytest.raises(Invalid):
            snoozing.snooze(ticket, until, world.alice.actor, now)
    progress.solve(ticket, world.alice.actor, now)
    with pytest.raises(Conflict, match="is done"):
        snoozing.snooze(ticket, now + HOUR, world.alice.actor, now)


def test_a_chat_that_goes_on_is_not_put_away(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    ticket.channel = "chat"
    with pytest.raises(Conflict, match="chat"):
        snoozing.snooze(ticket, now + HOUR, world.alice.actor, now)


def test_a_due_time_before_it_must_be_said(world: World, now: datetime) -> None:
    defaults.create(SYSTEM, now)
    ticket = open_for(world, world.care_queue, at=now)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off"), now)
    db.session.commit()
    due = ticket.next_due_at
    assert due is not None
    with pytest.raises(snoozing.DueBefore) as refusal:
        snoozing.snooze(ticket, due + HOUR, world.alice.actor, now)
    assert refusal.value.due_at == due and ticket.snoozed_until is None
    snoozing.snooze(ticket, due, world.alice.actor, now)  # back when it is due is soon enough to be said by the list
    snoozing.snooze(ticket, due + HOUR, world.alice.actor, now, despite_due=True)
    assert ticket.snoozed_until == due + HOUR


def test_clocks_run_on_as_if_nothing_had_happened(world: World, now: datetime) -> None:
    defaults.create(SYSTEM, now)
    ticket = open_for(world, world.care_queue, at=now)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off"), now)
    db.session.flush()

    def stored() -> list[tuple[object, ...]]:
        rows = db.session.scalars(select(SlaTimer).where(SlaTimer.ticket_id == ticket.id).order_by(SlaTimer.id))
        return [(row.metric, row.due_at, row.state, row.consumed_s) for row in rows]

    before = stored()
    assert before
    away(ticket, world, now)
    snoozing.wake_due(now + 3 * HOUR)
    assert stored() == before
    assert {"snoozed", "woken"}.isdisjoint(explain.KINDS | timers.KINDS)
    told = loading.happenings([ticket.id])[ticket.id]
    without = [one for one in told if one.kind not in ("snoozed", "woken")]
    at, terms = now + 5 * HOUR, timers.terms([told])
    assert timers.reckon(told, terms, at) == timers.reckon(without, terms, at)


def test_it_is_not_handed_out_until_it_is_back(world: World, now: datetime) -> None:
    world.care_queue.strategy = "round_robin"
    ticket = open_for(world, world.care_queue, at=now)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off"), now)
    away(ticket, world, now)
    assert ticket.unassigned_since is None and not projection.is_waiting(ticket)
    assert db.session.scalars(select(Ticket.id).where(waiting.waits())).all() == []
    back = now + 3 * HOUR
    availability.state(world.bob, "email", "online", back)
    assert dispatch.dispatch_waiting(back) == 0
    assert next_ticket.next_for(world.bob, back).ticket is None
    snoozing.wake_due(back)
    db.session.commit()
    assert ticket.unassigned_since == back
    dispatch.on_event(woken(ticket)[0], back)
    assert ticket.assignee_id == world.bob.id


def test_it_weighs_little_meanwhile(ticket: Ticket, world: World, now: datetime) -> None:
    assert projection.weight(ticket) == 100
    assert projection.weight(away(ticket, world, now)) == projection.ASIDE


def test_who_put_it_away_and_whose_it_is_are_told(ticket: Ticket, world: World, now: datetime) -> None:
    snoozing.snooze(ticket, now + HOUR, world.bob.actor, now)
    snoozing.wake_due(now + HOUR)
    db.session.flush()
    rules.notify(woken(ticket)[0], now)
    told = {row.agent_id: row.reason for row in db.session.scalars(select(Notification))}
    assert told == {world.alice.id: "assignee", world.bob.id: "snoozer"}
    away(ticket, world, now)
    receiving.receive(ticket, world.dana, Letter("email", "Hello?"), now)
    db.session.execute(Notification.__table__.delete())
    rules.notify(woken(ticket)[-1], now)
    assert db.session.scalars(select(Notification)).all() == []  # of the message they are told as such


def test_only_so_many_wake_at_once_and_the_oldest_first(world: World, now: datetime) -> None:
    tickets = [away(open_for(world, world.care_queue, at=now), world, now, hours) for hours in (3, 1, 2)]
    assert snoozing.wake_due(now + 5 * HOUR, limit=2) == 2
    assert [ticket.snoozed_until is None for ticket in tickets] == [False, True, True]


def test_a_whole_morning_wakes_in_batches(world: World, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snoozing, "BATCH", 2)
    tickets = [away(open_for(world, world.care_queue, at=now), world, now) for _ in range(5)]
    assert waking.wake_due(now + 3 * HOUR) == 5
    assert all(ticket.snoozed_until is None for ticket in tickets)


def test_who_gives_a_ticket_back_gives_it_to_those_who_look_now(ticket: Ticket, world: World, now: datetime) -> None:
    away(ticket, world, now)
    assignment.assign(ticket, None, world.bob.actor, now + HOUR)
    assert [event.data["why"] for event in woken(ticket)] == ["assigned"]
    assert ticket.snoozed_until is None
