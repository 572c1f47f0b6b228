"""Time written down by hand, corrected, removed and put back; and where it counts when tickets become one."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, func, select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.tickets import chain, timeline
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import BY_HAND, TimeSpent

LONGEST_NOTE = 200
MOST_S = 24 * 3_600
"""Seconds in one line: it belongs to one day."""
OLDEST = timedelta(days=366)


def add(ticket: Ticket, seconds: int, day: date, note: str, by: Agent, at: datetime) -> TimeSpent:
    """Write down time of one's own; raises Invalid for none, too much, and a day to come or long gone."""
    ticket = lock_standing(ticket.id)
    _check(seconds)
    today = day_of(by, at)
    if day > today:
        raise Invalid("This day is still to come. Choose today or an earlier day.", "day")
    if day < today - OLDEST:
        raise Invalid("This day is more than a year ago. Choose a later one.", "day")
    spent = TimeSpent(
        ticket_id=ticket.id,
        counts_for_id=ticket.id,
        agent_id=by.id,
        kind=BY_HAND,
        day=day,
        began_at=at,
        seconds=seconds,
        note=_words(note),
    )
    db.session.add(spent)
    db.session.flush()
    timeline.record(ticket, "time_added", by.actor, at, {"time_id": spent.id, "seconds": seconds})
    return spent


def correct(ticket: Ticket, time_id: int, seconds: int, note: str, by: Agent, at: datetime) -> TimeSpent:
    """Say that a line of one's own took so long; what was measured is kept. Raises NotFound, or Invalid."""
    ticket, spent = _own(ticket, time_id, by)
    _check(seconds)
    spent.note = _words(note)
    if seconds != spent.seconds:
        data = {"time_id": spent.id, "from": spent.seconds, "to": seconds}
        spent.seconds = seconds
        spent.corrected_at = None if seconds == spent.measured_s else at
        timeline.record(ticket, "time_corrected", by.actor, at, data)
    return spent


def remove(ticket: Ticket, time_id: int, by: Agent, at: datetime) -> TimeSpent:
    """Let a line of one's own count no longer. Raises NotFound."""
    ticket, spent = _own(ticket, time_id, by)
    spent.removed_at = at
    timeline.record(ticket, "time_removed", by.actor, at, {"time_id": spent.id, "seconds": spent.seconds})
    return spent


def put_back(ticket: Ticket, time_id: int, by: Agent, at: datetime) -> TimeSpent:
    """What was removed counts again. Raises NotFound."""
    ticket, spent = _own(ticket, time_id, by, removed=True)
    if spent.removed_at is not None:
        spent.removed_at = None
        timeline.record(ticket, "time_put_back", by.actor, at, {"time_id": spent.id, "seconds": spent.seconds})
    return spent


def of_ticket(ticket: Ticket, most: int, only: Agent | None = None) -> Sequence[TimeSpent]:
    """The newest lines that count for a ticket; those of one agent, or of all."""
    lines = select(TimeSpent).where(counts(), TimeSpent.counts_for_id == ticket.id)
    if only is not None:
        lines = lines.where(TimeSpent.agent_id == only.id)
    return db.session.scalars(lines.order_by(TimeSpent.day.desc(), TimeSpent.id.desc()).limit(most)).all()


def sum_of(agent_id: int | None = None) -> ScalarSelect[int]:
    """The seconds that count for a ticket, of one agent or of all, as a column beside its row."""
    total = select(func.coalesce(func.sum(TimeSpent.seconds), 0)).where(counts(), TimeSpent.counts_for_id == Ticket.id)
    return (total if agent_id is None else total.where(TimeSpent.agent_id == agent_id)).scalar_subquery()


def counts() -> ColumnElement[bool]:
    """Whether a line counts."""
    return TimeSpent.removed_at.is_(None)


def day_of(agent: Agent, at: datetime) -> date:
    """Which day a moment belongs to on an agent's clock."""
    return at.astimezone(ZoneInfo(agent.timezone)).date()


def carry(source: Ticket, survivor: Ticket) -> None:
    """Both are locked: what counted for the one counts for the other; where it was spent stays as it is."""
    moved = update(TimeSpent).where(TimeSpent.counts_for_id == source.id)
    db.session.execute(moved.values(counts_for_id=survivor.id))


def give_back(survivor: Ticket, source: Ticket) -> None:
    """A merge was taken back: what was spent in the source, or in what had become part of it, counts for it again."""
    parts = chain.parts(source)
    moved = update(TimeSpent).where(TimeSpent.counts_for_id == survivor.id, TimeSpent.ticket_id.in_(parts))
    db.session.execute(moved.values(counts_for_id=source.id))


def _own(ticket: Ticket, time_id: int, by: Agent, *, removed: bool = False) -> tuple[Ticket, TimeSpent]:
    ticket = lock_standing(ticket.id)
    spent = db.session.get(TimeSpent, time_id, populate_existing=True, with_for_update=True)
    if spent is None or spent.counts_for_id != ticket.id or spent.agent_id != by.id:
        raise NotFound("There is no such time, or it is not yours.")
    if spent.removed_at is not None and not removed:
        raise NotFound("This time was removed.")
    return ticket, spent


def _check(seconds: int) -> None:
    if seconds <= 0:
        raise Invalid("Write how long it took. To count nothing, remove the line.", "spent")
    if seconds > MOST_S:
        raise Invalid("One line holds a day at most: 24 hours. Write the rest on another day.", "spent")


def _words(note: str) -> str:
    words = " ".join(note.split())
    if len(words) > LONGEST_NOTE:
        raise Invalid(f"A note has at most {LONGEST_NOTE} letters.", "note")
    return words
