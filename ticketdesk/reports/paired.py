"""Whether the same things judged twice came out differently by more than chance."""

from dataclasses import dataclass
from math import comb, erfc, sqrt
from typing import Literal

EXACT_BELOW = 25
"""With fewer changes of verdict than this the exact reckoning is used."""
UNLIKELY = 0.05


@dataclass(frozen=True, slots=True)
class Paired:
    """How many verdicts changed each way, and how likely at least so uneven a change is by chance alone."""

    lost: int
    won: int
    method: Literal["exact", "chi-square"]
    statistic: float | None  # chi-square with one degree of freedom; None when reckoned exactly
    p: float

    @property
    def is_unlikely(self) -> bool:
        """Whether chance alone would seldom do that."""
        return self.p < UNLIKELY


def mcnemar(lost: int, won: int) -> Paired:
    """McNemar's test for paired verdicts, from those that changed; the others say nothing. Two-sided.

    Exact below 25 changes: twice the smaller tail of a fair coin thrown that often. Otherwise chi-square with the
    continuity correction, (|lost - won| - 1)² / (lost + won). Raises ValueError for a negative count.
    Sources: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947); the correction: A. L. Edwards, Psychometrika 13 (1948).
    """
    if lost < 0 or won < 0:
        raise ValueError("a negative count")
    changes = lost + won
    if changes < EXACT_BELOW:
        tail = sum(comb(changes, number) for number in range(min(lost, won) + 1))
        return Paired(lost, won, "exact", None, min(1.0, 2 * tail / 2**changes))
    statistic = max(abs(lost - won) - 1, 0) ** 2 / changes
    return Paired(lost, won, "chi-square", statistic, erfc(sqrt(statistic / 2)))
