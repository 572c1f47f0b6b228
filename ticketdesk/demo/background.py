"""What happens by itself between the steps: due work, deadlines missed or near, escalations, tickets that close."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import and_, func, literal_column, select

from ticketdesk.accounts.availability import SEEK_TASK
from ticketdesk.core import events
from ticketdesk.core.db import db
from ticketdesk.core.jobs import Task
from ticketdesk.core.outbox import WAITING, Claim, NotYet, OutboxRow
from ticketdesk.sla import stepping, sweep
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import progress
from ticketdesk.tickets.ticket import Ticket

A_MOMENT = timedelta(seconds=1)
MOST_AT_ONCE = 100
TAKEN = "250 written for the demo, and not sent"
LIKELY: Mapping[str, str | None] = {"tell": None, SEEK_TASK: "0 given"}
"""What comes of most work of a task; none of these asks for the number of its row."""
_NEVER = datetime.max.replace(tzinfo=UTC)

# Written out in the statement: a plan made for any value could not use the partial indexes.
_IS_WAITING = OutboxRow.state.in_([literal_column(f"'{state}'") for state in WAITING])
_IS_RUNNING = SlaTimer.state == literal_column("'running'")
_IS_SOLVED = and_(Ticket.category == literal_column("'solved'"), Ticket.merged_into_id.is_(None))
_NEXT = select(
    select(func.min(OutboxRow.due_at)).where(_IS_WAITING).scalar_subquery().label("work"),
    select(func.min(SlaTimer.due_at)).where(_IS_RUNNING).scalar_subquery().label("breach"),
    select(func.min(SlaTimer.warn_at))
    .where(_IS_RUNNING, SlaTimer.warned_at.is_(None), SlaTimer.due_at > SlaTimer.warn_at)
    .scalar_subquery()
    .label("warning"),
    select(func.min(SlaTimer.step_at)).where(SlaTimer.step_at.is_not(None)).scalar_subquery().label("escalation"),
    select(func.min(Ticket.closes_at)).where(_IS_SOLVED).scalar_subquery().label("closing"),
)
_DUE = select(OutboxRow).where(_IS_WAITING).order_by(OutboxRow.due_at, OutboxRow.id)


def let_pass(since: datetime, until: datetime) -> None:
    """Do what falls due up to `until`, each thing at its time; raises RuntimeError for what does not get done."""
    _at_hand(since)
    clock, again = since, 0
    while True:
        what, due = _next()
        if due > until:
            return
        again = again + 1 if due <= clock else 0
        if again > MOST_AT_ONCE:
            raise RuntimeError(f"{what} of {due} does not get done")
        clock = max(clock, due)
        if what == "work":
            work(clock)
        elif what == "breach":
            sweep.breach_due(clock)
        elif what == "warning":
            sweep.warn_due(clock)
        elif what == "escalation":
            stepping.take_due(clock)
        else:
            progress.close_due(clock)


def _next() -> tuple[str, datetime]:
    """What falls due next, and when."""
    row = db.session.execute(_NEXT).one()
    times = {
        "work": row.work or _NEVER,
        # The sweep waits a little for answers given in time.
        "breach": row.breach + sweep.GRACE + A_MOMENT if row.breach else _NEVER,
        "warning": row.warning or _NEVER,
        "escalation": row.escalation + sweep.GRACE + A_MOMENT if row.escalation else _NEVER,
        "closing": row.closing or _NEVER,
    }
    return min(times.items(), key=lambda pair: pair[1])


def work(now: datetime) -> None:
    """Do the work that is due as the workers would, but in the transaction that is open; errors are not kept quiet.

    Nobody else works yet, so no row needs to be claimed, and what was only just left need not be looked for.
    """
    _at_hand(now)
    for row in db.session.scalars(_DUE.where(OutboxRow.due_at <= now)).all():
        _do(row)
        _at_hand(now)


def _at_hand(now: datetime) -> None:
    """What this transaction has left to be done, and what that leaves."""
    while rows := _left():
        due = sorted((row for row in rows if row.due_at <= now), key=lambda row: row.due_at)
        for row in due:
            if row.task in LIKELY:
                _ended(row, "done", LIKELY[row.task])  # said before it is done, so that it is written once, and for all
        for row in due:
            _do(row)


def _left() -> list[OutboxRow]:
    """The work that a commit would leave here."""
    events.leave_rows(db.session())
    rows: list[OutboxRow] = db.session.info.pop("outbox", [])
    return rows


def _do(row: OutboxRow) -> None:
    """One piece of work. Mail of the past is not sent again: it counts as taken."""
    if row.lane == "mail":
        _ended(row, "sent", TAKEN)
        return
    if row.task not in LIKELY and row.id is None:
        db.session.flush()
    tasks: Mapping[str, Task] = current_app.extensions["ticketdesk.tasks"]
    claim = Claim(row.id, "", row.task, row.payload, 1, row.message_id, row.recipient, row.channel, row.purpose)
    try:
        _ended(row, *tasks[row.task].run(claim, row.due_at))
    except NotYet as later:
        row.due_at = later.due_at


def _ended(row: OutboxRow, state: str, response: str | None) -> None:
    row.state, row.response, row.attempts, row.finished_at = state, response, 1, row.due_at
