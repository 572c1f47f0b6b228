"""Why a ticket is whose it is, and why nobody has it yet, for whoever asks: reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from ticketdesk.accounts import capacities
from ticketdesk.accounts.availability import FRESH
from ticketdesk.core.db import db
from ticketdesk.routing import deciding, eligibility, facts, strategies
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.dispatch import SKIPPED_FOR, wish_of
from ticketdesk.routing.eligibility import Rules, Wish
from ticketdesk.routing.projection import is_waiting
from ticketdesk.routing.strategies import Candidate
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

How = Literal["routed", "taken", "given", "waiting", "manual", "done"]


@dataclass(frozen=True, slots=True)
class Why:
    """How a ticket came to where it is.

    routed: `decision` gave it · taken: the agent took it themselves, or answered first · given: the agent `by_id` gave
    it to them · waiting: nobody could take it so far, `decision` says why if one was made · manual: it lies in a queue
    where agents choose · done: nobody needs to.
    """

    how: How
    agent_id: int | None = None
    by_id: int | None = None
    at: datetime | None = None
    decision: RoutingDecision | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What will widen the circle, if it still waits then."""

    at: datetime
    skill_id: int | None = None  # gives way
    team_id: int | None = None  # is asked as well


@dataclass(frozen=True, slots=True)
class Look:
    """Who would come into question at this moment; nothing is kept of it."""

    rules: Rules
    wish: Wish
    ranked: list[Candidate]  # best first; those who can take it have no bar
    relaxed: tuple[int, ...]  # skills that have given way
    teams: tuple[int, ...]  # teams that are asked
    steps: list[Step]  # what comes, in its order


def why(ticket: Ticket) -> Why:
    """Why it is whose it is."""
    decisions = deciding.of_ticket(ticket.id)
    if ticket.assignee_id is None:
        if not is_waiting(ticket):
            return Why("done")
        last = decisions[-1] if decisions else None
        if last is not None and (last.kind == "nobody" or last.kind == "released"):
            return Why("waiting", at=last.at, decision=last)
        return Why(
            "waiting" if facts.strategy_of(ticket.queue_id) != "manual" else "manual", at=ticket.unassigned_since
        )
    given = db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == "assigned").order_by(Event.seq.desc()).limit(1)
    ).one_or_none()
    decision = deciding.giving(ticket.id, ticket.assignee_id)
    if decision is not None and (given is None or decision.at >= given.at):
        return Why("routed", ticket.assignee_id, at=decision.at, decision=decision)
    if given is None:
        return Why("taken", ticket.assignee_id)
    if given.actor_kind == "agent" and given.actor_id != ticket.assignee_id:
        return Why("given", ticket.assignee_id, given.actor_id, given.at)
    return Why("taken", ticket.assignee_id, at=given.at)


def look(ticket: Ticket, now: datetime) -> Look:
    """Who could take a ticket now, and what will change by waiting."""
    rules = facts.rules_of([ticket.queue_id], now)[ticket.queue_id]
    skipped = deciding.skipped_since([ticket.id], now - SKIPPED_FOR).get(ticket.id, frozenset())
    wish = wish_of(ticket, now, skipped)
    weights = capacities.weights()
    workers = facts.workers_of({one.team_id for one in rules.teams})
    ranked = strategies.rank(
        rules.strategy,
        [eligibility.candidate(worker, rules, wish, now - FRESH, weights) for worker in workers.values()],
    )
    needed = wish.skills | rules.required
    return Look(
        rules,
        wish,
        ranked,
        rules.given_up(needed, wish.waited),
        rules.asked_teams(wish.waited),
        _steps(rules, needed, wish.waited, now),
    )


def _steps(rules: Rules, needed: frozenset[int], waited: timedelta, now: datetime) -> list[Step]:
    since, found = now - waited, []
    if rules.relax_after > 0:
        for skill, step in rules.gives_way.items():
            if skill in needed:
                found.append(Step(since + timedelta(minutes=step * rules.relax_after), skill_id=skill))
    opened = [one.team_id for one in rules.teams if one.is_open]
    for place, team in enumerate(opened[1:], start=1):
        found.append(Step(since + timedelta(minutes=place * rules.next_team_after), team_id=team))
    return sorted((one for one in found if one.at > now), key=lambda one: one.at)
