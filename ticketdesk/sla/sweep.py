"""Looking for what is due: deadlines missed, deadlines near, and timers reckoned with hours that have changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, exists, func, literal_column, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from ticketdesk.calendars import loading as calendars
from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint
from ticketdesk.sla import loading, timers
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import timeline
from ticketdesk.tickets.ticket import Ticket

GRACE = timedelta(seconds=2)
"""An answer given in time may still be on its way to the database: the verdict waits for it, its time does not."""
BATCH = 100
FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)

log = structlog.get_logger(__name__)


# Written out, so that every plan may use the partial indexes; built once, as it is asked every few seconds.
_RUNNING = SlaTimer.state == literal_column("'running'")
_UNDECIDED = SlaTimer.state.in_((literal_column("'running'"), literal_column("'paused'")))
_NEWER = aliased(CalendarVersion)
# The next version in use from this one on: one entry of the index each. Asked for equality, or joined, a plan that
# thinks of many would read all timers to find that there is none.
_NEXT_IN_USE = (
    select(func.min(SlaTimer.calendar_version_id))
    .where(SlaTimer.calendar_version_id >= CalendarVersion.id, _UNDECIDED)
    .correlate(CalendarVersion)
    .scalar_subquery()
)
LOOK = select(
    select(func.min(SlaTimer.due_at)).where(_RUNNING).scalar_subquery(),
    select(func.min(SlaTimer.warn_at)).where(_RUNNING, SlaTimer.warned_at.is_(None)).scalar_subquery(),
    select(func.min(SlaTimer.step_at)).where(SlaTimer.step_at.is_not(None)).scalar_subquery(),
    exists()
    .where(_NEWER.calendar_id == CalendarVersion.calendar_id, _NEWER.id > CalendarVersion.id)
    .where(CalendarVersion.id == _NEXT_IN_USE),
)


def anything_due(now: datetime) -> bool:
    """Whether a sweep would find anything; four entries at the front of four indexes, however many timers there are."""
    due, warn, step, outdated = db.session.execute(LOOK).one()
    return bool(outdated) or any(moment is not None and moment <= now for moment in (due, warn, step))


def breach_due(now: datetime, limit: int = BATCH) -> int:
    """Give the verdict on timers that are over, oldest first; returns how many tickets were looked at."""
    tickets = take(SlaTimer.due_at, limit, now, SlaTimer.due_at < now - GRACE)
    failpoint("sla swap")
    _reckon(tickets, now)
    failpoint("sla told")
    return len(tickets)


def warn_due(now: datetime, limit: int = BATCH) -> int:
    """Record that deadlines are near, oldest first; returns how many tickets were looked at."""
    tickets = take(
        SlaTimer.warn_at, limit, now, SlaTimer.warn_at <= now, SlaTimer.warned_at.is_(None), SlaTimer.due_at > now
    )
    rows = timers.rows_of([ticket.id for ticket in tickets])
    each(tickets, now, lambda some: _warn(some, rows, now))
    return len(tickets)


def reckon_changed_hours(now: datetime, limit: int = BATCH) -> int:
    """Bring up to date the timers whose calendar got another version; returns how many tickets were looked at."""
    newest = calendars.newest_versions()
    outdated = db.session.scalars(select(CalendarVersion.id).where(CalendarVersion.id.not_in(newest))).all()
    if not outdated:
        return 0
    tickets = take(
        SlaTimer.calendar_version_id,
        limit,
        now,
        SlaTimer.calendar_version_id.in_(outdated),
        states=("running", "paused"),
    )
    _reckon(tickets, now)
    return len(tickets)


def take(
    order: InstrumentedAttribute[Any],
    limit: int,
    now: datetime,
    *which: ColumnElement[bool],
    states: Sequence[str] = ("running",),
) -> Sequence[Ticket]:
    """Lock the tickets of such timers, passing over those that somebody else holds: they have their turn next time."""
    state = SlaTimer.state == states[0] if len(states) == 1 else SlaTimer.state.in_(states)
    return (
        db.session.scalars(
            select(Ticket)
            .join(SlaTimer, SlaTimer.ticket_id == Ticket.id)
            .where(state, *which, or_(SlaTimer.retry_at.is_(None), SlaTimer.retry_at <= now))
            .order_by(order, SlaTimer.id)
            .limit(limit)
            .with_for_update(key_share=True, skip_locked=True, of=Ticket)
            .execution_options(populate_existing=True)
        )
        .unique()
        .all()
    )


def _reckon(tickets: Sequence[Ticket], now: datetime) -> None:
    """Reckon the timers of locked tickets anew; whatever happened to them since they were found is seen by now."""
    ids = [ticket.id for ticket in tickets]
    if not ids:
        return
    told = loading.happenings(ids)
    terms = timers.terms(told.values())
    rows = timers.rows_of(ids)

    def decide(some: Sequence[Ticket]) -> None:
        timers.keep_all([(ticket, timers.reckon(told[ticket.id], terms, now), rows[ticket.id]) for ticket in some], now)

    each(tickets, now, decide)


def _warn(tickets: Sequence[Ticket], rows: Mapping[int, Sequence[SlaTimer]], now: datetime) -> None:
    news = []
    for ticket in tickets:
        for row in rows[ticket.id]:
            if row.state != "running" or row.warned_at is not None or row.warn_at is None or row.due_at is None:
                continue
            if row.warn_at <= now < row.due_at:
                row.warned_at = now
                data = {"metric": row.metric, "timer_id": row.id}
                news.append(timeline.News(ticket, "sla_warned", SYSTEM, now, data))
    if news:
        timeline.record_all(news)


def each(
    tickets: Sequence[Ticket],
    now: datetime,
    decide: Callable[[Sequence[Ticket]], None],
    rest: Callable[[int, datetime], None] | None = None,
) -> None:
    """Decide all at once or, when that fails, one by one, so that only the broken ones rest, by `rest`."""
    try:
        with db.session.begin_nested():
            decide(tickets)
    except Exception as error:  # the border between tickets: one bad row must not stop the sweep
        log.warning("timers decided one by one", error=f"{type(error).__name__}: {error}", exc_info=True)
    else:
        return
    for ticket in tickets:
        try:
            with db.session.begin_nested():
                decide([ticket])
        except Exception as error:  # the same border
            log.error("timers not decided", ticket=ticket.id, error=f"{type(error).__name__}: {error}", exc_info=True)
            (rest or _rest)(ticket.id, now)


def _rest(ticket_id: int, now: datetime) -> None:
    """Push a ticket's timers ahead, each time further, so that they keep no others waiting."""
    undecided = (
        SlaTimer.ticket_id == ticket_id,
        or_(SlaTimer.state.in_(("running", "paused")), SlaTimer.step_at.is_not(None)),
    )
    failures = db.session.scalar(select(func.max(SlaTimer.failures)).where(*undecided)) or 0
    rest = min(FIRST_REST * 2 ** min(failures, 10), LONGEST_REST)
    db.session.execute(
        update(SlaTimer).where(*undecided).values(failures=SlaTimer.failures + 1, retry_at=now + rest),
        execution_options={"synchronize_session": "fetch"},
    )
