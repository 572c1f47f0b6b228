"""Business hours the slow way: every minute is looked up on the wall clock of its zone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ticketdesk.calendars.rules import History, Hours

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def openings(hours: Hours, day: date) -> list[tuple[int, int]]:
    """What the rules say about one date, found by reading them."""
    for dated, intervals in hours.exceptions:
        if dated == day:
            return list(intervals)
    if day in hours.holidays:
        return []
    return list(hours.week.days[day.weekday()])


def minute_is_open(hours: Hours, minute: int) -> bool:
    """Whether the wall clock shows an open minute at a UTC minute (counted from 1970)."""
    local = (EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(hours.zone))
    shown = local.hour * 60 + local.minute
    today = local.date()
    if any(start <= shown < end for start, end in openings(hours, today)):
        return True
    return any(start <= shown + 1440 < end for start, end in openings(hours, today - timedelta(days=1)))


def in_force(history: History, second: int) -> Hours:
    """The version that holds at a second: the last that has started, or the first of all."""
    hours = history.versions[0].hours
    for version in history.versions:
        if version.starts_at.timestamp() <= second:
            hours = version.hours
    return hours


def _steps(history: History, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches of at most a minute within which neither the minute nor the version changes."""
    changes = [int(version.starts_at.timestamp()) for version in history.versions]
    second = start
    while second < end:
        stop = min(end, second // 60 * 60 + 60, *(change for change in changes if change > second), end)
        yield second, stop
        second = stop


def history_seconds(history: History, start: int, end: int) -> int:
    """Open seconds between two instants under versions that follow one another."""
    return sum(
        stop - second
        for second, stop in _steps(history, start, end)
        if minute_is_open(in_force(history, second), second // 60)
    )


def history_reach(history: History, start: int, seconds: int, give_up: int) -> int | None:
    """The first instant at which so much open time has passed, or None when that is after `give_up`."""
    if seconds == 0:
        return start
    for second, stop in _steps(history, start, give_up):
        if minute_is_open(in_force(history, second), second // 60):
            if stop - second >= seconds:
                return second + seconds
            seconds -= stop - second
    return None
