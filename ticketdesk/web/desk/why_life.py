"""The life of a clock, stretch by stretch, each with what began it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ticketdesk.calendars.hours import instant_of, second_of
from ticketdesk.sla.clock import Stretch
from ticketdesk.sla.explain import Happening, Segment, Timer
from ticketdesk.web import formatting, spans
from ticketdesk.web.desk import stood
from ticketdesk.web.desk.causes import Cause, Causes
from ticketdesk.web.desk.strip import Look
from ticketdesk.web.texts import _

STOPS = (
    "reply_sent",
    "reply_repeated",
    "no_reply_needed",
    "status_changed",
    "merge_undone",
    "split_from",
    "split_off",
    "ticket_opened",
)
"""What can end a clock."""

PROMISES = ("priority_changed", "queue_changed", "medium_changed", "sla_applied")
"""What changes nothing but the time that is promised."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of it as it is told."""

    look: Look
    state: str
    start: datetime
    end: datetime
    span: str
    words: str
    cause: Cause | None
    is_open: bool = False  # it goes on now


def drawn(timer: Timer) -> list[tuple[Look, Segment]]:
    """All of it, cut wherever the hours begin and end."""
    return _looks(timer.segments(), timer.breached_at)


def _whole_pauses(timer: Timer) -> list[tuple[Look, Segment]]:
    """The same with each pause as one: while it stands still, nights make no difference."""
    every = timer.segments()
    found: list[Segment] = []
    for stretch in timer.stretches:
        if stretch.mode == "running":
            found += [one for one in every if stretch.start <= second_of(one.start) < stretch.end]
        else:
            start, end = instant_of(stretch.start), instant_of(stretch.end)
            found.append(Segment(start, end, "paused", 0, stretch.reason, stretch.seq))
    return _looks(found, timer.breached_at)


def _looks(segments: Sequence[Segment], missed: datetime | None) -> list[tuple[Look, Segment]]:
    """Each with how it looks, cut where the promised time was over."""
    found: list[tuple[Look, Segment]] = []
    for segment in segments:
        if segment.state == "running":
            found += _cut(segment, missed)
        else:
            found.append(("closed" if segment.state == "closed" else "pause", segment))
    return found


def _cut(segment: Segment, missed: datetime | None) -> list[tuple[Look, Segment]]:
    """A running segment as what was in time and what was not."""
    if missed is None or segment.end <= missed:
        return [("run", segment)]
    if segment.start >= missed:
        return [("over", segment)]
    late_s = int((segment.end - missed).total_seconds())
    before = Segment(segment.start, missed, "running", segment.business_s - late_s, segment.reason, segment.event_seq)
    after = Segment(missed, segment.end, "running", late_s, segment.reason, segment.event_seq)
    return [("run", before), ("over", after)]


def told(timer: Timer, happenings: Sequence[Happening], causes: Causes, now: datetime) -> list[Piece]:
    """All of it in words. While it stands still, nights make no difference and are not told."""
    carried = timer.consumed_s - sum(segment.business_s for segment in timer.segments())
    pieces: list[Piece] = []
    for look, segment in _whole_pauses(timer):
        index = next(
            (n for n, stretch in enumerate(timer.stretches) if stretch.start == second_of(segment.start)), None
        )
        words, cause = _words(timer, look, segment, index, happenings, causes, carried)
        is_open = timer.stopped_at is None and segment.end >= now.replace(microsecond=0)
        span = _span(look, segment)
        pieces.append(Piece(look, _state(look), segment.start, segment.end, span, words, cause, is_open))
    return pieces


def end(timer: Timer, happenings: Sequence[Happening]) -> int | None:
    """The seq of the event that ended it; None while it goes on."""
    if timer.stopped_at is None:
        return None
    at = int(timer.stopped_at.timestamp())
    fitting = [one for one in happenings if one.kind in STOPS and int(one.at.timestamp()) == at]
    return fitting[0].seq if fitting else None


def _words(
    timer: Timer,
    look: Look,
    segment: Segment,
    index: int | None,
    happenings: Sequence[Happening],
    causes: Causes,
    carried: int,
) -> tuple[str, Cause | None]:
    """Why it is so, and the event that made it so; what merely goes on has none."""
    cause = causes.by_seq.get(segment.event_seq)
    if timer.breached_at is not None and look == "over" and segment.start == timer.breached_at:
        return _("the promised time is over"), cause if index is not None else None
    if index is None or cause is None:
        return (_("outside business hours") if look == "closed" else _("it goes on")), None
    before = timer.stretches[index - 1] if index else None
    follows = _follows(timer, timer.stretches[index], before, happenings, causes, carried)
    return (_("%(follows)s, when business hours begin", follows=follows) if look == "closed" else follows), cause


def _follows(
    timer: Timer,
    stretch: Stretch,
    before: Stretch | None,
    happenings: Sequence[Happening],
    causes: Causes,
    carried: int,
) -> str:
    """What an event made of the clock."""
    if stretch.mode == "aside":
        return _("it is set aside")
    if stretch.mode == "paused":
        goes_on = before is not None and before.mode == "paused"
        return _("it goes on standing still") if goes_on else _waits(stood.by_seq(happenings, stretch.seq), causes)
    if before is None and carried > 0:
        return _("it goes on with %(span)s already used", span=spans.short(carried))
    if before is None and stretch.reason in PROMISES:
        return _("the clock starts, with %(span)s promised", span=spans.short(timer.target_s))
    if before is None:
        return _("the clock starts")
    if before.mode != "running":
        return _("it runs again")
    if stretch is timer.stretches[-1] and not timer.late_at_change:
        return _("from here %(span)s are promised", span=spans.short(timer.target_s))
    return _("another time is promised")


def _waits(facts: stood.Stood, causes: Causes) -> str:
    if facts.category == "pending":
        return _("it stands still while we wait for %(who)s", who=causes.requester)
    if facts.category == "on_hold":
        return _("it stands still while we wait for somebody else")
    return _("it stands still")


def _state(look: Look) -> str:
    states: dict[Look, str] = {
        "run": _("Running"),
        "over": _("Running, late"),
        "pause": _("Stands still"),
        "closed": _("Closed"),
    }
    return states.get(look, "")


def _span(look: Look, segment: Segment) -> str:
    """What counted; for a pause how long it was, for a night nothing."""
    if look == "closed":
        return ""
    if look == "pause":
        return formatting.duration((segment.end - segment.start).total_seconds())
    return spans.short(segment.business_s)
