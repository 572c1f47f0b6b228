"""The clocks of a ticket, as they stand beside it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from ticketdesk.core.db import db
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import due

METRICS = ("first_response", "next_response", "resolution")


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of the side panel."""

    metric: str
    name: str
    due: due.Due
    used: str
    at: datetime | None


def of(ticket: Ticket, now: datetime) -> list[Clock]:
    """The newest clock of each kind."""
    newest: dict[str, SlaTimer] = {}
    for timer in db.session.scalars(_TIMERS, {"ticket_id": ticket.id}):
        newest[timer.metric] = timer
    return [
        Clock(name, due.metric(name), due.of_timer(newest[name], now), due.used(newest[name]), newest[name].due_at)
        for name in METRICS
        if name in newest
    ]


_TIMERS = select(SlaTimer).where(SlaTimer.ticket_id == bindparam("ticket_id")).order_by(SlaTimer.cycle)
