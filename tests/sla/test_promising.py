"""The record of promises: made once, judged at every turn of their clock, and always what the events say."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from tests.sla.promises import answer, asked, from_events, record, tells_ahead, told
from tests.sla.test_stored_random import something, something_with_two
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.sla import history, passing, promising, sweep, timers
from ticketdesk.sla.history import AnswerTime
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.tickets import flags, merging, noting, priority, progress, receiving, replying, timeline
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRST = ("first_response", 1)


def test_a_promise_is_made_once_for_a_clock(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    made = promising.make(ticket, "form", now)
    assert made is not None
    again = promising.make(ticket, "acknowledgement", now + MINUTE)
    assert again is made
    assert (made.said_in, made.promised_for, made.state) == ("form", now + 4 * HOUR, "made")
    assert told(ticket) == ["made"]


def test_where_nothing_is_promised_there_is_no_promise(world: World, now: datetime) -> None:
    ticket = asked(world, now)
    assert promising.make(ticket, "form", now) is None
    assert told(ticket) == []


def test_what_is_over_is_not_promised(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    assert promising.make(ticket, "form", now + 5 * HOUR) is None


def test_an_answer_in_time_keeps_it(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    promising.make(ticket, "form", now)
    noting.note(ticket, world.alice, "Hm.", at=now + MINUTE)
    replying.tell_automatically(ticket, "It has come.", ((world.dana.value, ""),), "acknowledgement", now + MINUTE)
    assert told(ticket) == ["made"], "notes and machines keep nothing"
    answer(world, ticket, now + HOUR)
    assert (record(ticket)[FIRST].state, record(ticket)[FIRST].decided_at) == ("kept", now + HOUR)


def test_a_time_that_passes_breaks_it_whoever_notices(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    promising.make(ticket, "form", now)
    sweep.breach_due(now + 6 * HOUR)
    found = record(ticket)[FIRST]
    assert (found.state, found.decided_at) == ("broken", now + 4 * HOUR)
    answer(world, ticket, now + 7 * HOUR)
    passing.judge_passed(now + 8 * HOUR)
    assert told(ticket) == ["made", "broken"]


def test_a_late_answer_breaks_it_without_any_sweep(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    promising.make(ticket, "form", now)
    answer(world, ticket, now + 5 * HOUR)
    assert told(ticket) == ["made", "broken"]


def test_an_answer_that_nobody_got_opens_it_again(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    promising.make(ticket, "form", now)
    reply = replying.reply(ticket, world.alice, "Here.", to=[(world.dana.value, "")], at=now + HOUR)
    failed = {"message_id": reply.id, "outbox_id": 1, "permanent": True, "bounced": True}
    timeline.record(ticket, "reply_failed", SYSTEM, now + 2 * HOUR, failed)
    assert told(ticket) == ["made", "kept", "reopened"]
    answer(world, ticket, now + 3 * HOUR)
    assert told(ticket) == ["made", "kept", "reopened", "kept"]
    assert record(ticket) == from_events(ticket)


@pytest.mark.parametrize(("to", "hours"), [("high", 2), ("low", 6)])
def test_another_priority_moves_it(world: World, policy: SlaPolicy, now: datetime, to: str, hours: int) -> None:
    ticket = asked(world, now)
    promising.make(ticket, "form", now)
    priority.change_priority(ticket, to, world.alice.actor, now + MINUTE)
    due = ticket.next_due_at
    found = record(ticket)[FIRST]
    assert due is not None
    assert due != now + 4 * HOUR
    assert (found.state, found.promised_for, found.first_for) == ("moved", due, now + 4 * HOUR)
    event = db.session.scalars(select(Event).where(Event.kind == "promise_moved")).one()
    assert (event.data["why"], event.data["told"]) == ("priority_changed", False)


def test_other_hours_move_it_though_no_event_says_so(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    promising.make(ticket, "form", now)
    calendar = db.session.scalars(select(Calendar)).one()
    calendars.change(calendar, "UTC", [[[540, 660]]] * 5 + [[], []], world.ada.actor, now + MINUTE)
    sweep.reckon_changed_hours(now + MINUTE)
    found = record(ticket)[FIRST]
    assert (found.state, found.promised_for) == ("moved", datetime(2026, 3, 6, 10, 0, tzinfo=UTC))
    assert db.session.scalars(select(Event.data["why"].astext).where(Event.kind == "promise_moved")).all() == [
        "hours_changed"
    ]


def test_spam_and_merging_end_it_and_taking_back_gives_it_back(world: World, policy: SlaPolicy, now: datetime) -> None:
    source, survivor = asked(world, now), asked(world, now + MINUTE)
    promising.make(source, "form", now)
    promising.make(survivor, "form", now + MINUTE)
    flags.mark_spam(source, world.alice.actor, now + 2 * MINUTE)
    flags.unmark_spam(source, world.alice.actor, now + 3 * MINUTE)
    assert told(source) == ["made", "ended", "reopened", "moved"]
    merging.merge(source, survivor, world.alice.actor, now + HOUR, widen=True)
    assert record(source)[FIRST].ended_reason == "merged"
    assert record(survivor)[FIRST].promised_for == now + 4 * HOUR, "the oldest question of both counts"
    sweep.breach_due(now + 6 * HOUR)
    passing.judge_passed(now + 6 * HOUR)
    assert record(source)[FIRST].state == "ended", "what was merged is broken nowhere"
    assert told(survivor)[-1] == "broken"
    for ticket in (source, survivor):
        assert record(ticket) == from_events(ticket)


def test_solved_without_a_word_it_is_neither_kept_nor_broken(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    promising.make(ticket, "form", now)
    progress.solve(ticket, world.alice.actor, now + HOUR)
    assert (record(ticket)[FIRST].state, record(ticket)[FIRST].ended_reason) == ("ended", "solved")


def test_each_further_question_may_have_a_promise_of_its_own(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = asked(world, now)
    promising.make(ticket, "form", now)
    answer(world, ticket, now + MINUTE)
    receiving.receive(ticket, world.dana, Letter("email", "And now?"), now + HOUR)
    promising.make(ticket, "portal", now + HOUR)
    assert {key: found.state for key, found in record(ticket).items()} == {
        FIRST: "kept",
        ("next_response", 1): "made",
    }


def test_one_that_cannot_be_judged_rests_and_keeps_no_other(
    world: World, policy: SlaPolicy, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = asked(world, now), asked(world, now)
    for ticket in (bad, good):
        promising.make(ticket, "form", now)
    whole = timers.refresh

    def refresh(ticket: Ticket, at: datetime) -> None:
        if ticket.id == bad.id:
            raise RuntimeError("broken")
        whole(ticket, at)

    monkeypatch.setattr(timers, "refresh", refresh)
    assert passing.judge_passed(now + 5 * HOUR) == 2
    assert (record(bad)[FIRST].state, record(good)[FIRST].state) == ("made", "broken")
    assert passing.judge_passed(now + 5 * HOUR) == 0
    monkeypatch.undo()
    assert passing.judge_passed(now + 7 * HOUR) == 1
    assert record(bad)[FIRST].state == "broken"


def check(tickets: list[Ticket], at: datetime) -> None:
    """The record is what the events say, before and after somebody looks, and looking again changes nothing."""
    for ticket in tickets:
        assert record(ticket) == from_events(ticket)
        timers.refresh(ticket, at)
        assert record(ticket) == from_events(ticket)
        before = told(ticket)
        timers.refresh(ticket, at)
        assert told(ticket) == before
        for kind in ("made", "broken"):
            assert sum(kind == one for one in told(ticket)) <= len(record(ticket))


def promise_now(tickets: list[Ticket], chance: Random, at: datetime) -> None:
    ticket = chance.choice(tickets)
    if ticket.merged_into_id is None:
        promising.make(ticket, chance.choice(["form", "chat", "portal", "acknowledgement"]), at)


@pytest.mark.parametrize("seed", range(8))
def test_the_record_repeats_the_events_of_any_history(
    world: World, policy: SlaPolicy, now: datetime, seed: int
) -> None:
    chance = Random(seed)
    tells_ahead(policy)
    pair = (open_for(world, world.care_queue, at=now), open_for(world, world.care_queue, at=now))
    calendar = db.session.scalars(select(Calendar)).one()
    at = now
    for step in range(35):
        at += timedelta(seconds=chance.choice([0, 1, 60, 900, 3600, 30_000]))
        promise_now(list(pair), chance, at)
        acts: list[Callable[[], object]] = [
            lambda: something_with_two(world, pair, chance, at),  # noqa: B023  # done at once
            lambda: something(world, chance.choice(pair), chance, at),  # noqa: B023
            lambda: passing.judge_passed(at),  # noqa: B023
        ]
        with suppress(Conflict):
            chance.choice(acts)()
        if step == 17:
            calendars.change(calendar, "Europe/Berlin", [[[480, 720], [780, 1200]]] * 6 + [[]], world.ada.actor, at)
            sweep.reckon_changed_hours(at)
        check(list(pair), at)
    assert db.session.scalars(select(SlaPromise)).all()


@pytest.mark.parametrize("count", [19, 20])
def test_what_answers_took_is_reckoned_from_the_last_weeks(
    world: World, policy: SlaPolicy, now: datetime, count: int
) -> None:
    for number in range(count):
        ticket = asked(world, now)
        answer(world, ticket, now + MINUTE * (number + 1))
    for old in range(3):
        ticket = asked(world, now - timedelta(days=40 + old))
        answer(world, ticket, now - timedelta(days=40 + old) + 3 * HOUR)
    spam = asked(world, now)
    answer(world, spam, now + 3 * HOUR)
    flags.mark_spam(spam, world.alice.actor, now + 3 * HOUR)
    history.reckon(now + HOUR)
    found = history.of(world.care_queue.id, "email", "first_response", now + HOUR)
    assert found is not None
    assert (found.count, found.p50_s, found.p80_s) == (count, 600, 960)
    assert found.is_enough == (count == 20)
    assert history.of(world.orders_queue.id, "email", "first_response", now + HOUR) is None
    assert history.of(world.care_queue.id, "email", "first_response", now + timedelta(days=3)) is None, "stale"
    history.reckon(now + timedelta(days=40))
    assert db.session.scalars(select(AnswerTime)).all() == [], "what no longer happens is forgotten"
