"""Numbers become places on a sheet: round ticks that hold everything, lines with gaps, shades by rank."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketdesk.reports.charting import (
    MOST_TICKS,
    Scale,
    bar_step,
    count_ticks,
    dots,
    labelled,
    path,
    shade,
    span_ticks,
)


@pytest.mark.parametrize(
    ("highest", "last", "step"),
    [(0, 60, 60), (60, 60, 60), (239, 240, 60), (241, 360, 120), (7200, 7200, 1800), (9720, 10800, 3600)],
)
def test_ticks_of_spans_are_round(highest: float, last: int, step: int) -> None:
    ticks = span_ticks(highest)
    assert (ticks[0], ticks[-1], ticks[1] - ticks[0]) == (0, last, step)


@given(st.floats(0, 100 * 86400 * MOST_TICKS))
def test_ticks_hold_the_highest(highest: float) -> None:
    ticks = span_ticks(highest)
    assert ticks[-1] >= highest
    assert 2 <= len(ticks) <= MOST_TICKS + 1


@given(st.integers(0, 10**7))
def test_counts_are_whole_and_hold_the_highest(highest: int) -> None:
    ticks = count_ticks(highest)
    assert ticks[-1] >= highest
    assert len(ticks) <= MOST_TICKS + 1
    assert len({second - first for first, second in pairwise(ticks)}) == 1


def test_a_scale_goes_straight() -> None:
    up = Scale(0, 100, 200, 10)
    assert (up.at(0), up.at(50), up.at(100)) == (200, 105, 10)
    assert Scale(3, 3, 40, 80).at(3) == 40


def test_a_missing_value_leaves_a_gap() -> None:
    pieces = dots([1, None, 2, 3, None], Scale(0, 4, 0, 40), Scale(0, 10, 100, 0))
    assert [[dot.index for dot in piece] for piece in pieces] == [[0], [2, 3]]
    assert path(pieces[1]) == "M20,80L30,70"


@given(st.integers(1, 400), st.integers(2, 20))
def test_labels_fit_and_name_the_last(count: int, most: int) -> None:
    shown = labelled(count, most)
    assert shown[-1] == count - 1
    assert len(shown) <= most
    assert shown == sorted(set(shown))


def test_bars_reach_nearly_everything() -> None:
    assert bar_step(3600, 12) == 300
    assert bar_step(3601, 12) == 600


def test_shades_go_by_rank() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 1000.0]
    assert [shade(value, values, 5) for value in values] == [0, 1, 2, 3, 4]
    assert shade(7.0, [7.0], 5) == 0
