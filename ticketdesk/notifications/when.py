"""When a mail about notices may leave: in an agent's rhythm, and outside their quiet hours; pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

RHYTHMS = ("at_once", "hourly", "morning")
MORNING = 8 * 60
"""The usual minute of the day for the mail of the morning."""
DAY = 24 * 60
Quiet = Sequence[Sequence[int] | None]
"""From Monday to Sunday the minutes of the day from and until which it is quiet; none at all where it is empty.

Until the next day where the end is not after the beginning.
"""


def leaves_at(at: datetime, rhythm: str, morning: int, quiet: Quiet, zone: ZoneInfo) -> datetime:
    """The first moment from `at` on that fits both."""
    return awake(_next(at, rhythm, morning, zone), quiet, zone)


def awake(at: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime:
    """The first moment from `at` on that is not quiet; `at` itself where it never ends."""
    moment = at
    for _each in range(2 * len(quiet)):
        end = _end_of_quiet(moment, quiet, zone)
        if end is None:
            return moment
        moment = end
    return at


def ever_ends(quiet: Quiet) -> bool:
    """Whether a week of these hours leaves any minute at all."""
    taken: set[int] = set()
    for weekday, hours in enumerate(quiet):
        if hours is not None:
            begins, length = weekday * DAY + hours[0], (hours[1] - hours[0]) % DAY or DAY
            taken.update(minute % (7 * DAY) for minute in range(begins, begins + length))
    return len(taken) < 7 * DAY


def _next(at: datetime, rhythm: str, morning: int, zone: ZoneInfo) -> datetime:
    if rhythm == "hourly":
        there = at.astimezone(zone)
        past = timedelta(minutes=there.minute, seconds=there.second, microseconds=there.microsecond)
        return at - past + timedelta(hours=1)
    if rhythm == "morning":
        today = at.astimezone(zone).date()
        mornings = (_instant(today + timedelta(days=days), morning, zone) for days in range(3))
        return next(moment for moment in mornings if moment > at)
    return at


def _end_of_quiet(at: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end in which a moment lies, those of the evening before included; None outside them."""
    today = at.astimezone(zone).date()
    ends = []
    for day in (today - timedelta(days=1), today):
        hours = quiet[day.weekday()] if quiet else None
        if hours is None:
            continue
        begins = _instant(day, hours[0], zone)
        last = day if hours[1] > hours[0] else day + timedelta(days=1)
        over = _instant(last, hours[1], zone)
        if begins <= at < over:
            ends.append(over)
    return max(ends, default=None)


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(*divmod(minute, 60)), zone).astimezone(UTC)
