"""How long agents worked on tickets, on the wall clock: what they wrote down, and what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.reports.measuring import Scope
from ticketdesk.tickets import timekeeping, visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import BY_HAND, MEASURED, TimeSpent

MOST_ROWS = 2_000
"""Queues by agents; more would be no table for anybody."""
MOST_TICKETS = 100


@dataclass(frozen=True, slots=True)
class Worked:
    """So many seconds on so many tickets; `corrected` is how many sittings count other than they were measured."""

    seconds: int
    measured: int
    by_hand: int
    corrected: int
    tickets: int

    @property
    def each(self) -> float | None:
        """Seconds per ticket."""
        return self.seconds / self.tickets if self.tickets else None


@dataclass(frozen=True, slots=True)
class OfAgent:
    """What one agent worked on the tickets of one queue."""

    queue_id: int
    queue: str
    agent_id: int
    agent: str
    worked: Worked


@dataclass(frozen=True, slots=True)
class OfTicket:
    """What was worked on one ticket."""

    number: int
    subject: str
    queue: str
    seconds: int
    agents: int


def overall(scope: Scope) -> Worked:
    """All of it."""
    lines = _within(select(*_FIGURES), scope).group_by(TimeSpent.counts_for_id).subquery()
    row = db.session.execute(select(*_sums(lines))).one()
    return Worked(*(int(value or 0) for value in row))


def by_queue_and_agent(scope: Scope) -> Sequence[OfAgent]:
    """By the queue in which the ticket stands now and who worked on it, queues in their order and the most first."""
    key = (TimeSpent.counts_for_id, Ticket.queue_id, TimeSpent.agent_id)
    lines = _within(select(Ticket.queue_id, TimeSpent.agent_id, *_FIGURES), scope).group_by(*key).subquery()
    query = (
        select(Queue.id, Queue.name, Agent.id, Agent.name, *_sums(lines))
        .select_from(lines)
        .join(Queue, Queue.id == lines.c.queue_id)
        .join(Agent, Agent.id == lines.c.agent_id)
        .group_by(Queue.id, Agent.id)
        .order_by(Queue.position, Queue.id, func.sum(lines.c.seconds).desc(), Agent.name)
        .limit(MOST_ROWS)
    )
    return [OfAgent(row[0], row[1], row[2], row[3], Worked(*map(int, row[4:]))) for row in db.session.execute(query)]


def tickets(scope: Scope, agent_id: int | None = None) -> Sequence[OfTicket]:
    """The tickets behind it, those with the most first; of one agent's time, or of everybody's."""
    seconds = func.sum(TimeSpent.seconds)
    query = (
        _within(
            select(Ticket.number, Ticket.subject, Queue.name, seconds, func.count(TimeSpent.agent_id.distinct())), scope
        )
        .join(Queue, Queue.id == Ticket.queue_id)
        .group_by(Ticket.id, Queue.id)
        .order_by(seconds.desc(), Ticket.id.desc())
        .limit(MOST_TICKETS)
    )
    if agent_id is not None:
        query = query.where(TimeSpent.agent_id == agent_id)
    return [OfTicket(row[0], row[1], row[2], int(row[3]), row[4]) for row in db.session.execute(query)]


_SUM = func.sum(TimeSpent.seconds)
_FIGURES = (
    _SUM.label("seconds"),
    func.coalesce(_SUM.filter(TimeSpent.kind == MEASURED), 0).label("measured"),
    func.coalesce(_SUM.filter(TimeSpent.kind == BY_HAND), 0).label("by_hand"),
    func.count().filter(and_(TimeSpent.kind == MEASURED, TimeSpent.corrected_at.is_not(None))).label("corrected"),
)
"""Of one ticket: so that tickets are counted as rows, which is quicker than telling them apart."""


def _sums(lines: Subquery) -> tuple[ColumnElement[Any], ...]:
    """The same of all tickets, and how many they are."""
    return (*(func.sum(lines.c[name]) for name in ("seconds", "measured", "by_hand", "corrected")), func.count())


def _within(query: Select[*tuple[Any, ...]], scope: Scope) -> Select[*tuple[Any, ...]]:
    """Lines of the days, each on the clock of whoever worked: all in queues that one manages, else one's own."""
    query = (
        query.select_from(TimeSpent)
        .join(Ticket, Ticket.id == TimeSpent.counts_for_id)
        .where(
            TimeSpent.day >= scope.period.first,
            TimeSpent.day <= scope.period.last,
            timekeeping.counts(),
            visibility.sees(scope.agent),
            or_(visibility.manages(scope.agent), TimeSpent.agent_id == scope.agent.id),
        )
    )
    return query if scope.queue_id is None else query.where(Ticket.queue_id == scope.queue_id)
