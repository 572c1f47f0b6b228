"""Dispatch: giving waiting tickets to agents, each decision kept with its reasons."""

from datetime import datetime

from sqlalchemy import func, select

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import FRESH, Availability
from ticketdesk.accounts.team import TeamMember
from ticketdesk.core import turns
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.strategies import Candidate, round_robin
from ticketdesk.tickets import assignment
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def on_event(event: Event, now: datetime) -> None:
    """Listener of soon: a ticket came into a queue."""
    dispatch(event.ticket_id, now)


def dispatch_waiting(now: datetime, limit: int = 50) -> int:
    """Give the unassigned tickets of round-robin queues to agents, least time left first; returns how many were given.

    Each is decided anew, for agents may have come since; a ticket nobody can take leaves one decision, not many.
    Queues of teams in which nobody is online are passed over, so that they do not keep the others waiting.
    """
    staffed = select(TeamMember.team_id).where(
        TeamMember.agent_id.in_(availability.online("email", now).union(availability.online("chat", now)))
    )
    ids = db.session.scalars(
        select(Ticket.id)
        .join(Queue, Queue.id == Ticket.queue_id)
        .where(Queue.strategy != "manual", Ticket.assignee_id.is_(None), Ticket.category.in_(("new", "open")))
        .where(Ticket.active(), Queue.team_id.in_(staffed))
        .order_by(Ticket.due_order, Ticket.id)
        .limit(limit)
    ).all()
    given = 0
    for ticket_id in ids:
        given += dispatch(ticket_id, now)
        db.session.commit()
    return given


def dispatch(ticket_id: int, now: datetime) -> bool:
    """Assign one waiting ticket by its queue's strategy; False when it needs nobody or nobody can take it."""
    ticket = lock_one(ticket_id)
    queue = db.session.get_one(Queue, ticket.queue_id)
    if queue.strategy == "manual" or ticket.assignee_id is not None or ticket.category not in ("new", "open"):
        return False
    if not ticket.is_active:
        return False
    # One dispatcher at a time looks at a queue's team, or two would give the same agent both tickets.
    turns.take(turns.Turn.DISPATCH, queue.id)
    candidates = _candidates(queue, "chat" if ticket.channel == "chat" else "email", now)
    chosen = round_robin(candidates)
    _keep(ticket, queue, candidates, chosen, now)
    if chosen is None:
        return False
    assignment.assign(ticket, db.session.get_one(Agent, chosen.agent_id), SYSTEM, now)
    return True


def _candidates(queue: Queue, channel: str, now: datetime) -> list[Candidate]:
    last = select(func.max(RoutingDecision.at)).where(RoutingDecision.agent_id == Agent.id).scalar_subquery()
    rows = db.session.execute(
        select(Agent, Availability.state, Availability.heard_at, last)
        .join(TeamMember, TeamMember.agent_id == Agent.id)
        .outerjoin(Availability, (Availability.agent_id == Agent.id) & (Availability.channel == channel))
        .where(TeamMember.team_id == queue.team_id)
        .order_by(Agent.id)
    ).all()
    return [Candidate(agent.id, _barred(agent, state, heard, now), at) for agent, state, heard, at in rows]


def _barred(agent: Agent, state: str | None, heard_at: datetime | None, now: datetime) -> str | None:
    if not agent.is_active:
        return "no longer works here"
    if state != "online":
        return "is not online"
    if heard_at is None or now - heard_at >= FRESH:
        return "has not been heard of for a while"
    return None


def _keep(ticket: Ticket, queue: Queue, candidates: list[Candidate], chosen: Candidate | None, now: datetime) -> None:
    considered = [
        {
            "agent_id": one.agent_id,
            "why_not": one.barred,
            "last_assigned_at": one.last_assigned_at.isoformat() if one.last_assigned_at else None,
        }
        for one in candidates
    ]
    if chosen is None:
        before = db.session.scalar(
            select(RoutingDecision)
            .where(RoutingDecision.ticket_id == ticket.id)
            .order_by(RoutingDecision.id.desc())
            .limit(1)
        )
        if before is not None and before.agent_id is None:
            before.candidates, before.at = {"considered": considered}, now
            return
    db.session.add(
        RoutingDecision(
            ticket_id=ticket.id,
            agent_id=chosen.agent_id if chosen else None,
            strategy=queue.strategy,
            reason="longest since the last assignment" if chosen else "nobody in the team can take it now",
            candidates={"considered": considered},
            at=now,
        )
    )
