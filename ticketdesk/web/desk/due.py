"""By when, as a chip shows it: a kind with a shape, words, and the share of the time that is left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting, spans
from ticketdesk.web.texts import _

SOON = timedelta(hours=1)
"""From here on a chip says "soon"; times.js in the browser uses the same hour."""

Kind = Literal["calm", "soon", "late", "paused", "met", "none"]


@dataclass(frozen=True, slots=True)
class Due:
    """One due time. `at` and `since` are set while the clock runs and the chip moves."""

    kind: Kind
    lead: str
    words: str
    left: int = 100  # percent
    at: datetime | None = None
    since: datetime | None = None

    @property
    def step(self) -> int:
        """The share that is left in steps of five, as the stylesheet knows them."""
        return -(-self.left // 5) * 5


def of_ticket(ticket: Ticket, now: datetime) -> Due | None:
    """The next thing due on a ticket; None when nothing is promised or nothing waits."""
    if ticket.next_due_metric is None:
        return None
    if ticket.next_due_state == "paused":
        return _paused(ticket.next_due_metric)
    if ticket.next_due_at is None:
        return None
    return _running(ticket.next_due_metric, ticket.next_due_started_at, ticket.next_due_at, now)


def of_timer(timer: SlaTimer, now: datetime) -> Due:
    """One clock in the side panel."""
    if timer.state == "paused":
        return _paused(timer.metric)
    if timer.state == "met":
        return Due("met", metric(timer.metric), _("met"))
    if timer.state == "breached" and timer.stopped_at is not None:
        return Due("none", metric(timer.metric), _("missed"))
    if timer.state == "ended" or timer.due_at is None:
        return Due("none", metric(timer.metric), _("ended"))
    return _running(timer.metric, timer.started_at, timer.due_at, now)


def used(timer: SlaTimer) -> str:
    """What was promised, in business hours, and how much of it a clock at rest has used."""
    whole = spans.short(timer.target_s)
    if timer.state == "running":
        return _("promised within %(target)s", target=whole)
    return _("%(used)s of %(target)s", used=spans.short(timer.consumed_s), target=whole)


def metric(name: str) -> str:
    """The name of a measured time."""
    names = {
        "first_response": _("First response"),
        "next_response": _("Next response"),
        "resolution": _("Resolution"),
    }
    return names.get(name, name)


def _paused(name: str) -> Due:
    return Due("paused", metric(name), _("paused"))


def _running(name: str, since: datetime | None, at: datetime, now: datetime) -> Due:
    if at <= now:
        words = _("late %(span)s", span=formatting.duration((now - at).total_seconds()))
        return Due("late", metric(name), words, 100, at, since)
    whole = (at - since).total_seconds() if since is not None else 0.0
    left = round(100 * (at - now).total_seconds() / whole) if whole > 0 else 100
    kind: Kind = "soon" if at - now < SOON else "calm"
    is_near = formatting.says_span(at, now)
    lead = _("%(metric)s due in", metric=metric(name)) if is_near else _("%(metric)s due", metric=metric(name))
    return Due(kind, lead, formatting.due(at, now), max(1, min(100, left)), at, since)
