"""Promising: what customers were told of an answer is kept as a record, and judged whenever its clock is reckoned."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, select, update

from ticketdesk.calendars import loading as calendars
from ticketdesk.core import outbox
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.kept import kept
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.sla import judging, loading
from ticketdesk.sla.explain import Timer
from ticketdesk.sla.judging import Counted, Turn
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

TASK = "promise.tell"
RESPONSES = ("first_response", "next_response")
CAUSES = (
    "priority_changed",
    "queue_changed",
    "medium_changed",
    "sla_applied",
    "merged_from",
    "merge_undone",
    "split_off",
)
"""What moves a due time by an event; anything else is the business hours, which change without one."""


def make(ticket: Ticket, said_in: str, at: datetime) -> SlaPromise | None:
    """A customer was just told by when to expect an answer: keep that; said again it stays as it was said first.

    None when no answer is promised, or that time is over.
    """
    ticket = lock_one(ticket.id)
    row = _awaited(ticket, at)
    if row is None or row.due_at is None:
        return None
    known = _made([ticket.id])[ticket.id]
    made = next((one for one in known if (one.metric, one.cycle) == (row.metric, row.cycle)), None)
    if made is not None:
        return made
    promise = SlaPromise(
        ticket_id=ticket.id,
        metric=row.metric,
        cycle=row.cycle,
        made_at=at,
        said_in=said_in,
        first_for=row.due_at,
        promised_for=row.due_at,
        state="made",
    )
    db.session.add(promise)
    known.append(promise)
    data = {"metric": row.metric, "cycle": row.cycle, "for": row.due_at.isoformat(), "in": said_in}
    timeline.record(ticket, "promise_made", SYSTEM, at, data)
    _plan(promise, judging.tell_at(promise.standing, counted(row)), at)
    return promise


def follow(reckoned: Sequence[tuple[Ticket, Sequence[Timer]]], now: datetime) -> None:
    """Judge the promises of locked tickets by their clocks as they were just reckoned, and record what became of them.

    Called by whatever reckons clocks, under the same lock, so that no order of events passes one by.
    """
    found = _made([ticket.id for ticket, _ in reckoned])
    for ticket, timers in reckoned:
        open_yet = [promise for promise in found[ticket.id] if promise.state != "broken"]
        if not open_yet:
            continue
        clocks: dict[tuple[str, int], Timer] = {(timer.metric, timer.cycle): timer for timer in timers}
        for promise in open_yet:
            _judge(ticket, promise, clocks.get((promise.metric, promise.cycle)), now)


def take(ticket: Ticket, promise: SlaPromise, turn: Turn) -> None:
    """Record one thing that became of a locked ticket's promise."""
    timeline.record(ticket, turn.kind, SYSTEM, turn.at, dict(turn.data))
    promise.follow(judging.after(promise.standing, turn))


def of_ticket(ticket_id: int) -> list[SlaPromise]:
    """What was promised on a ticket, the oldest first."""
    made = select(SlaPromise).where(SlaPromise.ticket_id == ticket_id)
    return list(db.session.scalars(made.order_by(SlaPromise.made_at, SlaPromise.id)))


def is_made() -> ColumnElement[bool]:
    """Whether anything was promised on a ticket, as a column beside it."""
    return select(SlaPromise.id).where(SlaPromise.ticket_id == Ticket.id).exists()


def counted(row: SlaTimer) -> Counted:
    """What a stored clock counts."""
    policy = loading.policies([row.policy_version_id])[row.policy_version_id]
    return Counted(policy, calendars.histories([policy.calendar_id])[policy.calendar_id], row.target_s)


def _made(ticket_ids: Collection[int]) -> Mapping[int, list[SlaPromise]]:
    """The promises of locked tickets, oldest first, read once in a transaction: only `make` adds to them.

    Clocks are reckoned at every event, so the tickets' own rows, not yet written, are not written for this.
    """
    known: dict[int, list[SlaPromise]] = kept("promises")
    unread = [ticket_id for ticket_id in ticket_ids if ticket_id not in known]
    if unread:
        known.update({ticket_id: [] for ticket_id in unread})
        with db.session.no_autoflush:
            for promise in db.session.scalars(_MADE, {"ids": unread}):
                known[promise.ticket_id].append(promise)
    return known


# Built once: it is asked at every event of a clock, and building costs more than asking.
_MADE = select(SlaPromise).where(SlaPromise.ticket_id.in_(bindparam("ids", expanding=True))).order_by(SlaPromise.id)


def _judge(ticket: Ticket, promise: SlaPromise, timer: Timer | None, now: datetime) -> None:
    for turn in judging.turns(promise.standing, timer, now):
        if turn.kind == "promise_moved":
            turn = Turn(turn.kind, turn.at, {**turn.data, "why": _cause(ticket, turn.at)})
        take(ticket, promise, turn)
    _plan(promise, judging.tell_at(promise.standing, timer), now)


def _cause(ticket: Ticket, at: datetime) -> str:
    """What moved the due time just now."""
    moved_by = select(Event.kind).where(Event.ticket_id == ticket.id, Event.at == at, Event.kind.in_(CAUSES))
    kinds = db.session.scalars(moved_by.order_by(Event.seq)).all()
    return kinds[-1] if kinds else "hours_changed"


def _awaited(ticket: Ticket, at: datetime) -> SlaTimer | None:
    """The clock of the answer that a customer waits for, while it is not over."""
    return db.session.scalar(_AWAITED, {"ticket_id": ticket.id, "at": at})


_AWAITED = (
    select(SlaTimer)
    .where(
        SlaTimer.ticket_id == bindparam("ticket_id"),
        SlaTimer.metric.in_(RESPONSES),
        SlaTimer.state == "running",
        SlaTimer.stopped_at.is_(None),
        SlaTimer.due_at > bindparam("at"),
    )
    .order_by(SlaTimer.due_at, SlaTimer.metric)
    .limit(1)
)


def _plan(promise: SlaPromise, at: datetime | None, now: datetime) -> None:
    """Let the customer be told at that moment, or not at all, if that is another than was planned."""
    if promise.tell_at == at:
        return
    promise.tell_at = at
    db.session.flush()
    once = f"promise:{promise.id}"
    row = db.session.scalar(select(OutboxRow).where(OutboxRow.once == once).execution_options(populate_existing=True))
    if row is None:
        if at is not None:
            outbox.add(TASK, {"promise_id": promise.id}, due_at=at, once=once)
    elif at is None:
        outbox.cancel(row, now)
    elif row.state == "queued":
        waiting = update(OutboxRow).where(OutboxRow.id == row.id, OutboxRow.state == "queued")
        db.session.execute(waiting.values(due_at=at, nudged_at=None))
    elif row.state != "claimed":
        outbox.again(row, at)  # a claimed one is about to look for itself
