"""From numbers to places on a drawing: scales, round steps, lines and bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

MINUTE, HOUR, DAY = 60, 3600, 86400
SPANS = (
    *(MINUTE * step for step in (1, 2, 5, 10, 15, 30)),
    *(HOUR * step for step in (1, 2, 3, 4, 6, 8, 12)),
    *(DAY * step for step in (1, 2, 5, 10, 20, 50, 100)),
)
"""Steps of seconds that people read at a glance."""
MOST_TICKS = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight way from values to places: `low` stands at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value, to a tenth."""
        if self.high == self.low:
            return round(self.start, 1)
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its place."""

    x: float
    y: float
    value: float
    index: int


def span_ticks(highest: float) -> list[int]:
    """Round numbers of seconds from 0 to the first one that is not below the highest."""
    step = next((span for span in SPANS if highest <= span * MOST_TICKS), SPANS[-1])
    return [step * number for number in range(max(1, ceil(highest / step)) + 1)]


def count_ticks(highest: int) -> list[int]:
    """Round whole numbers from 0 to the first one that is not below the highest."""
    if highest <= MOST_TICKS:
        return list(range(max(1, highest) + 1))
    size: int = 10 ** floor(log10(highest / MOST_TICKS))
    step = next(size * factor for factor in (1, 2, 5, 10) if highest <= size * factor * MOST_TICKS)
    return [step * number for number in range(ceil(highest / step) + 1)]


def bar_step(longest: float, bars: int) -> int:
    """The width of each of so many bars, in round seconds, so that nearly all reaches from 0 to the longest."""
    return next((span for span in SPANS if longest <= span * bars), SPANS[-1])


def dots(values: Sequence[float | None], across: Scale, up: Scale) -> list[list[Dot]]:
    """A line's places in unbroken pieces: where a value is missing, the line has a gap."""
    pieces: list[list[Dot]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            if pieces[-1]:
                pieces.append([])
        else:
            pieces[-1].append(Dot(across.at(index), up.at(value), value, index))
    return [piece for piece in pieces if piece]


def path(piece: Sequence[Dot]) -> str:
    """One unbroken piece as the path of an SVG."""
    return "M" + "L".join(f"{dot.x:g},{dot.y:g}" for dot in piece)


def labelled(count: int, most: int) -> list[int]:
    """Which of so many places get a label when only some fit: evenly spaced, the last one included."""
    if count <= most:
        return list(range(count))
    step = ceil(count / most)
    return sorted({count - 1 - number * step for number in range(most) if count - 1 - number * step >= 0})


def shade(value: float, values: Sequence[float], shades: int) -> int:
    """Which of so many shades a value gets: by its rank, so that one outlier does not bleach the rest."""
    below = sum(1 for other in values if other < value)
    return min(shades - 1, below * shades // max(1, len(values)))
