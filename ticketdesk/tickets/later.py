"""When "later" is: moments worth offering on somebody's own clock, in their working hours where these are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from ticketdesk.calendars import hours
from ticketdesk.calendars.rules import History
from ticketdesk.core.errors import Invalid

Name = Literal["today", "tomorrow", "next_working_day", "next_week"]

A_WHILE = timedelta(hours=3)
QUARTER = timedelta(minutes=15)
MORNING = time(9)
EVENING = time(18)
"""Where no working hours are known, days begin and end then."""
LONGEST = timedelta(days=366)
WEEK = 7
MOST_DAYS = 31
"""So far ahead a working day is looked for."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment with the name under which it is offered."""

    name: Name
    at: datetime


def offered(now: datetime, zone: tzinfo, calendars: Sequence[History] = ()) -> list[Moment]:
    """What to offer at `now`, in its order and each moment once; a closed day's morning is not offered."""
    today = now.astimezone(zone).date()
    monday = today + timedelta(days=WEEK - today.weekday())
    found: dict[datetime, Name] = {}
    soon = _quarter_after(now + A_WHILE)
    if _is_today(soon, today, zone, calendars):
        found[soon] = "today"
    tomorrow = _morning(today + timedelta(days=1), zone, calendars)
    if tomorrow is not None:
        found.setdefault(tomorrow, "tomorrow")
    else:
        _offer(found, "next_working_day", today + timedelta(days=2), zone, calendars)
    _offer(found, "next_week", monday, zone, calendars)
    return [Moment(name, at) for at, name in found.items()]


def chosen(at: datetime, now: datetime) -> datetime:
    """A moment that was chosen; raises Invalid for one that is over, or more than a year away."""
    if at <= now:
        raise Invalid("Choose a time that is still to come.", "own")
    if at > now + LONGEST:
        raise Invalid("Choose a time within the next year.", "own")
    return at


def on_the_clock(local: datetime, zone: tzinfo) -> datetime:
    """The instant of a time typed by the clock of a zone; one that the clocks skip is as much later."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def _offer(found: dict[datetime, Name], name: Name, first: date, zone: tzinfo, calendars: Sequence[History]) -> None:
    """Offer the first morning from a day on at which anybody works."""
    for days in range(MOST_DAYS):
        morning = _morning(first + timedelta(days=days), zone, calendars)
        if morning is not None:
            found.setdefault(morning, name)
            return


def _morning(day: date, zone: tzinfo, calendars: Sequence[History]) -> datetime | None:
    """When a day's work begins; None on a day without any."""
    if not calendars:
        return on_the_clock(datetime.combine(day, MORNING), zone)
    start = on_the_clock(datetime.combine(day, time()), zone)
    end = on_the_clock(datetime.combine(day + timedelta(days=1), time()), zone)
    opens = [spans[0][0] for one in calendars if (spans := hours.open_spans(one, start, end))]
    return min(opens, default=None)


def _is_today(at: datetime, today: date, zone: tzinfo, calendars: Sequence[History]) -> bool:
    local = at.astimezone(zone)
    if local.date() != today:
        return False
    if not calendars:
        return local.time() <= EVENING
    return any(hours.is_open(one, at) for one in calendars)


def _quarter_after(at: datetime) -> datetime:
    """The next full quarter of an hour."""
    over = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at if not over else at - over + QUARTER
