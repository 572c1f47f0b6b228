"""The life of a clock day by day: where everything stands on the sheet, in the reader's own zone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

Look = Literal["run", "over", "pause", "closed", "left"]

WIDTH, LABEL = 280, 50
ROW, BAR, TOP = 18, 10, 16
MOST_ROWS = 8
FIRST_ROWS, LAST_ROWS = 3, 4
LEAST_HOURS = 4
LEAST_WIDTH = 1.5
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Piece:
    """A time of one kind: running, running late, standing still, closed, or left."""

    look: Look
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a piece on one day."""

    look: Look
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment: when it began, is due, was missed, was over, and now."""

    kind: str
    x: float


@dataclass(slots=True)
class Row:
    """One day, or the days in the middle that are folded into one row."""

    day: date
    y: int
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Strip:
    """All rows, and the hours over them as pairs of a place and an hour."""

    rows: list[Row]
    hours: list[tuple[float, int]]
    height: int


def draw(
    pieces: Sequence[Piece], marks: Sequence[tuple[str, datetime]], local: Callable[[datetime], datetime]
) -> Strip:
    """The strip of these pieces and moments; `local` puts a moment on the reader's clock."""
    cut = [part for piece in pieces for part in _by_day(piece, local)]
    moments = [(kind, local(at)) for kind, at in marks]
    low, high = _hours(cut, moments)
    scale = (WIDTH - LABEL) / (high - low)

    def place(hour: float) -> float:
        return round(LABEL + (min(max(hour, low), high) - low) * scale, 1)

    days = sorted({day for _look, day, _start, _end in cut} | {at.date() for _kind, at in moments})
    rows = _rows(days)
    by_day = {row.day: row for row in rows if not row.folded}
    for look, day, start, end in cut:
        if day in by_day and (look != "closed" or place(end) > place(start)):
            x = place(start)
            by_day[day].bars.append(Bar(look, x, max(round(place(end) - x, 1), LEAST_WIDTH)))
    for kind, at in moments:
        if at.date() in by_day:
            by_day[at.date()].marks.append(Mark(kind, place(_hour(at))))
    step = next(step for step in (1, 2, 3, 4, 6) if (high - low) / step <= 5)
    hours = [(place(hour), hour) for hour in range(low, high + 1, step)]
    return Strip(rows, hours, TOP + ROW * len(rows))


Part = tuple[Look, date, float, float]


def _by_day(piece: Piece, local: Callable[[datetime], datetime]) -> list[Part]:
    """The piece cut at midnight, by the wall clock: an hour that the clocks repeat lies over itself."""
    start, end = local(piece.start), local(piece.end)
    found: list[Part] = []
    day = start.date()
    while day <= end.date():
        first = _hour(start) if day == start.date() else 0.0
        last = _hour(end) if day == end.date() else float(DAY_HOURS)
        if last > first or (day == start.date() == end.date()):
            found.append((piece.look, day, first, max(first, last)))
        day += timedelta(days=1)
    return found


def _hour(at: datetime) -> float:
    return at.hour + at.minute / 60 + at.second / 3600


def _hours(cut: Sequence[Part], moments: Sequence[tuple[str, datetime]]) -> tuple[int, int]:
    """The whole hours between which anything happens; nights are not shown where nobody works at night."""
    starts = [start for look, _day, start, _end in cut if look != "closed"] + [_hour(at) for _kind, at in moments]
    ends = [end for look, _day, _start, end in cut if look != "closed"] + [_hour(at) for _kind, at in moments]
    low, high = int(min(starts, default=9)), -int(-max(ends, default=17) // 1)
    while high - low < LEAST_HOURS:
        low, high = max(low - 1, 0), min(high + 1, DAY_HOURS)
    return low, high


def _rows(days: Sequence[date]) -> list[Row]:
    """A row for each day; when there are many, one for all in the middle."""
    if len(days) <= MOST_ROWS:
        return [Row(day, TOP + ROW * index) for index, day in enumerate(days)]
    middle = Row(days[FIRST_ROWS], TOP + ROW * FIRST_ROWS, folded=len(days) - FIRST_ROWS - LAST_ROWS)
    first = [Row(day, TOP + ROW * index) for index, day in enumerate(days[:FIRST_ROWS])]
    last = [Row(day, TOP + ROW * (FIRST_ROWS + 1 + index)) for index, day in enumerate(days[len(days) - LAST_ROWS :])]
    return [*first, middle, *last]
