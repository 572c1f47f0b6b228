"""Writing what the replay says into the rows that lists and sweeps read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ticketdesk.core.db import db
from ticketdesk.sla import steps
from ticketdesk.sla.explain import Timer
from ticketdesk.sla.policies import next_due
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.ticket import Ticket

Key = tuple[str, int]
"""A metric and its cycle."""


def columns(timer: Timer) -> dict[str, Any]:
    """The columns of a timer's row that repeat the replay."""
    return {
        "policy_version_id": timer.policy.version_id,
        "calendar_version_id": timer.hours.newest_id,
        "target_s": timer.target_s,
        "started_at": timer.started_at,
        "state": timer.state,
        "consumed_s": timer.banked_s,
        "resumed_at": timer.resumed_at,
        "due_at": timer.due_at,
        "warn_at": timer.warn_at,
        "breached_at": timer.breached_at,
        "late_at_change": timer.late_at_change,
        "stopped_at": timer.stopped_at,
        "ended_reason": timer.ended_reason,
        "step_at": steps.next_moment(timer),
    }


def write(ticket: Ticket, timers: Sequence[Timer], rows: Sequence[SlaTimer]) -> tuple[list[SlaTimer], list[SlaTimer]]:
    """Make the rows of a locked ticket repeat its timers; returns all, and those missed since they were last written.

    A row that no timer stands for goes: it was never promised.
    """
    stored = {(row.metric, row.cycle): row for row in rows}
    written: list[SlaTimer] = []
    missed: list[SlaTimer] = []
    for timer in timers:
        values = columns(timer)
        row = stored.pop((timer.metric, timer.cycle), None)
        known = None if row is None else row.breached_at
        if row is None:
            row = SlaTimer(ticket_id=ticket.id, metric=timer.metric, cycle=timer.cycle, **values)
            db.session.add(row)
        else:
            for name, value in values.items():
                if getattr(row, name) != value:
                    setattr(row, name, value)
            if row.failures:
                row.failures, row.retry_at = 0, None
        written.append(row)
        if timer.breached_at is not None and known is None:
            missed.append(row)
    for row in stored.values():
        db.session.delete(row)
    show(ticket, timers)
    return written, missed


def show(ticket: Ticket, timers: Sequence[Timer]) -> None:
    """Let lists show the clock with least time left."""
    due = next_due(timers)
    ticket.next_due_at = None if due is None else due.at
    ticket.next_due_metric = None if due is None else due.metric
    ticket.next_due_state = None if due is None else due.state
    ticket.next_due_started_at = None if due is None else due.started_at


def differences(ticket: Ticket, timers: Sequence[Timer], rows: Sequence[SlaTimer]) -> list[str]:
    """In which columns the rows do not repeat the timers, in words for an administrator; nothing when all is well."""
    found: list[str] = []
    stored: dict[Key, SlaTimer] = {(row.metric, row.cycle): row for row in rows}
    for timer in timers:
        name = f"{timer.metric} {timer.cycle}"
        row = stored.pop((timer.metric, timer.cycle), None)
        if row is None:
            found.append(f"{name}: missing")
            continue
        for column, value in columns(timer).items():
            if column == "calendar_version_id" and timer.state == "ended":
                continue  # nothing is reckoned with it
            if getattr(row, column) != value:
                found.append(f"{name}: {column} is {_said(getattr(row, column))}, should be {_said(value)}")
    found += [f"{metric} {cycle}: should not exist" for metric, cycle in stored]
    due = next_due(timers)
    shown = (ticket.next_due_at, ticket.next_due_metric, ticket.next_due_state)
    if shown != ((due.at, due.metric, due.state) if due else (None, None, None)):
        found.append(f"next due is {_said(ticket.next_due_at)}, should be {_said(due.at if due else None)}")
    return found


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
