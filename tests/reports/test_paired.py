"""McNemar's test against published figures and reckoned by hand."""

import pytest

from ticketdesk.reports.paired import EXACT_BELOW, mcnemar


@pytest.mark.parametrize(
    ("lost", "won", "p"),
    [
        (6, 16, 0.0525),  # the exact p of the worked example in M. Fagerland et al., BMC Med Res Methodol 13:91 (2013)
        (16, 6, 0.0525),
        (17, 3, 0.002577),  # 2 · (1 + 20 + 190 + 1140) / 2^20
        (5, 0, 2 / 32),
        (1, 0, 1.0),
        (12, 12, 1.0),
        (0, 0, 1.0),
    ],
)
def test_few_changes_are_reckoned_exactly(lost: int, won: int, p: float) -> None:
    found = mcnemar(lost, won)
    assert (found.method, found.statistic) == ("exact", None)
    assert found.p == pytest.approx(p, abs=5e-5)


@pytest.mark.parametrize(
    ("lost", "won", "statistic", "p"),
    [
        (150, 86, 16.818, 4.115e-05),  # A. Agresti, Categorical Data Analysis: approval asked twice of 1,600 people
        (121, 59, 20.672, 5.450e-06),
        (13, 12, 0.0, 1.0),
        (20, 5, 7.84, 0.00511),  # (15 - 1)² / 25
        (25, 0, 23.04, 1.587e-06),
    ],
)
def test_many_changes_are_compared_with_chi_square(lost: int, won: int, statistic: float, p: float) -> None:
    found = mcnemar(lost, won)
    assert found.method == "chi-square"
    assert found.statistic == pytest.approx(statistic, abs=5e-4)
    assert found.p == pytest.approx(p, rel=1e-3)


def test_where_one_gives_way_to_the_other() -> None:
    assert mcnemar(EXACT_BELOW - 1, 0).method == "exact"
    assert mcnemar(EXACT_BELOW, 0).method == "chi-square"


def test_both_directions_are_alike_and_nothing_is_more_likely_than_certain() -> None:
    for lost in range(40):
        for won in range(40):
            found = mcnemar(lost, won)
            assert found.p == mcnemar(won, lost).p
            assert 0 < found.p <= 1
            assert found.is_unlikely is (found.p < 0.05)


def test_a_count_is_not_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        mcnemar(-1, 3)
