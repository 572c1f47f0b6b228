"""Why a clock shows what it shows: the answer, its life day by day and told, and what became of those before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import format_date

from ticketdesk.calendars.hours import open_spans
from ticketdesk.sla import loading, timers
from ticketdesk.sla.explain import Timer
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting, spans
from ticketdesk.web.desk import causes, due, strip, why_answer, why_life
from ticketdesk.web.desk.causes import Cause
from ticketdesk.web.desk.strip import Row, Strip
from ticketdesk.web.desk.why_answer import Told
from ticketdesk.web.desk.why_life import Piece
from ticketdesk.web.texts import _, ngettext

MOST_PIECES = 12
FIRST_PIECES, LAST_PIECES = 4, 6
MOST_EARLIER = 5


@dataclass(frozen=True, slots=True)
class Why:
    """One clock, explained."""

    metric: str
    name: str
    head: str
    joint: str
    because: str
    chosen: str
    if_so: str
    strip: Strip
    first: list[Piece]
    middle: list[Piece]
    last: list[Piece]
    end: Cause | None
    ended_at: datetime | None
    since: datetime
    due_at: datetime | None
    missed_at: datetime | None
    earlier: list[str]
    before: int  # how many more cycles there were

    def day(self, row: Row) -> str:
        """What stands before a row of the strip."""
        if row.folded:
            return ngettext("%(num)s day more", "%(num)s days more", row.folded)
        return str(format_date(row.day, "EEE d"))


def of(ticket: Ticket, metric: str, now: datetime) -> Why | None:
    """The newest clock of a kind on a ticket, replayed from its events; None when there is none."""
    told = loading.happenings([ticket.id]).get(ticket.id, [])
    of_kind = [timer for timer in timers.reckon(told, timers.terms([told]), now) if timer.metric == metric]
    if not of_kind:
        return None
    *earlier, timer = sorted(of_kind, key=lambda one: one.cycle)
    end = why_life.end(timer, told)
    seqs = {stretch.seq for stretch in timer.stretches} | ({end} if end is not None else set())
    return _why(Told(timer, told, causes.of(ticket, seqs), now), earlier, end)


def _why(one: Told, earlier: Sequence[Timer], end: int | None) -> Why:
    timer, now = one.timer, one.now
    pieces = why_life.told(timer, one.happenings, one.causes, now)
    is_long = len(pieces) > MOST_PIECES
    return Why(
        metric=timer.metric,
        name=due.metric(timer.metric),
        head=why_answer.head(one),
        joint=why_answer.joint(timer),
        because=why_answer.because(one),
        chosen=why_answer.chosen(one),
        if_so=why_answer.if_so(one),
        strip=_strip(timer, now),
        first=pieces[:FIRST_PIECES] if is_long else pieces,
        middle=pieces[FIRST_PIECES:-LAST_PIECES] if is_long else [],
        last=pieces[-LAST_PIECES:] if is_long else [],
        end=None if end is None else one.causes.by_seq.get(end),
        ended_at=timer.stopped_at,
        since=timer.started_at,
        due_at=timer.due_at if timer.stopped_at is None else None,
        missed_at=timer.breached_at,
        earlier=[_verdict(one, now) for one in reversed(earlier[-MOST_EARLIER:])],
        before=max(0, len(earlier) - MOST_EARLIER),
    )


def _strip(timer: Timer, now: datetime) -> Strip:
    """Its days, with what is left of them until it is due."""
    pieces = [strip.Piece(look, segment.start, segment.end) for look, segment in why_life.drawn(timer)]
    marks = [("start", timer.started_at)]
    if timer.breached_at is not None:
        marks.append(("missed", timer.breached_at))
    elif timer.due_at is not None and timer.stopped_at is None:
        marks.append(("due", timer.due_at))
    if timer.stopped_at is not None:
        marks.append(("end", timer.stopped_at))
    else:
        marks.append(("now", now))
    if timer.state == "running" and timer.due_at is not None:
        pieces += [strip.Piece("left", opens, closes) for opens, closes in open_spans(timer.hours, now, timer.due_at)]
    return strip.draw(pieces, marks, formatting.local)


def _verdict(timer: Timer, now: datetime) -> str:
    """What became of an earlier clock of the same kind, in one line."""
    used = _("%(used)s of %(target)s", used=spans.short(timer.consumed_s), target=spans.short(timer.target_s))
    if timer.breached_at is not None:
        return _("missed %(when)s, %(used)s", when=why_answer.when(timer.breached_at, now), used=used)
    if timer.state == "met" and timer.stopped_at is not None:
        return _("met %(when)s, %(used)s", when=why_answer.when(timer.stopped_at, now), used=used)
    at = timer.stopped_at or timer.started_at
    return _("ended without a verdict %(when)s, %(used)s", when=why_answer.when(at, now), used=used)
