"""The next ticket: an agent asks for work, and gets what has least time left; to pass it on they must say why."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from ticketdesk.accounts import capacities
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import FRESH
from ticketdesk.core import turns
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.turns import Turn
from ticketdesk.routing import deciding, eligibility, facts, needs, offering, waiting
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.dispatch import SKIPPED_FOR, wish_of
from ticketdesk.routing.eligibility import Rules, Worker
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.routing.projection import OURS, waits_for_us
from ticketdesk.routing.waiting import Wanted
from ticketdesk.tickets import assignment, visibility
from ticketdesk.tickets.locking import lock, lock_standing
from ticketdesk.tickets.ticket import Ticket

SKIPS = ("not_my_subject", "not_my_language", "knows_them", "needs_another", "no_time", "other")
"""Codes of why a ticket is passed on; "other" needs words."""
LONGEST_NOTE = 200
LOOKED_AT = 20
"""Tickets that are tried when others are quicker."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A ticket that was served and is passed on."""

    ticket_id: int
    reason: str  # one of SKIPS
    note: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """What came: a ticket, or the code of why none.

    `full`: as much as they take of every channel that waits · `not_fit`: what waits asks for other teams or skills ·
    `nothing`: nothing waits.
    """

    ticket: Ticket | None
    why_not: str | None = None
    is_own: bool = False  # it was theirs already


def next_for(agent: Agent, now: datetime, skipping: Skip | None = None) -> Served:
    """Serve the ticket with least time left among the agent's own that wait for us and all that they may take.

    From queues that hand out their work and from those where agents choose; what was nobody's is theirs afterwards, in
    the same transaction. `skipping` passes the one served before on first. Raises Invalid for a skip without a reason,
    and Conflict for one of a ticket that is not theirs.
    """
    # The agent's own turn: nobody gives them anything between the look at what they have and the commit.
    turns.take(Turn.AGENT_WORK, agent.id)
    ringing = _rings_for(agent)
    if skipping is not None:
        if ringing is not None:  # in their order, before the one is passed on and the other accepted
            lock([skipping.ticket_id, db.session.get_one(RoutingOffer, ringing).ticket_id])
        skip(agent, skipping, now)
    if ringing is not None:
        with suppress(Conflict):  # somebody was quicker: what else is there?
            return Served(offering.accept(ringing, agent, now))
    passed = _passed(agent, now)
    worker = facts.worker(agent)
    own = _own(agent, passed)
    queues = facts.queues_of(agent.id)
    groups = waiting.groups(queues)
    stated = facts.rules_of({group.queue_id for group in groups}, now)
    rules = {queue_id: one.attended_by(worker.team_ids) for queue_id, one in stated.items()}
    wanted, why_not = [], "nothing"
    for group in groups:
        patience = eligibility.patience(worker, rules[group.queue_id], needs.skills_of(group.needs))
        if isinstance(patience, str):
            why_not = "not_fit" if why_not == "nothing" else why_not
        elif worker.room(needs.channel_of(group.needs)) < 1:
            why_not = "full"
        else:
            since = now - timedelta(minutes=patience) if patience else None
            wanted.append(Wanted(group, since, LOOKED_AT))
    ids = waiting.first(wanted, passed, LOOKED_AT)
    for ticket in waiting.lock_first(ids):
        if own is not None and (own.due_order, own.id) < (ticket.due_order, ticket.id):
            break
        if ticket.queue_id in rules and _gives(ticket, agent, worker, rules[ticket.queue_id], now):
            return Served(ticket)
    return Served(own, None if own is not None else why_not, is_own=own is not None)


def skip(agent: Agent, skipping: Skip, now: datetime) -> RoutingDecision:
    """Pass a ticket on: it goes back to its queue and does not come to this agent for half an hour.

    Raises Invalid without a reason, or for "other" without words; Conflict when it is not theirs any more.
    """
    note = " ".join(skipping.note.split())[:LONGEST_NOTE]
    if skipping.reason not in SKIPS:
        raise Invalid("Say why you pass it on.", "reason")
    if skipping.reason == "other" and not note:
        raise Invalid("Say in a few words why you pass it on.", "note")
    ticket = lock_standing(skipping.ticket_id)
    if ticket.assignee_id != agent.id:
        raise Conflict(f"#{ticket.number} is not yours any more.")
    if ticket.category not in OURS or not ticket.is_active:
        raise Conflict(f"#{ticket.number} waits for nobody of us: there is nothing to pass on.")
    queue = facts.rules_of([ticket.queue_id], now)[ticket.queue_id]
    made = deciding.decision(
        ticket,
        "skipped",
        now,
        reason=skipping.reason,
        strategy=queue.strategy,
        from_id=agent.id,
        note=note or None,
    )
    deciding.keep([made])
    assignment.assign(ticket, None, agent.actor, now)
    db.session.flush()
    return made


def _gives(ticket: Ticket, agent: Agent, worker: Worker, rules: Rules, now: datetime) -> bool:
    """Give a locked ticket to the agent, unless it does not fit after all."""
    wish = wish_of(ticket, now)
    if eligibility.unfit(worker, rules, wish) is not None:
        return False
    one = eligibility.candidate(worker, rules, wish, now - FRESH, capacities.weights())
    made = deciding.decision(
        ticket,
        "next",
        now,
        reason="asked_for_next",
        strategy=rules.strategy,
        agent_id=agent.id,
        relaxed=rules.given_up(wish.skills | rules.required, wish.waited),
        teams=rules.asked_teams(wish.waited),
        ranked=[one],
    )
    assignment.assign(ticket, agent, agent.actor, now)
    deciding.keep([made])
    db.session.flush()
    return True


def _rings_for(agent: Agent) -> int | None:
    """The chat that has rung longest for the agent: whoever asks for work hears it, and a visitor waits."""
    return db.session.scalar(
        select(RoutingOffer.id)
        .join(Ticket, Ticket.id == RoutingOffer.ticket_id)
        .where(RoutingOffer.agent_id == agent.id, RoutingOffer.state == "ringing", RoutingOffer.purpose == "chat")
        .where(visibility.sees(agent))
        .order_by(RoutingOffer.offered_at, RoutingOffer.id)
        .limit(1)
    )


def _passed(agent: Agent, now: datetime) -> list[int]:
    """What the agent passed on lately."""
    return list(
        db.session.scalars(
            select(RoutingDecision.ticket_id).where(
                RoutingDecision.kind == "skipped",
                RoutingDecision.from_id == agent.id,
                RoutingDecision.at > now - SKIPPED_FOR,
            )
        )
    )


def _own(agent: Agent, passed: list[int]) -> Ticket | None:
    """Of the agent's own tickets that wait for us, the one with least time left."""
    unanswered = or_(
        Ticket.answered_at.is_(None),
        and_(Ticket.customer_wrote_at.is_not(None), Ticket.customer_wrote_at > Ticket.answered_at),
    )
    ticket = db.session.scalars(
        select(Ticket)
        .where(Ticket.active(), Ticket.assignee_id == agent.id, Ticket.category.in_(OURS), unanswered)
        .where(Ticket.id.not_in(passed), Ticket.snoozed_until.is_(None))
        .order_by(Ticket.due_order, Ticket.id)
        .limit(1)
    ).one_or_none()
    return ticket if ticket is not None and waits_for_us(ticket) else None
