"""Simulations as the background works them out: what was stored is what was, and nothing else changes."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.channels.test_kills import dies
from tests.people import LONG_AGO, World, open_for
from tests.sla.test_stored_random import something
from ticketdesk.accounts.agent import Agent
from ticketdesk.calendars import editing as calendars
from ticketdesk.core import jobs
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import Model, db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.sla import defaults, drafting, editing, loading, simulating, sweep, timers
from ticketdesk.sla.drafting import Draft
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.simulate import retold
from ticketdesk.sla.simulation import SlaFlip, SlaSimulation
from ticketdesk.sla.tallying import Tallies
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import receiving, replying, visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

DANA = [("dana@customer.example", "")]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def draft_of(policy: SlaPolicy, **words: Any) -> Draft:
    """The policy as it is, with other words."""
    return Draft(policy_id=policy.id, words={**drafting.words_of(editing.in_force(policy.id)), **words})


def within(hours: float) -> dict[str, dict[str, int]]:
    """Every first answer within so many hours."""
    return {name: {"first_response": int(hours * 3600)} for name in ("low", "normal", "high", "urgent")}


def asked(by: Agent, draft: Draft, at: datetime) -> SlaSimulation:
    made = simulating.ask(by, draft, at - 30 * DAY, at + DAY, at)
    db.session.commit()
    return made


def worked_out(simulation: SlaSimulation, now: datetime) -> SlaSimulation:
    """Let the background run until it is finished."""
    for _ in range(200):
        for row_id in db.session.scalars(select(OutboxRow.id).where(OutboxRow.task == simulating.TASK)).all():
            jobs.run(row_id, now)
        db.session.refresh(simulation)
        if not simulation.is_going:
            return simulation
        now += timedelta(seconds=5)
    raise AssertionError("it never ends")


def ticket_answered(world: World, queue: Queue, at: datetime, after: timedelta) -> Ticket:
    ticket = open_for(world, queue, at=at)
    replying.reply(ticket, world.alice, "Hello", to=DANA, at=at + after)
    db.session.commit()
    return ticket


@pytest.fixture
def three(world: World, policy: SlaPolicy, now: datetime) -> list[Ticket]:
    """Asked on Wednesday at 10 and answered after one, three and five hours; four are promised."""
    at = now - DAY
    return [ticket_answered(world, world.care_queue, at, hours * HOUR) for hours in (1, 3, 5)]


def verdicts(simulation: SlaSimulation, metric: str = "first_response") -> dict[str, int]:
    return Tallies(simulation.tallies).counts(metric, "all").get("all", {})


def test_a_small_world(world: World, policy: SlaPolicy, three: list[Ticket], now: datetime) -> None:
    """Two hours instead of four: the second becomes late, the third is late either way."""
    simulation = worked_out(asked(world.sam, draft_of(policy, targets=within(2)), now), now)
    assert (simulation.state, simulation.total, simulation.looked_at) == ("done", 3, 3)
    assert verdicts(simulation) == {
        "was_met": 2,
        "was_missed": 1,
        "would_met": 1,
        "would_missed": 2,
        "judged": 3,
        "lost": 1,
    }
    [flip] = db.session.scalars(select(SlaFlip))
    at = three[1].opened_at
    assert (flip.ticket_id, flip.metric, flip.direction) == (three[1].id, "first_response", "lost")
    assert (flip.was_due_at, flip.would_due_at, flip.stopped_at) == (at + 4 * HOUR, at + 2 * HOUR, at + 3 * HOUR)
    assert Tallies(simulation.tallies).needs("first_response") == {
        "normal": {"never": 0, "steps": {"3600": 1, "10800": 1, "18000": 1}}
    }
    assert verdicts(simulation, "resolution") == {"was_open": 3, "would_none": 3}


def test_other_hours_and_whom_a_policy_is_for(
    world: World, policy: SlaPolicy, three: list[Ticket], now: datetime
) -> None:
    calendar_id = editing.in_force(policy.id).calendar_id
    hours = drafting.hours_of(calendars.current(calendar_id))
    short = Draft(calendar_id=calendar_id, hours={**hours, "week": [[[900, 1020]]] * 7})
    later = worked_out(asked(world.sam, short, now), now)
    assert verdicts(later) == {"was_met": 2, "was_missed": 1, "would_met": 3, "judged": 3, "won": 1}
    other = draft_of(policy, conditions={"queue_id": [world.orders_queue.id]})
    assert verdicts(worked_out(asked(world.sam, other, now), now)) == {"was_met": 2, "was_missed": 1, "would_none": 3}


def test_clocks_that_began_on_other_days_are_left_out(
    world: World, policy: SlaPolicy, three: list[Ticket], now: datetime
) -> None:
    receiving.receive(three[0], world.dana, Letter("email", "And now?"), now - HOUR)
    made = simulating.ask(world.sam, draft_of(policy), now - 2 * HOUR, now, now)
    db.session.commit()
    assert (worked_out(made, now).looked_at, verdicts(made)) == (1, {})
    assert verdicts(made, "next_response") == {"was_open": 1, "would_open": 1}


def test_what_the_asker_may_not_see_is_not_counted(
    world: World, policy: SlaPolicy, three: list[Ticket], now: datetime
) -> None:
    ticket_answered(world, world.orders_queue, now - DAY, 3 * HOUR)
    drafted = draft_of(policy, targets=within(2))
    of_sam, of_ada = (worked_out(asked(who, drafted, now), now) for who in (world.sam, world.ada))
    assert (of_sam.looked_at, of_ada.looked_at) == (3, 4)
    assert (verdicts(of_sam)["lost"], verdicts(of_ada)["lost"]) == (1, 2)
    seen = select(Ticket.id).where(visibility.sees(world.sam))
    flips = select(SlaFlip.ticket_id).where(SlaFlip.simulation_id == of_sam.id)
    assert set(db.session.scalars(flips)) <= set(db.session.scalars(seen))


@pytest.mark.parametrize("seed", range(4))
def test_what_was_is_what_is_stored_and_the_present_as_a_draft_flips_nothing(
    world: World, policy: SlaPolicy, now: datetime, seed: int
) -> None:
    chance = Random(seed)
    orders = editing.Words(
        editing.in_force(policy.id).calendar_id,
        {"normal": {"resolution": 7200}, "high": {"next_response": 600, "first_response": 900}},
        conditions={"queue_id": [world.orders_queue.id]},
        pause_categories=["pending", "on_hold"],
    )
    special = editing.create("Orders", orders, world.ada.actor, now)
    editing.reorder([special.id, policy.id], world.ada.actor, now)
    at = now
    tickets = [open_for(world, world.care_queue, at=at) for _ in range(3)]
    for _step in range(45):
        at += timedelta(seconds=chance.choice([0, 1, 60, 900, 3600]))
        something(world, chance.choice(tickets), chance, at)
    at += timedelta(seconds=3)
    sweep.breach_due(at)
    db.session.commit()
    told = loading.happenings([ticket.id for ticket in tickets])
    for ticket in tickets:
        facts: dict[str, Any] = {"brand_id": ticket.brand_id, "channel": ticket.channel}
        chosen = [(one.at, one.kind, one.data) for one in retold(told[ticket.id], loading.policies_in_force(), facts)]
        assert chosen == [(one.at, one.kind, one.data) for one in told[ticket.id]]
    words = {"met": "met", "breached": "missed", "ended": "ended", "running": "open", "paused": "open"}
    stored = Counter(
        (row.metric, "changed" if row.state == "breached" and row.late_at_change else words[row.state])
        for row in db.session.scalars(_rows())
    )
    for drafted in (draft_of(special), draft_of(policy)):
        simulation = worked_out(asked(world.ada, drafted, at), at)
        for side in ("was", "would"):
            counted = Counter(
                {
                    (metric, name.removeprefix(f"{side}_")): many
                    for metric in ("first_response", "next_response", "resolution")
                    for name, many in verdicts(simulation, metric).items()
                    if name.startswith(f"{side}_")
                }
            )
            assert counted == stored
        assert db.session.scalars(select(SlaFlip)).all() == []


def _rows() -> Any:
    return select(SlaTimer)


def content(table: str) -> str:
    """All rows of a table as one word."""
    return str(
        db.session.execute(
            text(f"SELECT md5(coalesce(string_agg(one::text, '|' ORDER BY one::text), '')) FROM {table} one")
        ).scalar_one()
    )


def test_three_at_once_are_enough(world: World, policy: SlaPolicy, now: datetime) -> None:
    for _ in range(3):
        asked(world.sam, draft_of(policy), now)
    with pytest.raises(Invalid):
        asked(world.sam, draft_of(policy), now)
    asked(world.ada, draft_of(policy), now)


def test_a_simulation_changes_nothing_else(world: World, policy: SlaPolicy, three: list[Ticket], now: datetime) -> None:
    own = {"sla_simulations", "sla_flips", "outbox"}
    others = sorted(set(Model.metadata.tables) - own)
    before = {table: content(table) for table in others}
    waiting = content("outbox")
    simulation = worked_out(asked(world.sam, draft_of(policy, targets=within(2)), now), now)
    assert verdicts(simulation)["lost"] == 1
    assert {table: content(table) for table in others} == before
    db.session.execute(text("DELETE FROM outbox WHERE task = 'sla.simulate'"))
    assert content("outbox") == waiting


def test_it_goes_on_in_short_turns_and_any_number_at_once(
    world: World, policy: SlaPolicy, three: list[Ticket], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulating, "TURN", 0)
    monkeypatch.setattr(simulating.advance, "__defaults__", (1,))
    made = [asked(world.sam, draft_of(policy, targets=within(hours)), now) for hours in (2, 4, 6)]
    row_ids = db.session.scalars(select(OutboxRow.id).where(OutboxRow.task == simulating.TASK)).all()
    assert [jobs.run(row_id, now) for row_id in row_ids] == ["queued"] * 3
    assert [(one.state, one.looked_at, one.total) for one in made] == [("running", 1, 3)] * 3
    assert [worked_out(one, now + HOUR).looked_at for one in made] == [3, 3, 3]
    assert [(verdicts(one).get("lost", 0), verdicts(one).get("won", 0)) for one in made] == [(1, 0), (0, 0), (0, 1)]
    rows = db.session.scalars(select(OutboxRow).where(OutboxRow.task == simulating.TASK)).all()
    assert [(row.state, row.deaths) for row in rows] == [("done", 0)] * 3


@pytest.mark.parametrize("deaths", [1, 4])
def test_a_killed_worker_loses_nothing_and_counts_nothing_twice(
    committed_app: Flask, committed_world: World, now: datetime, deaths: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = committed_world
    policy = defaults.create(SYSTEM, LONG_AGO)
    for hours in (1, 3, 5, 3, 1):
        ticket_answered(world, world.care_queue, now - DAY, hours * HOUR)
    monkeypatch.setattr(simulating, "TURN", 0)
    monkeypatch.setattr(simulating.advance, "__defaults__", (1,))
    drafted = draft_of(policy, targets=within(2))
    whole = worked_out(asked(world.sam, drafted, now), now)
    killed = asked(world.sam, drafted, now)
    row_id = db.session.scalars(select(OutboxRow.id).order_by(OutboxRow.id.desc()).limit(1)).one()
    at = now
    for turn in range(deaths):
        assert dies(committed_app, "simulation batch", lambda at=at: jobs.run(row_id, at))  # type: ignore[misc]
        db.session.refresh(killed)
        assert killed.looked_at == turn  # what was not committed is not there
        at += timedelta(minutes=2)
        jobs.relay(at)
        jobs.run(row_id, at)
        at += timedelta(seconds=5)
    assert worked_out(killed, at).state == "done"
    same = ("looked_at", "events", "tallies", "total", "after_id")
    assert [getattr(killed, name) for name in same] == [getattr(whole, name) for name in same]
    flips = [
        sorted(db.session.scalars(select(SlaFlip.ticket_id).where(SlaFlip.simulation_id == one.id)))
        for one in (whole, killed)
    ]
    assert flips[0] == flips[1]
    assert len(flips[0]) == 2


def test_what_happens_later_is_not_read(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = open_for(world, world.care_queue, at=now - HOUR)
    simulation = asked(world.sam, draft_of(policy), now)
    replying.reply(ticket, world.alice, "Hello", to=DANA, at=now + HOUR)
    db.session.commit()
    assert verdicts(worked_out(simulation, now + 2 * HOUR)) == {"was_open": 1, "would_open": 1}


def test_cancelling_stops_it(world: World, policy: SlaPolicy, three: list[Ticket], now: datetime) -> None:
    simulation = asked(world.sam, draft_of(policy), now)
    simulating.cancel(simulation, now)
    db.session.commit()
    assert worked_out(simulation, now).state == "cancelled"
    assert simulation.looked_at == 0
    simulating.cancel(simulation, now + HOUR)
    assert simulation.finished_at == now


def test_what_is_forgotten_while_it_runs_stays_gone(
    world: World, policy: SlaPolicy, three: list[Ticket], now: datetime
) -> None:
    simulating.forget(asked(world.sam, draft_of(policy, targets=within(2)), now))
    db.session.commit()
    [row_id] = db.session.scalars(select(OutboxRow.id).where(OutboxRow.task == simulating.TASK))
    assert jobs.run(row_id, now) == "done"
    assert db.session.scalars(select(SlaSimulation)).all() == []


def test_the_old_are_forgotten_after_thirty_days(world: World, policy: SlaPolicy, now: datetime) -> None:
    asked(world.sam, draft_of(policy), now)
    young = asked(world.sam, draft_of(policy), now + DAY)
    assert simulating.forget_old(now + 30 * DAY) == 0
    assert simulating.forget_old(now + 30 * DAY + HOUR) == 1
    assert db.session.scalars(select(SlaSimulation.id)).all() == [young.id]


def test_a_worker_that_always_fails_is_said_so(
    world: World, policy: SlaPolicy, three: list[Ticket], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulation = asked(world.sam, draft_of(policy), now)
    monkeypatch.setattr(timers, "terms", lambda _told: 1 // 0)
    [row_id] = db.session.scalars(select(OutboxRow.id).where(OutboxRow.task == simulating.TASK))
    for day in range(12):
        jobs.run(row_id, now + (3650 + day) * DAY)  # each attempt rests from the present moment on
    db.session.refresh(simulation)
    assert simulation.state == "failed"


def test_the_draft_has_its_place_among_the_policies(world: World, policy: SlaPolicy, now: datetime) -> None:
    second = editing.create("Second", editing.words_of(editing.in_force(policy.id)), world.ada.actor, now)
    version_id = editing.in_force(policy.id).id
    assert drafting.tried(second.id) == [version_id, drafting.DRAFT]
    editing.enable(second, False, world.ada.actor, now)
    assert drafting.tried(None) == [version_id]
    assert drafting.tried(second.id) == [version_id, drafting.DRAFT]


@pytest.mark.parametrize("days", [(0, 0), (2, 1), (0, 367), (-400, -1)])
def test_a_period_without_sense_is_refused(
    world: World, policy: SlaPolicy, now: datetime, days: tuple[int, int]
) -> None:
    first, last = (now + day * DAY for day in days)
    with pytest.raises(Invalid):
        simulating.ask(world.sam, draft_of(policy), first, last, now)


def test_hours_that_never_open_are_refused(world: World, policy: SlaPolicy, now: datetime) -> None:
    calendar_id = editing.in_force(policy.id).calendar_id
    hours = drafting.hours_of(calendars.current(calendar_id))
    never = Draft(calendar_id=calendar_id, hours={**hours, "week": [[]] * 7})
    for drafted in (never, Draft()):
        with pytest.raises(Invalid):
            simulating.ask(world.sam, drafted, now - DAY, now, now)


def test_a_draft_whose_hours_were_removed_meanwhile_fails_at_once(
    world: World, policy: SlaPolicy, three: list[Ticket], now: datetime
) -> None:
    hours = calendars.create("Evenings", "UTC", [[[1020, 1320]]] * 7, SYSTEM, LONG_AGO)
    simulation = asked(world.ada, draft_of(policy, calendar_id=hours.id, targets=within(1)), now)
    calendars.remove(hours, SYSTEM, now)
    db.session.commit()
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.task == simulating.TASK)).one()
    assert jobs.run(row.id, now) == "done"
    db.session.refresh(simulation)
    assert (simulation.state, simulation.finished_at) == ("failed", now)
