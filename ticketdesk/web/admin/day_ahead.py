"""Who serves a queue in the next 24 hours, drawn as a strip: pure arithmetic over the hours in which teams work."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH = 480.0
DAY = timedelta(days=1)
EVERY = 3

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Bar:
    """A time in which a team works; first where no team before it does."""

    x: float
    width: float
    is_first: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One team, or nobody."""

    name: str
    bars: list[Bar]
    hours: list[tuple[datetime, datetime]]  # in which it is the first that works


@dataclass(frozen=True, slots=True)
class Day:
    """All teams in their order, when nobody works, and the hours above."""

    rows: list[Row]
    nobody: Row
    hours: list[tuple[float, str]]


def draw(teams: Sequence[tuple[str, Sequence[Span]]], start: datetime, local: Callable[[datetime], datetime]) -> Day:
    """The day from `start` on; each team by name with its open spans, in the order in which they are asked."""
    end = start + DAY
    edges = sorted({start, end, *(edge for _name, spans in teams for span in spans for edge in span)})
    stretches = [(a, b) for a, b in itertools.pairwise(edges) if start <= a < b <= end]
    rows, taken = [], set[Span]()
    for name, spans in teams:
        working = [one for one in stretches if any(opens <= one[0] and one[1] <= closes for opens, closes in spans)]
        first = [one for one in working if one not in taken]
        behind = [one for one in working if one in taken]
        taken.update(first)
        bars = [_bar(one, start, True) for one in joined(first)] + [_bar(one, start, False) for one in joined(behind)]
        rows.append(Row(name, bars, joined(first)))
    left = joined([one for one in stretches if one not in taken])
    return Day(rows, Row("", [_bar(one, start, True) for one in left], left), _hours(start, local))


def joined(stretches: Sequence[Span]) -> list[Span]:
    """Spans that touch made one."""
    found: list[Span] = []
    for opens, closes in stretches:
        if found and found[-1][1] == opens:
            found[-1] = (found[-1][0], closes)
        else:
            found.append((opens, closes))
    return found


def _bar(span: Span, start: datetime, is_first: bool) -> Bar:
    x, end = _place(span[0], start), _place(span[1], start)
    return Bar(x, round(end - x, 1), is_first)


def _place(at: datetime, start: datetime) -> float:
    return round((at - start) / DAY * WIDTH, 1)


def _hours(start: datetime, local: Callable[[datetime], datetime]) -> list[tuple[float, str]]:
    """Every third full hour on the reader's clock."""
    there = local(start)
    first = start + timedelta(minutes=(60 - there.minute) % 60)
    found = []
    for count in range(24):
        at = first + timedelta(hours=count)
        if local(at).hour % EVERY == 0 and at - start < DAY:
            found.append((_place(at, start), f"{local(at).hour:02d}"))
    return found
