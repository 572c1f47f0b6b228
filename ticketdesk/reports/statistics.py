"""How far a share can be trusted."""

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959963984540054
"""The two-sided 95 % quantile of the normal distribution."""
FEW = 30
"""Below so many, a share is said to rest on few."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with the interval in which the true share lies in 95 of 100 cases; all between 0 and 1."""

    part: int
    whole: int
    value: float
    low: float
    high: float

    @property
    def is_small(self) -> bool:
        """Whether it rests on too few to be relied on."""
        return self.whole < FEW


def share(part: int, whole: int, z: float = Z_95) -> Share | None:
    """A share with its Wilson score interval; None of nothing. Raises ValueError when the part is not of the whole.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} is no part of {whole}")
    if whole == 0:
        return None
    value = part / whole
    spread = z * z / whole
    middle = (value + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * sqrt(value * (1 - value) / whole + spread / (4 * whole))
    low = 0.0 if part == 0 else max(0.0, middle - reach)  # exact at the ends, whatever rounding says
    high = 1.0 if part == whole else min(1.0, middle + reach)
    return Share(part, whole, value, low, high)
