"""How long customers waited: each clock of the SLA is one measurement, of the moment at which it began.

Answered means that a person's public reply (for a resolution: solving) stopped it; late ones count like all others.
Clocks that ended without an answer (merged, spam, solved without a word) have no time; one that was late before it
ended so counts as missed all the same. Those still running are only in `waiting`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Date, Float, Integer, Row, Select, and_, case, cast, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.reports.periods import Period
from ticketdesk.reports.statistics import Share, share
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

METRICS = ("first_response", "next_response", "resolution")
Clock = Literal["business", "wall"]
DIMENSIONS: dict[str, InstrumentedAttribute[Any]] = {
    "queue": Ticket.queue_id,
    "channel": Ticket.channel,
    "priority": Ticket.priority,
    "assignee": Ticket.assignee_id,
}
PAGE = 50
BARS = 12
"""Steps of a distribution; what is longer stands in the last one."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose eyes, which days, which clock, and which queue when it is one."""

    agent: Agent
    period: Period
    clock: Clock = "business"
    queue_id: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of some measurements; times in seconds."""

    answered: int
    judged: int  # those with a verdict that wait no more, but for those made late by a change of ours
    in_target: int
    waiting: int
    waiting_late: int
    changed: int  # answered, and late only because priority, queue or policy changed: reported apart
    p50: float | None
    p90: float | None
    mean: float | None

    @property
    def share(self) -> Share | None:
        """How many of the judged were in time."""
        return share(self.in_target, self.judged)


NOTHING = Figures(0, 0, 0, 0, 0, 0, None, None, None)


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of a weekday, Monday being 0: how many were answered, and their median."""

    weekday: int
    hour: int
    answered: int
    p50: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a distribution: from how many seconds on, how many, and how many of them late."""

    start: int
    count: int
    late: int


def summary(scope: Scope) -> dict[str, Figures]:
    """The figures of each metric."""
    rows = db.session.execute(_measured(scope, SlaTimer.metric).group_by(SlaTimer.metric))
    found = {row[0]: _figures(row) for row in rows}
    return {metric: found.get(metric, NOTHING) for metric in METRICS}


def by_day(scope: Scope, metric: str) -> dict[date, Figures]:
    """The figures of each day of the period, by the day on which the clock began."""
    day = cast(func.timezone(scope.period.zone, SlaTimer.started_at), Date)
    rows = db.session.execute(_measured(scope, day).where(SlaTimer.metric == metric).group_by(day))
    found = {row[0]: _figures(row) for row in rows}
    return {day: found.get(day, NOTHING) for day in scope.period.days()}


def by(scope: Scope, metric: str, dimension: str) -> dict[Any, Figures]:
    """The figures by queue, channel, priority or assignee as they stand now; keys are ids or codes."""
    column = DIMENSIONS[dimension]
    rows = db.session.execute(_measured(scope, column).where(SlaTimer.metric == metric).group_by(column))
    return {row[0]: _figures(row) for row in rows}


def by_hour(scope: Scope, metric: str) -> list[Cell]:
    """The medians by weekday and hour at which the clock began, on the reader's clock."""
    there = func.timezone(scope.period.zone, SlaTimer.started_at)
    weekday = cast(func.extract("isodow", there), Integer)
    hour = cast(func.extract("hour", there), Integer)
    value = _value(scope.clock)
    query = (
        _within(select(weekday, hour, func.count(), func.percentile_cont(0.5).within_group(value)), scope)
        .where(SlaTimer.metric == metric, ANSWERED)
        .group_by(weekday, hour)
        .order_by(weekday, hour)
    )
    return [Cell(row[0] - 1, row[1], row[2], row[3]) for row in db.session.execute(query)]


def distribution(scope: Scope, metric: str, step: int) -> list[Bar]:
    """How many answers took how long, in steps of so many seconds; the last bar holds all longer ones."""
    place = func.least(cast(func.floor(_value(scope.clock) / step), Integer), BARS - 1)
    late = func.count().filter(SlaTimer.breached_at.is_not(None))
    query = _within(select(place, func.count(), late), scope).where(SlaTimer.metric == metric, ANSWERED).group_by(place)
    found = {row[0]: row for row in db.session.execute(query)}
    return [
        Bar(number * step, found[number][1] if number in found else 0, found[number][2] if number in found else 0)
        for number in range(BARS)
    ]


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement with its ticket; `value` in seconds, None while it waits."""

    timer_id: int
    number: int
    subject: str
    queue: str
    started_at: Any
    stopped_at: Any
    value: float | None
    target_s: int
    is_late: bool
    cycle: int


def tickets(
    scope: Scope,
    metric: str,
    *,
    day: date | None = None,
    only: str = "all",
    before: tuple[Any, int] | None = None,
    limit: int = PAGE,
) -> Sequence[Measured]:
    """The measurements behind a figure, the newest first; `only` is all, answered, late or waiting."""
    value = _value(scope.clock)
    query = (
        _within(
            select(
                SlaTimer.id,
                Ticket.number,
                Ticket.subject,
                Queue.name,
                SlaTimer.started_at,
                SlaTimer.stopped_at,
                case((ANSWERED, value)),
                SlaTimer.target_s,
                SlaTimer.breached_at.is_not(None),
                SlaTimer.cycle,
            ),
            scope,
        )
        .join(Queue, Queue.id == Ticket.queue_id)
        .where(SlaTimer.metric == metric, _ONLY[only])
        .order_by(SlaTimer.started_at.desc(), SlaTimer.id.desc())
        .limit(limit)
    )
    if day is not None:
        query = query.where(cast(func.timezone(scope.period.zone, SlaTimer.started_at), Date) == day)
    if before is not None:
        query = query.where(tuple_(SlaTimer.started_at, SlaTimer.id) < tuple_(*before))
    return [Measured(*row) for row in db.session.execute(query)]


_DECIDED = and_(SlaTimer.state.in_(("met", "breached")), SlaTimer.stopped_at.is_not(None))
ANSWERED = and_(_DECIDED, SlaTimer.ended_reason.is_(None))
_WAITING = and_(SlaTimer.state.in_(("running", "paused", "breached")), SlaTimer.stopped_at.is_(None))
_JUDGED = and_(_DECIDED, SlaTimer.late_at_change.is_(False))
_ONLY: dict[str, ColumnElement[bool]] = {
    "all": SlaTimer.state != "ended",
    "answered": ANSWERED,
    "late": and_(SlaTimer.breached_at.is_not(None), SlaTimer.state != "ended"),
    "waiting": _WAITING,
}
ONLY = tuple(_ONLY)


def _value(clock: Clock) -> ColumnElement[float]:
    if clock == "wall":
        return cast(func.extract("epoch", SlaTimer.stopped_at - SlaTimer.started_at), Float)
    return cast(SlaTimer.consumed_s, Float)


def _measured(scope: Scope, key: ColumnElement[Any] | InstrumentedAttribute[Any]) -> Select[*tuple[Any, ...]]:
    value = _value(scope.clock)
    count = func.count()
    query = select(
        key,
        count.filter(ANSWERED),
        count.filter(_JUDGED),
        count.filter(and_(_JUDGED, SlaTimer.breached_at.is_(None))),
        count.filter(_WAITING),
        count.filter(and_(_WAITING, SlaTimer.breached_at.is_not(None))),
        count.filter(and_(ANSWERED, SlaTimer.late_at_change)),
        func.percentile_cont(0.5).within_group(value).filter(ANSWERED),
        func.percentile_cont(0.9).within_group(value).filter(ANSWERED),
        cast(func.avg(value).filter(ANSWERED), Float),
    )
    return _within(query, scope)


def _within(query: Select[*tuple[Any, ...]], scope: Scope) -> Select[*tuple[Any, ...]]:
    query = (
        query.select_from(SlaTimer)
        .join(Ticket, Ticket.id == SlaTimer.ticket_id)
        .where(
            SlaTimer.started_at >= scope.period.start,
            SlaTimer.started_at < scope.period.end,
            visibility.sees(scope.agent),
        )
    )
    return query if scope.queue_id is None else query.where(Ticket.queue_id == scope.queue_id)


def _figures(row: Row[*tuple[Any, ...]]) -> Figures:
    _, answered, judged, in_target, waiting, waiting_late, changed, p50, p90, mean = row
    return Figures(answered, judged, in_target, waiting, waiting_late, changed, p50, p90, mean)
