"""What the page says equals what the events say: every figure reckoned again by replay (SECURITY TM-06)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from statistics import fmean, quantiles
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.reports import measuring
from ticketdesk.reports.measuring import METRICS, Clock, Figures, Scope
from ticketdesk.reports.periods import Period
from ticketdesk.sla import defaults, loading, timers
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.tickets import flags, moving, noting, opening, priority, progress, receiving, replying
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

DANA = [("dana@customer.example", "")]
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 29)
"""Four weeks; in Berlin the last day has 23 hours."""


@dataclass(frozen=True)
class Fact:
    """One clock as the events tell of it."""

    ticket: Ticket
    metric: str
    cycle: int
    started_at: datetime
    value: float | None  # None without an answer
    waits: bool
    judged: bool
    in_target: bool
    late: bool
    changed: bool


@pytest.fixture
def policy(world: World) -> SlaPolicy:
    """Normal priority: first answer in 4 hours, each further one in 4, solved in 24, Monday to Friday 9 to 17."""
    made = defaults.create(world.ada.actor, datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("UTC")))
    db.session.commit()
    return made


def live(world: World, chance: Random, count: int) -> tuple[list[Ticket], datetime]:
    """Tickets to which all sorts of things happen; returns them and the moment after the last."""
    tickets, end = [], datetime(2026, 3, 1, tzinfo=ZoneInfo("UTC"))
    for _number in range(count):
        queue = chance.choice([world.care_queue, world.orders_queue])
        at = datetime(2026, 2, 27, tzinfo=ZoneInfo("UTC")) + timedelta(minutes=chance.randrange(31 * 1440))
        ticket = open_for(world, queue, at=at)
        tickets.append(ticket)
        receiving.receive(ticket, world.dana, Letter("email", "Hello"), at)
        for _step in range(chance.randrange(9)):
            at += timedelta(seconds=chance.choice([60, 900, 3600, 30_000, 90_000]))
            _something(world, ticket, chance, at)
        end = max(end, at)
    db.session.commit()
    return tickets, end + timedelta(seconds=1)


def _something(world: World, ticket: Ticket, chance: Random, at: datetime) -> None:
    alice = world.alice
    what = chance.randrange(10)
    if what < 4:
        replying.reply(ticket, alice, "Hello", to=DANA, at=at)
    elif what < 6:
        receiving.receive(ticket, world.dana, Letter("email", "And?"), at)
    elif what == 6:
        progress.move_to(ticket, chance.choice(["open", "pending", "solved"]), alice.actor, at)
    elif what == 7:
        priority.change_priority(ticket, chance.choice(["low", "high", "urgent"]), alice.actor, at)
    elif what == 8:
        moving.move(ticket, chance.choice([world.care_queue, world.orders_queue]), alice.actor, at)
    else:
        flags.mark_spam(ticket, alice.actor, at)


def facts(tickets: list[Ticket], clock: Clock, now: datetime) -> list[Fact]:
    """Every clock that counts, from the events alone."""
    told = loading.happenings([ticket.id for ticket in tickets])
    terms = timers.terms(told.values())
    found = []
    for ticket in tickets:
        for timer in timers.reckon(told[ticket.id], terms, now):
            if timer.state == "ended":
                continue
            value: float | None = None
            if timer.stopped_at is not None and timer.ended_reason is None:
                wall = (timer.stopped_at - timer.started_at).total_seconds()
                value = wall if clock == "wall" else timer.consumed_s
            waits, late = timer.stopped_at is None, timer.breached_at is not None
            judged = not waits and not timer.late_at_change
            found.append(
                Fact(
                    ticket,
                    timer.metric,
                    timer.cycle,
                    timer.started_at,
                    value,
                    waits,
                    judged,
                    judged and not late,
                    late,
                    value is not None and timer.late_at_change,
                )
            )
    return found


def figured(found: list[Fact]) -> Figures:
    """The figures of these facts."""
    values = sorted(fact.value for fact in found if fact.value is not None)
    waiting = [fact for fact in found if fact.waits]
    tenths = quantiles(values, n=10, method="inclusive") if len(values) > 1 else values * 9
    return Figures(
        len(values),
        sum(fact.judged for fact in found),
        sum(fact.in_target for fact in found),
        len(waiting),
        sum(fact.late for fact in waiting),
        sum(fact.changed for fact in found),
        tenths[4] if values else None,
        tenths[8] if values else None,
        fmean(values) if values else None,
    )


def same(said: Figures, meant: Figures) -> None:
    """Both say the same, up to rounding."""
    for name in Figures.__slots__:
        assert getattr(said, name) == pytest.approx(getattr(meant, name)), name


def seen_by(world: World, agent: Agent, found: list[Fact]) -> list[Fact]:
    """Those of tickets that the agent may see; nobody follows anything here."""
    if agent is world.ada:
        return found
    return [fact for fact in found if fact.ticket.queue_id == world.care_queue.id]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("clock", ["business", "wall"])
def test_figures_equal_the_replay(world: World, policy: SlaPolicy, seed: int, clock: Clock) -> None:
    chance = Random(seed)
    tickets, now = live(world, chance, 16)
    for ticket in tickets:
        timers.refresh(ticket, now)
    db.session.commit()
    every = facts(tickets, clock, now)
    period = Period(FIRST, LAST, chance.choice(["UTC", "Europe/Berlin", "America/New_York"]))
    within = [fact for fact in every if period.start <= fact.started_at < period.end]
    assert any(fact.late for fact in within)
    assert any(fact.waits for fact in within)
    for agent in (world.ada, world.sam):
        mine = seen_by(world, agent, within)
        scope = Scope(agent, period, clock)
        said = measuring.summary(scope)
        for metric in METRICS:
            of_metric = [fact for fact in mine if fact.metric == metric]
            same(said[metric], figured(of_metric))
            by_day, by_queue = defaultdict(list), defaultdict(list)
            for fact in of_metric:
                by_day[fact.started_at.astimezone(ZoneInfo(period.zone)).date()].append(fact)
                by_queue[fact.ticket.queue_id].append(fact)
            for day, figures in measuring.by_day(scope, metric).items():
                same(figures, figured(by_day[day]))
            found = measuring.by(scope, metric, "queue")
            for queue_id in set(found) | set(by_queue):
                same(found.get(queue_id, measuring.NOTHING), figured(by_queue[queue_id]))
            behind = measuring.tickets(scope, metric, limit=10_000)
            assert sorted((row.number, row.cycle, row.value) for row in behind) == sorted(
                ((fact.ticket.number, fact.cycle, fact.value) for fact in of_metric), key=lambda row: row[:2]
            )
            assert sum(cell.answered for cell in measuring.by_hour(scope, metric)) == said[metric].answered
            bars = measuring.distribution(scope, metric, 3600)
            assert sum(bar.count for bar in bars) == said[metric].answered


def test_one_answer_by_hand(world: World, policy: SlaPolicy, now: datetime) -> None:
    """Asked at 10, answered at 11:30, asked again at 12, no answer: 90 minutes, and one that waits."""
    ticket = open_for(world, world.care_queue, at=now)
    replying.reply(ticket, world.alice, "Hello", to=DANA, at=now + timedelta(minutes=90))
    receiving.receive(ticket, world.dana, Letter("email", "And?"), now + timedelta(hours=2))
    db.session.commit()
    said = measuring.summary(Scope(world.sam, Period(now.date(), now.date(), "UTC")))
    assert said["first_response"] == Figures(1, 1, 1, 0, 0, 0, 5400, 5400, 5400)
    assert said["next_response"] == Figures(0, 0, 0, 1, 0, 0, None, None, None)


def test_notes_and_automatic_messages_are_no_answers(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    noting.note(ticket, world.alice, "Hm", at=now + timedelta(minutes=5))
    receiving.receive(ticket, world.dana, Letter("email", "Away", inert="vacation"), now + timedelta(minutes=6))
    db.session.commit()
    said = measuring.summary(Scope(world.sam, Period(now.date(), now.date(), "UTC")))["first_response"]
    assert (said.answered, said.waiting) == (0, 1)


def test_solving_without_a_word_is_no_answer(world: World, policy: SlaPolicy, now: datetime) -> None:
    """What was late before stays missed: solving it does not wash the share clean."""
    for hours in (1, 30):
        ticket = open_for(world, world.care_queue, at=now)
        progress.move_to(ticket, "solved", world.alice.actor, now + timedelta(hours=hours))
    db.session.commit()
    said = measuring.summary(Scope(world.sam, Period(now.date(), now.date(), "UTC")))
    first = said["first_response"]
    assert (first.answered, first.judged, first.in_target, first.waiting) == (0, 1, 0, 0)
    assert said["resolution"].answered == 2


def test_a_list_goes_on_where_it_ended(world: World, policy: SlaPolicy, now: datetime) -> None:
    for _number in range(7):
        open_for(world, world.care_queue, at=now)
    db.session.commit()
    scope = Scope(world.sam, Period(now.date(), now.date(), "UTC"))
    pages, before = [], None
    while found := measuring.tickets(scope, "first_response", before=before, limit=3):
        pages.append([row.number for row in found])
        before = (found[-1].started_at, found[-1].timer_id)
    numbers = [number for page in pages for number in page]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert numbers == sorted(set(numbers), reverse=True)


def queue_of(world: World, name: str) -> Queue:
    """One of the two."""
    found = db.session.scalar(select(Queue).where(Queue.name == name))
    assert found is not None
    return found


def test_a_queue_one_does_not_see_shows_nothing(world: World, policy: SlaPolicy, now: datetime) -> None:
    opening.open_ticket(
        queue_id=world.orders_queue.id,
        requester=world.dana,
        subject="Where is it?",
        channel="email",
        by=world.alice.actor,
        at=now,
        mailbox_id=world.mailbox.id,
    )
    db.session.commit()
    scope = Scope(world.sam, Period(now.date(), now.date(), "UTC"), queue_id=queue_of(world, "Orders").id)
    assert measuring.summary(scope) == dict.fromkeys(METRICS, measuring.NOTHING)
    assert measuring.tickets(scope, "resolution") == []
