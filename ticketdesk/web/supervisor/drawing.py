"""Charts as templates draw them: their numbers are places on the sheet, their words in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask_babel import format_date, format_percent

from ticketdesk.reports import charting
from ticketdesk.reports.charting import Dot, Scale
from ticketdesk.reports.measuring import Bar, Cell, Figures
from ticketdesk.reports.statistics import Share
from ticketdesk.web import formatting
from ticketdesk.web.texts import _

WIDE, TALL = 1000, 232
NARROW, LOW = 540, 190
TOP, BOTTOM = 14, 200
LEFT, RIGHT = 52, 868
MOST_DAYS = 15
SHADES = 5
AIM = 0.9
"""The share in target that most desks aim for; drawn as a dotted line."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid or a label under it."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its unbroken pieces, its dots, and the words at its end."""

    paths: list[str]
    dots: list[Dot]
    name: str
    last: str
    label_y: float


@dataclass(frozen=True, slots=True)
class Trend:
    """p50 and p90 by day."""

    up: list[Tick]
    across: list[Tick]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Column:
    """One bar."""

    x: float
    y: float
    width: float
    height: float
    is_late: bool
    words: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A distribution."""

    up: list[Tick]
    across: list[Tick]
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class Span:
    """A share with its interval, on one line."""

    y: float
    low: float
    value: float
    high: float
    name: str
    share: Share


@dataclass(frozen=True, slots=True)
class Heat:
    """A cell of the heat map."""

    words: str
    shade: int | None
    answered: int


def trend(days: Mapping[date, Figures]) -> Trend:
    """The line chart of a metric."""
    highest = max((figures.p90 or 0 for figures in days.values()), default=0)
    ticks = charting.span_ticks(max(highest, charting.MINUTE))
    across = Scale(0, max(1, len(days) - 1), LEFT, RIGHT)
    up = Scale(0, ticks[-1], BOTTOM, TOP)
    names = list(days)
    lines = [
        _line("p50", [figures.p50 for figures in days.values()], across, up),
        _line("p90", [figures.p90 for figures in days.values()], across, up),
    ]
    return Trend(
        [Tick(up.at(tick), duration(tick) if tick else "0") for tick in ticks],
        [
            Tick(across.at(index), day_name(names[index], within=names))
            for index in charting.labelled(len(names), MOST_DAYS)
        ],
        _apart([line for line in lines if line.dots]),
    )


def steps(bars: Sequence[Bar], step: int) -> Steps:
    """The bars of a distribution, those late in part split in two."""
    ticks = charting.count_ticks(max((bar.count for bar in bars), default=0))
    up = Scale(0, ticks[-1], 160, 15)
    width = (NARROW - 36) / max(1, len(bars))
    columns: list[Column] = []
    for number, bar in enumerate(bars):
        left, right = duration(bar.start) if bar.start else "0", duration(bar.start + step)
        span = _("over %(span)s", span=left) if number == len(bars) - 1 else f"{left} – {right}"
        x, in_time = round(36 + number * width + 1.5, 1), bar.count - bar.late
        for count, base, late in ((in_time, 0, False), (bar.late, in_time, True)):
            if count:
                y = up.at(base + count)
                kind = _("late") if late else _("in time")
                words = f"{span}: {count} {kind}"
                columns.append(Column(x, y, round(width - 3, 1), round(up.at(base) - y, 1), late, words))
    return Steps(
        [Tick(up.at(tick), str(tick)) for tick in ticks],
        [
            Tick(round(36 + number * width, 1), duration(bar.start) if bar.start else "0")
            for number, bar in enumerate(bars)
            if number % 2 == 0
        ],
        columns,
    )


def spans(shares: Sequence[tuple[str, Share]]) -> tuple[list[Tick], list[Span], float]:
    """Shares below each other with the scale they stand on, and the place of the aim."""
    lowest = min((share.low for _name, share in shares), default=0.0)
    start = max(0.0, int(min(lowest, AIM - 0.1) * 10) / 10)
    scale = Scale(start, 1.0, 130, 430)
    count = 5 if round((1 - start) * 100) % 4 == 0 else 6 if round((1 - start) * 100) % 5 == 0 else 4
    ticks = [start + (1 - start) * number / (count - 1) for number in range(count)]
    return (
        [Tick(scale.at(tick), percent(tick)) for tick in ticks],
        [
            Span(24 + number * 38, scale.at(share.low), scale.at(share.value), scale.at(share.high), name, share)
            for number, (name, share) in enumerate(shares)
        ],
        scale.at(AIM),
    )


def heat(cells: Sequence[Cell]) -> tuple[list[int], dict[int, dict[int, Heat]]]:
    """The hours that occur, and the weekdays with what each hour shows."""
    hours = sorted({cell.hour for cell in cells})
    values = [cell.p50 for cell in cells]
    rows: dict[int, dict[int, Heat]] = {}
    for cell in cells:
        shown = Heat(short(cell.p50), charting.shade(cell.p50, values, SHADES), cell.answered)
        rows.setdefault(cell.weekday, {})[cell.hour] = shown
    whole = list(range(hours[0], hours[-1] + 1)) if hours else []
    return whole, {day: rows.get(day, {}) for day in range(7) if day < 5 or day in rows}


def duration(seconds: float | None) -> str:
    """A span of time, or a dash."""
    return "–" if seconds is None else formatting.duration(seconds)


def short(seconds: float) -> str:
    """A span where there is room for few letters: minutes up to two hours, then hours."""
    minutes = round(seconds / 60)
    return str(minutes) if minutes < 120 else _("%(n)s h", n=round(minutes / 60))


def percent(value: float | None, digits: int = 0) -> str:
    """A share in percent, or a dash."""
    if value is None:
        return "–"
    return str(format_percent(value, "#,##0.0 %" if digits else "#,##0 %"))


def day_name(day: date, within: Sequence[date] = ()) -> str:
    """A day under a chart; the month is said where it begins."""
    if len(within) > MOST_DAYS:
        return str(format_date(day, "d MMM"))
    begins = not within or day == within[0] or (day.day <= 7 and day.weekday() == 0)
    return str(format_date(day, "EEE d MMM" if begins else "EEE d"))


def weekday_name(number: int) -> str:
    """Monday is 0."""
    return str(format_date(datetime(2024, 1, 1 + number, tzinfo=UTC).date(), "EEE"))


def _line(name: str, values: Sequence[float | None], across: Scale, up: Scale) -> Line:
    pieces = charting.dots(values, across, up)
    dots = [dot for piece in pieces for dot in piece]
    last = dots[-1] if dots else None
    return Line(
        [charting.path(piece) for piece in pieces if len(piece) > 1],
        dots,
        name,
        f"{name} {duration(last.value)}" if last else "",
        last.y + 4 if last else 0,
    )


def _apart(lines: list[Line]) -> list[Line]:
    """Labels at the ends of lines that meet are moved apart, so that both can be read."""
    if len(lines) == 2 and abs(lines[0].label_y - lines[1].label_y) < 16:
        low, high = lines[0], lines[1]
        middle = (low.label_y + high.label_y) / 2
        return [
            Line(low.paths, low.dots, low.name, low.last, middle + 8),
            Line(high.paths, high.dots, high.name, high.last, middle - 8),
        ]
    return lines
