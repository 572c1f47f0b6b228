"""Business time between instants: how much of it has passed, and when so much will have passed.

Clocks count whole seconds: an instant stands for the second it lies in.
"""

from datetime import UTC, datetime, timedelta

from ticketdesk.calendars import spans
from ticketdesk.calendars.rules import History, Hours, Version
from ticketdesk.calendars.wallclock import DAY

YEAR = 366 * DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def second_of(at: datetime) -> int:
    """The whole second since 1970 in which an instant lies."""
    return int(at.timestamp() // 1)


def instant_of(second: int) -> datetime:
    """The instant at the beginning of a second since 1970."""
    return _EPOCH + timedelta(seconds=second)


def always(hours: Hours) -> History:
    """A history of one version."""
    return History((Version(0, _EPOCH, hours),))


def business_seconds(cal: History, start: datetime, end: datetime) -> int:
    """Open seconds from start to end; 0 when the end lies before the start."""
    return spans.open_seconds(cal, second_of(start), second_of(end))


def add_business(cal: History, start: datetime, seconds: int) -> datetime:
    """The earliest instant, not before start, at which `seconds` open seconds have passed since start.

    Raises NeverOpens when the calendar does not open for more than a year.
    """
    return instant_of(spans.reach(cal, second_of(start), seconds))


def is_open(cal: History, at: datetime) -> bool:
    """Whether the second of `at` is open."""
    second = second_of(at)
    return spans.open_seconds(cal, second, second + 1) == 1


def open_spans(cal: History, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The open spans from start to end, in order, cut to those bounds."""
    found = spans.open_spans(cal, second_of(start), second_of(end))
    return [(instant_of(opens), instant_of(closes)) for opens, closes in found]


def opens_within_a_year(cal: History, at: datetime) -> bool:
    """Whether there is an open second in the 366 days after `at`."""
    second = second_of(at)
    return spans.open_seconds(cal, second, second + YEAR) > 0
