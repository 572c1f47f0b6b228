"""How long was worked on a ticket, as it stands beside the conversation and in the sheet."""

from dataclasses import dataclass, field

from sqlalchemy import func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets import span_words, timekeeping
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import MEASURED, TimeSpent
from ticketdesk.web import formatting, spans
from ticketdesk.web.texts import _

SHOWN = 100
"""Lines of a sheet, the newest; older ones are in its sums."""


@dataclass(frozen=True, slots=True)
class Total:
    """How long in all, and how much of it is the reader's own."""

    seconds: int
    own: int
    is_all: bool  # whether the reader may know of others' time

    @property
    def words(self) -> str:
        """The same in a few words: "12 min, of which mine 7 min"."""
        own = spans.short(self.own)
        if not self.is_all:
            return _("mine %(span)s", span=own) if self.own else _("none of mine")
        if not self.seconds:
            return _("none yet")
        if self.own == self.seconds:
            return _("%(span)s, all of it mine", span=own)
        if not self.own:
            return _("%(span)s, none of it mine", span=spans.short(self.seconds))
        return _("%(span)s, of which mine %(own)s", span=spans.short(self.seconds), own=own)


@dataclass(frozen=True, slots=True)
class Line:
    """One sitting, or what was written down at once."""

    id: int
    day: str
    span: str
    is_measured: bool
    measured: str | None  # what was measured, where it was corrected
    note: str
    written: str  # the span as it can be typed again


@dataclass(frozen=True, slots=True)
class Of:
    """What one agent spent."""

    agent_id: int
    name: str
    span: str
    lines: list[Line] = field(default_factory=list)


def of(ticket: Ticket, reader: Agent, *, is_all: bool) -> tuple[Total, list[Of]]:
    """The time of each agent that the reader may know of, the reader's own first; two queries."""
    wanted = (
        select(Agent.id, Agent.name, func.sum(TimeSpent.seconds).label("seconds"))
        .join(TimeSpent, TimeSpent.agent_id == Agent.id)
        .where(TimeSpent.counts_for_id == ticket.id, timekeeping.counts())
        .group_by(Agent.id)
        .order_by(Agent.id != reader.id, Agent.name)
    )
    rows = db.session.execute(wanted if is_all else wanted.where(Agent.id == reader.id)).all()
    people = {row.id: Of(row.id, row.name, spans.short(row.seconds)) for row in rows}
    for spent in timekeeping.of_ticket(ticket, SHOWN, None if is_all else reader):
        if spent.agent_id in people:
            people[spent.agent_id].lines.append(_line(spent))
    own = sum(int(row.seconds) for row in rows if row.id == reader.id)
    return Total(sum(int(row.seconds) for row in rows), own, is_all), list(people.values())


def _line(spent: TimeSpent) -> Line:
    is_corrected = spent.corrected_at is not None and spent.measured_s is not None
    return Line(
        spent.id,
        formatting.date_only(spent.day),
        spans.short(spent.seconds),
        spent.kind == MEASURED,
        spans.short(spent.measured_s or 0) if is_corrected else None,
        spent.note,
        span_words.written(spent.seconds),
    )
