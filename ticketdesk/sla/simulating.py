"""Asking what would have been, and working it out in the background a little at a time."""

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.calendars import editing as calendars
from ticketdesk.core import outbox
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.failpoints import failpoint
from ticketdesk.core.outbox import Claim, NotYet
from ticketdesk.sla import drafting, editing, loading, timers
from ticketdesk.sla.drafting import Draft, Read
from ticketdesk.sla.explain import Happening
from ticketdesk.sla.policies import Fact
from ticketdesk.sla.simulate import Pair, Terms, compare
from ticketdesk.sla.simulation import GOING, SlaFlip, SlaSimulation
from ticketdesk.sla.tallying import Tallies
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket

TASK = "sla.simulate"
BATCH = 100
"""Tickets that are read, replayed and committed at once."""
TURN = 2.0
"""Seconds that all simulations together may keep the worker before other work has its turn."""
PAUSE = timedelta(milliseconds=200)
KEPT = timedelta(days=30)
LONGEST = timedelta(days=366)
MOST = 100
MOST_AT_ONCE = 3


def ask(by: Agent, draft: Draft, start: datetime, end: datetime, at: datetime) -> SlaSimulation:
    """Leave a question for the background; raises Invalid for what makes no sense, or one too many."""
    if not timedelta(0) < end - start <= LONGEST:
        raise Invalid("Choose a period of at most 366 days.", "first")
    if start >= at:
        raise Invalid("Choose days that have begun.", "first")
    if draft.policy_id is None and draft.calendar_id is None:
        raise Invalid("Choose a policy or business hours to begin with.")
    if draft.hours is not None:
        drafting.check_hours(draft.hours, at)
    going = select(func.count()).where(SlaSimulation.asked_by == by.id, SlaSimulation.state.in_(GOING))
    if db.session.scalars(going).one() >= MOST_AT_ONCE:
        raise Invalid(f"{MOST_AT_ONCE} simulations of yours are under way. Wait for one, or cancel it.")
    simulation = SlaSimulation(
        asked_by=by.id,
        created_at=at,
        start_at=start,
        end_at=min(end, at),
        policy_id=draft.policy_id,
        calendar_id=draft.calendar_id,
        base_version=_base(draft),
        draft={"words": draft.words, "hours": draft.hours, "tried": drafting.tried(draft.policy_id)},
        tallies=Tallies().stored,
    )
    db.session.add(simulation)
    db.session.flush()
    outbox.add(TASK, {"simulation_id": simulation.id}, due_at=at)
    return simulation


def _base(draft: Draft) -> int:
    if draft.policy_id is not None:
        return editing.in_force(draft.policy_id).number
    return 0 if draft.calendar_id is None else calendars.current(draft.calendar_id).number


def cancel(simulation: SlaSimulation, at: datetime) -> SlaSimulation:
    """Stop it where it is; what it found so far is thrown away with it when it is deleted."""
    _lock(simulation.id)
    if simulation.is_going:
        simulation.state, simulation.finished_at = "cancelled", at
    return simulation


def forget(simulation: SlaSimulation) -> None:
    """Delete it with all it found; a worker that is at it finds it gone."""
    _lock(simulation.id)
    db.session.delete(simulation)
    db.session.flush()


def forget_old(now: datetime) -> int:
    """Delete what was asked more than 30 days ago, a batch at a time; returns how many."""
    old = (
        select(SlaSimulation.id)
        .where(SlaSimulation.created_at < now - KEPT)
        .order_by(SlaSimulation.created_at)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    gone = db.session.scalars(
        delete(SlaSimulation).where(SlaSimulation.id.in_(old)).returning(SlaSimulation.id),
        execution_options={"synchronize_session": False},
    )
    return len(gone.all())


def asked_by(agent: Agent) -> ColumnElement[bool]:
    """Which simulations an agent sees: their own; administrators all."""
    return SlaSimulation.id.is_not(None) if agent.is_administrator else SlaSimulation.asked_by == agent.id


def carry_on(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: work for a short while, batch by batch, each with its own commit; raises NotYet.

    A batch is stored together with the place it reached, so a worker that is killed loses a batch at most and
    counts nothing twice.
    """
    begun = time.monotonic()
    turn = TURN / max(1, _how_many_are_going())
    while True:
        simulation = _lock(claim.payload["simulation_id"])
        if simulation is None or not simulation.is_going:
            return "done", None if simulation is None else simulation.state
        try:
            is_over = advance(simulation, now)
        except Conflict as refused:  # what it is reckoned with is gone for good: trying again changes nothing
            simulation.state, simulation.finished_at = "failed", now
            return "done", str(refused)
        failpoint("simulation batch")
        outbox.mark(claim, deaths=0)  # it gets on, so it is not what kills its workers
        db.session.commit()
        if is_over:
            return "done", None
        if time.monotonic() - begun >= turn:
            raise NotYet(now + timedelta(seconds=time.monotonic() - begun) + PAUSE)


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """Its worker failed for good."""
    simulation = _lock(claim.payload["simulation_id"])
    if simulation is not None and simulation.is_going:
        simulation.state, simulation.finished_at = "failed", now


def _how_many_are_going() -> int:
    return db.session.scalars(select(func.count()).where(SlaSimulation.state.in_(GOING))).one()


def _lock(simulation_id: int) -> SlaSimulation | None:
    return db.session.scalars(
        select(SlaSimulation)
        .where(SlaSimulation.id == simulation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


@dataclass(frozen=True, slots=True)
class _Looked:
    """One ticket that is to be replayed."""

    id: int
    queue_id: int
    brand_id: int
    priority: str
    channel: str


def advance(simulation: SlaSimulation, now: datetime, limit: int = BATCH) -> bool:
    """Replay the next tickets of a locked simulation; returns whether those were the last."""
    asker = db.session.get_one(Agent, simulation.asked_by)
    within = _within(simulation, asker)
    if simulation.total is None:
        simulation.total = db.session.scalars(select(func.count()).select_from(Ticket).where(within)).one()
        simulation.state = "running"
    tickets = [
        _Looked(*row)
        for row in db.session.execute(
            select(Ticket.id, Ticket.queue_id, Ticket.brand_id, Ticket.priority, Ticket.channel)
            .where(within, Ticket.id > simulation.after_id)
            .order_by(Ticket.id)
            .limit(limit)
        )
    ]
    if tickets:
        _replay(simulation, tickets)
    is_over = len(tickets) < limit
    if is_over:
        simulation.state, simulation.finished_at = "done", now
        simulation.total = simulation.looked_at
    return is_over


def _within(simulation: SlaSimulation, asker: Agent) -> ColumnElement[bool]:
    """The tickets that the asker may see and that lived in the period."""
    return and_(Ticket.opened_at < simulation.end_at, Ticket.updated_at >= simulation.start_at, visibility.sees(asker))


def _replay(simulation: SlaSimulation, tickets: Sequence[_Looked]) -> None:
    """Compare these tickets, and add what came of it."""
    draft = drafting.read(simulation)
    found = loading.happenings([ticket.id for ticket in tickets])
    told = {
        ticket_id: [one for one in happenings if one.at <= simulation.created_at]
        for ticket_id, happenings in found.items()
    }
    terms = timers.terms(told.values())
    was = Terms(terms.policies, drafting.known_at(terms.histories, simulation.created_at))
    tallies = Tallies(deepcopy(simulation.tallies))
    flips: list[dict[str, Any]] = []
    for ticket in tickets:
        for pair in _pairs(ticket, told.get(ticket.id, []), was, draft, simulation.created_at):
            if not simulation.start_at <= pair.started_at < simulation.end_at:
                continue
            tallies.add(pair, ticket.queue_id, ticket.channel)
            if pair.flip is not None:
                flips.append(_flip(simulation.id, ticket.id, pair))
    if flips:
        db.session.execute(insert(SlaFlip), flips)
    simulation.tallies = tallies.stored
    simulation.looked_at += len(tickets)
    simulation.events += sum(len(happenings) for happenings in told.values())
    simulation.after_id = tickets[-1].id


def _pairs(ticket: _Looked, told: Sequence[Happening], was: Terms, draft: Read, until: datetime) -> list[Pair]:
    if not told:
        return []
    facts: dict[str, Fact] = {
        "queue_id": ticket.queue_id,
        "brand_id": ticket.brand_id,
        "priority": ticket.priority,
        "channel": ticket.channel,
    }
    return compare(told, was, draft.terms, draft.tried, facts, until)


def _flip(simulation_id: int, ticket_id: int, pair: Pair) -> dict[str, Any]:
    return {
        "simulation_id": simulation_id,
        "ticket_id": ticket_id,
        "metric": pair.metric,
        "cycle": pair.cycle,
        "direction": pair.flip,
        "priority": pair.priority,
        "started_at": pair.started_at,
        "stopped_at": pair.stopped_at,
        "was_due_at": pair.was.due_at,
        "would_due_at": pair.would.due_at,
        "was_target_s": pair.was.target_s,
        "would_target_s": pair.would.target_s,
        "was_used_s": pair.was.used_s,
        "would_used_s": pair.would.used_s,
    }
