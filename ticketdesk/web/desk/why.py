"""Why a clock shows what it shows: its life in stretches, drawn to scale and told."""

from dataclasses import dataclass, replace
from datetime import datetime

from ticketdesk.sla import loading, timers
from ticketdesk.sla.explain import Segment, Timer
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.desk import due
from ticketdesk.web.texts import _

WIDTH = 1000
CLOSED = 25
"""Hours in which nothing counts are drawn as a short line, however long the night."""
LEAST = 12
LOOKS = {"running": "run", "paused": "pause", "closed": "closed"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch: when, how much of it counted, and what began it; `x` and `width` in thousandths of the strip."""

    look: str
    state: str
    start: datetime
    end: datetime
    span: str
    reason: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Why:
    """The life of one clock."""

    metric: str
    name: str
    used: str
    target: str
    policy: str
    version: int
    since: datetime
    due_at: datetime | None
    stretches: list[Stretch]
    left: tuple[int, int] | None

    @property
    def spoken(self) -> str:
        """The strip in words."""
        return ", ".join(f"{stretch.state} {stretch.span}".strip() for stretch in self.stretches)


def of(ticket: Ticket, metric: str, now: datetime) -> Why | None:
    """The newest clock of a kind on a ticket, replayed from its events; None when there is none."""
    told = loading.happenings([ticket.id]).get(ticket.id, [])
    found = [timer for timer in timers.reckon(told, timers.terms([told]), now) if timer.metric == metric]
    return _why(max(found, key=lambda timer: timer.cycle)) if found else None


def _why(timer: Timer) -> Why:
    segments = _nights_joined(timer.segments())
    is_over = timer.stopped_at is not None
    left_s = 0 if is_over else max(0, timer.target_s - timer.consumed_s)
    weights = [_weight(segment) for segment in segments]
    fixed = sum(CLOSED for segment in segments if segment.state == "closed")
    scale = max(1, WIDTH - fixed) / max(1, sum(weights) + left_s)
    stretches: list[Stretch] = []
    x = 0
    for segment, weight in zip(segments, weights, strict=True):
        width = CLOSED if segment.state == "closed" else max(LEAST, round(weight * scale))
        stretches.append(
            Stretch(
                LOOKS[segment.state],
                _state(segment.state),
                segment.start,
                segment.end,
                "" if segment.state == "closed" else formatting.duration(_seconds(segment)),
                _reason(segment),
                x,
                width,
            )
        )
        x += width
    return Why(
        timer.metric,
        due.metric(timer.metric),
        formatting.duration(timer.consumed_s),
        formatting.duration(timer.target_s),
        timer.policy.name,
        timer.policy.number,
        timer.started_at,
        timer.due_at,
        stretches,
        (x, max(LEAST, round(left_s * scale))) if left_s else None,
    )


def _nights_joined(segments: list[Segment]) -> list[Segment]:
    """Closed stretches side by side as one: what happened while nothing counted changes nothing."""
    joined: list[Segment] = []
    for segment in segments:
        if joined and segment.state == joined[-1].state == "closed":
            joined[-1] = replace(joined[-1], end=segment.end)
        else:
            joined.append(segment)
    return joined


def _weight(segment: Segment) -> float:
    return 0 if segment.state == "closed" else _seconds(segment)


def _seconds(segment: Segment) -> float:
    """What counted, or for a pause how long it was."""
    return segment.business_s if segment.state == "running" else (segment.end - segment.start).total_seconds()


def _state(state: str) -> str:
    return {"running": _("Running"), "paused": _("Paused"), "closed": _("Closed")}.get(state, state)


def _reason(segment: Segment) -> str:
    """What began the stretch, in words."""
    if segment.state == "closed":
        return _("Outside business hours")
    reasons = {
        "ticket_opened": _("The ticket was opened"),
        "message_received": _("The customer wrote"),
        "message_accepted": _("A held message was accepted"),
        "reply_sent": _("An agent answered"),
        "reply_failed": _("A reply could not be delivered"),
        "status_changed": _("The status changed"),
        "priority_changed": _("The priority changed"),
        "queue_changed": _("The queue changed"),
        "sla_applied": _("Another policy applied"),
        "unmarked_spam": _("It was no spam after all"),
        "restored": _("It came out of the trash"),
    }
    return reasons.get(segment.reason, segment.reason.replace("_", " "))
