"""How long an answer usually takes, and what may be said of that."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ticketdesk.calendars import hours
from ticketdesk.calendars.rules import History
from ticketdesk.calendars.spans import NeverOpens

ENOUGH = 20
"""Of fewer answers nothing is said."""
MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Likely:
    """What the answers of the last weeks took, in business seconds: half of them p50, four of five p80."""

    count: int
    p50_s: int
    p80_s: int

    @property
    def is_enough(self) -> bool:
        """Whether there were enough of them to say anything."""
        return self.count >= ENOUGH


@dataclass(frozen=True, slots=True)
class Usually:
    """When an answer usually comes: `span_s` only when no closed hours lie in between, so that it can be said."""

    at: datetime
    span_s: int | None


def usually(
    likely: Likely | None, opening: History | None, since: datetime, now: datetime, bound: datetime | None
) -> Usually | None:
    """For a question asked at `since`; None when too little is known, when it took longer already, or when what is
    promised (`bound`) comes first.
    """
    if likely is None or not likely.is_enough or opening is None:
        return None
    span = rounded_up(likely.p80_s)
    try:
        at = hours.add_business(opening, since, span)
    except NeverOpens:
        return None
    if at <= now or (bound is not None and at >= bound):
        return None
    whole = since.replace(microsecond=0)
    return Usually(at, span if at - whole == timedelta(seconds=span) else None)


def rounded_up(seconds: int) -> int:
    """A span that one can say: full five minutes up to an hour, half hours up to four, then hours."""
    step = 5 * MINUTE if seconds <= HOUR else HOUR // 2 if seconds <= 4 * HOUR else HOUR
    return max(1, -(-seconds // step)) * step
