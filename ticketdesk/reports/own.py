"""What an agent did themselves: for their own eyes, and compared with nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select

from ticketdesk.core.db import db
from ticketdesk.reports.measuring import ANSWERED, Scope
from ticketdesk.reports.periods import Period
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import timekeeping, visibility
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import TimeSpent
from ticketdesk.tickets.timeline import Event

METRICS = ("first_response", "next_response")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Replied:
    """How many public replies, in how many tickets."""

    replies: int
    tickets: int


@dataclass(frozen=True, slots=True)
class Spent:
    """So many seconds on the wall clock, on how many tickets."""

    seconds: int
    tickets: int


@dataclass(frozen=True, slots=True)
class Median:
    """How many clocks one's replies stopped, and what half of them took at most, in business seconds."""

    answered: int
    p50: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One ticket behind the numbers, with the newest reply."""

    number: int
    subject: str
    replies: int
    newest: datetime


def replied(scope: Scope, period: Period) -> Replied:
    """Replies that were sent within a period and not taken back, in tickets that the agent may see."""
    query = _replies(select(func.count(), func.count(Event.ticket_id.distinct())), scope, period)
    return Replied(*db.session.execute(query).one())


def spent(scope: Scope) -> tuple[Spent, Spent]:
    """Time of one's own on tickets that the agent may see, on the last day of the period and on all of its days."""
    last = TimeSpent.day == scope.period.last
    seconds, tickets = func.sum(TimeSpent.seconds), func.count(TimeSpent.counts_for_id.distinct())
    row = db.session.execute(
        select(seconds.filter(last), tickets.filter(last), seconds, tickets)
        .join(Ticket, Ticket.id == TimeSpent.counts_for_id)
        .where(
            TimeSpent.agent_id == scope.agent.id,
            TimeSpent.day >= scope.period.first,
            TimeSpent.day <= scope.period.last,
            timekeeping.counts(),
            visibility.sees(scope.agent),
        )
    ).one()
    return Spent(int(row[0] or 0), row[1]), Spent(int(row[2] or 0), row[3])


def medians(scope: Scope) -> dict[str, Median]:
    """For the first and for further answers: the clocks that the agent's own replies stopped within the period."""
    at = func.date_trunc("second", Event.at)  # clocks count whole seconds
    stopped = and_(SlaTimer.ticket_id == Event.ticket_id, SlaTimer.stopped_at == at, ANSWERED)
    wanted = select(SlaTimer.metric, func.count(), func.percentile_cont(0.5).within_group(SlaTimer.consumed_s))
    query = _replies(wanted, scope, scope.period).join(SlaTimer, stopped).where(SlaTimer.metric.in_(METRICS))
    found = {row[0]: Median(row[1], row[2]) for row in db.session.execute(query.group_by(SlaTimer.metric))}
    return {metric: found.get(metric, Median(0, None)) for metric in METRICS}


def answers(scope: Scope) -> Sequence[Answer]:
    """The tickets behind it, that with the newest reply first."""
    newest = func.max(Event.at)
    wanted = select(Ticket.number, Ticket.subject, func.count(), newest)
    query = _replies(wanted, scope, scope.period).group_by(Ticket.id).order_by(newest.desc(), Ticket.id.desc())
    return [_answer(row) for row in db.session.execute(query.limit(SHOWN))]


def _answer(row: Row[*tuple[Any, ...]]) -> Answer:
    return Answer(*row)


def _replies(query: Select[*tuple[Any, ...]], scope: Scope, period: Period) -> Select[*tuple[Any, ...]]:
    return (
        query.select_from(Event)
        .join(Ticket, Ticket.id == Event.ticket_id)
        .join(Message, Message.id == Event.data["message_id"].as_integer())
        .where(
            Event.kind == "reply_sent",
            Event.actor_kind == "agent",
            Event.actor_id == scope.agent.id,
            Event.at >= period.start,
            Event.at < period.end,
            Message.withdrawn_at.is_(None),
            visibility.sees(scope.agent),
        )
    )
