"""Shares with their Wilson intervals, against published values and against what the interval promises."""

from math import comb

import pytest

from ticketdesk.reports.statistics import FEW, Share, share


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3 (Wilson without correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(part: int, whole: int, low: float, high: float) -> None:
    found = share(part, whole)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_nothing_has_no_share() -> None:
    assert share(0, 0) is None


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (-1, 3), (4, 3)])
def test_a_part_is_of_its_whole(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="no part"):
        share(part, whole)


def test_the_interval_holds_the_share_and_stays_between_0_and_1() -> None:
    for whole in range(1, 60):
        for part in range(whole + 1):
            found = share(part, whole)
            assert found is not None
            assert 0 <= found.low <= found.value <= found.high <= 1


def test_on_average_it_covers_the_truth_as_often_as_it_says() -> None:
    whole, steps = 40, 199
    found: list[Share | None] = [share(part, whole) for part in range(whole + 1)]
    covered = 0.0
    for step in range(1, steps):
        truth = step / steps
        covered += sum(
            comb(whole, part) * truth**part * (1 - truth) ** (whole - part)
            for part, one in enumerate(found)
            if one is not None and one.low <= truth <= one.high
        )
    assert abs(covered / (steps - 1) - 0.95) < 0.01


def test_few_are_said_to_be_few() -> None:
    small, large = share(1, FEW - 1), share(1, FEW)
    assert small is not None
    assert large is not None
    assert (small.is_small, large.is_small) == (True, False)
