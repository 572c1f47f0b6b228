"""What customers were promised and what became of it: each promise is counted once, by the day it was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_

from ticketdesk.core.db import db
from ticketdesk.reports.measuring import PAGE, Scope
from ticketdesk.reports.statistics import Share, share
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.tickets import visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Promises:
    """What became of them; those that ended undecided (merged, spam, solved without a word) are among none."""

    made: int
    kept: int  # at the time said first, or at one that the due time moved to
    told: int  # the customer was told of a later time before it passed
    kept_later: int  # of those, kept at the later time
    broken: int  # passed unanswered, at the first time or at a later one
    open: int

    @property
    def share(self) -> Share | None:
        """How many of the decided were kept as they were said first."""
        return share(self.kept, self.kept + self.kept_later + self.broken)


def summary(scope: Scope) -> Promises:
    """The figures of a period."""
    count = func.count()
    counts = [count.filter(_ONLY[name]) for name in ("made", "kept", "told", "kept_later", "broken", "open")]
    return Promises(*db.session.execute(_within(select(*counts), scope)).one())


@dataclass(frozen=True, slots=True)
class Made:
    """One promise with its ticket."""

    id: int
    number: int
    subject: str
    queue: str
    made_at: datetime
    said_in: str
    first_for: datetime
    promised_for: datetime
    state: str
    told_at: datetime | None
    decided_at: datetime | None


def behind(scope: Scope, only: str, *, before: tuple[datetime, int] | None = None, limit: int = PAGE) -> Sequence[Made]:
    """The promises behind a figure, the newest first; `only` is one of ONLY."""
    columns = (
        SlaPromise.id,
        Ticket.number,
        Ticket.subject,
        Queue.name,
        SlaPromise.made_at,
        SlaPromise.said_in,
        SlaPromise.first_for,
        SlaPromise.promised_for,
        SlaPromise.state,
        SlaPromise.told_at,
        SlaPromise.decided_at,
    )
    query = _within(select(*columns), scope).join(Queue, Queue.id == Ticket.queue_id).where(_ONLY[only])
    if before is not None:
        query = query.where(tuple_(SlaPromise.made_at, SlaPromise.id) < tuple_(*before))
    query = query.order_by(SlaPromise.made_at.desc(), SlaPromise.id.desc()).limit(limit)
    return [Made(*row) for row in db.session.execute(query)]


_TOLD = SlaPromise.told_at.is_not(None)
_ONLY: dict[str, ColumnElement[bool]] = {
    "made": SlaPromise.state != "ended",
    "kept": and_(SlaPromise.state == "kept", ~_TOLD),
    "told": and_(SlaPromise.state != "ended", _TOLD),
    "kept_later": and_(SlaPromise.state == "kept", _TOLD),
    "broken": SlaPromise.state == "broken",
    "open": SlaPromise.state.in_(("made", "moved")),
}
ONLY = tuple(_ONLY)


def _within(query: Select[*tuple[Any, ...]], scope: Scope) -> Select[*tuple[Any, ...]]:
    query = (
        query.select_from(SlaPromise)
        .join(Ticket, Ticket.id == SlaPromise.ticket_id)
        .where(
            SlaPromise.made_at >= scope.period.start,
            SlaPromise.made_at < scope.period.end,
            Ticket.merged_into_id.is_(None),
            Ticket.spam_at.is_(None),
            Ticket.trashed_at.is_(None),
            visibility.sees(scope.agent),
        )
    )
    return query if scope.queue_id is None else query.where(Ticket.queue_id == scope.queue_id)
