"""Decisions are kept with all who came into question, so that everybody can see why."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

from ticketdesk.core.db import Json, db
from ticketdesk.routing.decision import GIVING, Kind, RoutingDecision
from ticketdesk.routing.strategies import Candidate
from ticketdesk.tickets.ticket import Ticket

MOST_KEPT = 50
"""Candidates that a decision keeps, best first; of the others only how many there were."""


def considered(one: Candidate) -> Json:
    """A candidate as a decision keeps it; loads and burdens in hundredths of a ticket."""
    return {
        "agent_id": one.agent_id,
        "why_not": one.barred,
        "team_id": one.team_id,
        "missing": list(one.missing),
        "load": one.load,
        "most": one.most,
        "burden": one.burden,
        "spare_percent": float(round(one.spare, 1)),
        "last_assigned_at": one.last_at.isoformat() if one.last_at else None,
    }


def decision(
    ticket: Ticket,
    kind: Kind,
    at: datetime,
    *,
    reason: str,
    strategy: str,
    agent_id: int | None = None,
    from_id: int | None = None,
    relaxed: Sequence[int] = (),
    teams: Sequence[int] = (),
    ranked: Sequence[Candidate] = (),
    note: str | None = None,
) -> RoutingDecision:
    """A decision about a ticket, not yet added to the session."""
    return RoutingDecision(
        ticket_id=ticket.id,
        kind=kind,
        agent_id=agent_id,
        from_id=from_id,
        queue_id=ticket.queue_id,
        strategy=strategy,
        reason=reason,
        relaxed=list(relaxed),
        teams=list(teams),
        candidates={
            "considered": [considered(one) for one in ranked[:MOST_KEPT]],
            "more": max(0, len(ranked) - MOST_KEPT),
        },
        note=note,
        looks=1,
        since=at,
        at=at,
    )


def keep(made: Sequence[RoutingDecision]) -> None:
    """Add decisions; where nobody could take a ticket and nobody could before, the row of then is brought up to date.

    So a ticket that waits leaves one row, however often it is looked at.
    """
    before = _standing([one.ticket_id for one in made if one.kind == "nobody"])
    for one in made:
        row = before.get(one.ticket_id) if one.kind == "nobody" else None
        if row is None or row.queue_id != one.queue_id:
            db.session.add(one)
            continue
        row.candidates, row.relaxed, row.teams, row.strategy = one.candidates, one.relaxed, one.teams, one.strategy
        row.looks, row.at = row.looks + 1, one.at


def _standing(ticket_ids: Collection[int]) -> dict[int, RoutingDecision]:
    """The newest decision of each ticket where that says that nobody could take it."""
    if not ticket_ids:
        return {}
    newest = (
        select(func.max(RoutingDecision.id))
        .where(RoutingDecision.ticket_id.in_(ticket_ids))
        .group_by(RoutingDecision.ticket_id)
    )
    rows = db.session.scalars(
        select(RoutingDecision).where(RoutingDecision.id.in_(newest), RoutingDecision.kind == "nobody")
    )
    return {row.ticket_id: row for row in rows}


def skipped_since(ticket_ids: Collection[int], since: datetime) -> dict[int, frozenset[int]]:
    """Who passed each of these tickets on since a moment, by ticket."""
    found: dict[int, set[int]] = {}
    for row in db.session.execute(
        select(RoutingDecision.ticket_id, RoutingDecision.from_id).where(
            RoutingDecision.ticket_id.in_(ticket_ids), RoutingDecision.kind == "skipped", RoutingDecision.at > since
        )
    ):
        found.setdefault(row.ticket_id, set()).add(row.from_id)
    return {ticket_id: frozenset(agents) for ticket_id, agents in found.items()}


def missed_since(ticket_ids: Collection[int], since: datetime) -> dict[int, frozenset[int]]:
    """Who let each of these tickets ring since a moment without a word, and never said no, by ticket."""
    rows = db.session.execute(
        select(RoutingDecision.ticket_id, RoutingDecision.from_id)
        .where(RoutingDecision.ticket_id.in_(ticket_ids), RoutingDecision.kind == "skipped", RoutingDecision.at > since)
        .group_by(RoutingDecision.ticket_id, RoutingDecision.from_id)
        .having(func.bool_and(RoutingDecision.reason == "did_not_answer"))
    )
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row.ticket_id, set()).add(row.from_id)
    return {ticket_id: frozenset(agents) for ticket_id, agents in found.items()}


def of_ticket(ticket_id: int) -> list[RoutingDecision]:
    """All decisions about a ticket, oldest first."""
    return list(
        db.session.scalars(
            select(RoutingDecision).where(RoutingDecision.ticket_id == ticket_id).order_by(RoutingDecision.id)
        )
    )


def giving(ticket_id: int, agent_id: int) -> RoutingDecision | None:
    """The newest decision by which an agent got a ticket."""
    return db.session.scalars(
        select(RoutingDecision)
        .where(RoutingDecision.ticket_id == ticket_id, RoutingDecision.agent_id == agent_id)
        .where(RoutingDecision.kind.in_(GIVING))
        .order_by(RoutingDecision.id.desc())
        .limit(1)
    ).one_or_none()
