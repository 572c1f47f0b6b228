"""Day by day: when a calendar is open, and why a day differs from its week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from ticketdesk.calendars import spans, wallclock
from ticketdesk.calendars.hours import instant_of
from ticketdesk.calendars.rules import History

Why = Literal["week", "exception", "holiday", "worked", "missing"]
"""The week as always; a dated exception; a holiday; a holiday on which we work; a date that the zone left out."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a version calls its dates: exceptions, holidays, and holidays that are worked."""

    exceptions: Mapping[date, str]
    holidays: Mapping[date, str]
    worked: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class Day:
    """One date on the wall: when it is open, by which rule, and what happens to the clocks."""

    on: date
    zone: str
    spans: tuple[tuple[datetime, datetime], ...]  # in UTC, cut to the date
    seconds: int
    why: Why
    name: str  # of the exception or holiday
    is_carried: bool  # nothing begins on it, but the night before runs into it
    shift: int  # minutes by which the clocks go forward (or, below zero, back) on it
    begins: bool  # another version holds from some time on it


def names_of(exceptions: Sequence[Mapping[str, Any]], holidays: Sequence[Mapping[str, Any]]) -> Names:
    """The names of dates as a version's row keeps them."""
    return Names(
        {date.fromisoformat(one["date"]): one.get("name", "") for one in exceptions},
        {date.fromisoformat(one["date"]): one.get("name", "") for one in holidays if not one.get("off")},
        {date.fromisoformat(one["date"]): one.get("name", "") for one in holidays if one.get("off")},
    )


def days(history: History, names: Sequence[Names], first: date, count: int, after: int = 0) -> list[Day]:
    """The days from `first` on, in the zone of the version that holds on each; `names` belong to the versions.

    Only versions that begin after a second since 1970 are worth a remark.
    """
    return [_day(history, names, first + timedelta(days=number), after) for number in range(count)]


def cut(day: Day, start: datetime, end: datetime) -> Day:
    """As much of a day as lies between two moments."""
    left = tuple((max(opens, start), min(closes, end)) for opens, closes in day.spans if opens < end and closes > start)
    return replace(day, spans=left, seconds=sum(int((closes - opens).total_seconds()) for opens, closes in left))


def _day(history: History, names: Sequence[Names], on: date, after: int) -> Day:
    place = _holding(history, on)
    hours, called = history.versions[place].hours, names[place]
    start, end = midnight(hours.zone, on), midnight(hours.zone, on + timedelta(days=1))
    found = spans.open_spans(history, start, end)
    begins = [int(version.starts_at.timestamp()) for version in history.versions[1:]]
    why, name = _why(called, on) if end > start else ("missing", "")
    return Day(
        on=on,
        zone=hours.zone,
        spans=tuple((instant_of(opens), instant_of(closes)) for opens, closes in found),
        seconds=sum(closes - opens for opens, closes in found),
        why=why,
        name=name,
        is_carried=bool(found) and not hours.openings((on - date(1970, 1, 1)).days),
        shift=(wallclock.DAY - (end - start)) // 60 if end > start else 0,
        begins=any(max(start, after) <= begin < end for begin in begins),
    )


def midnight(zone: str, on: date) -> int:
    """The second since 1970 with which a date begins; that of the next where the zone left the date out."""
    found, _reading = wallclock.moment(zone, datetime.combine(on, datetime.min.time()))
    return int(found.timestamp())


def _holding(history: History, on: date) -> int:
    """The place of the version that holds at the end of a date."""
    place = 0
    for number, version in enumerate(history.versions):
        if version.starts_at.timestamp() < midnight(version.hours.zone, on + timedelta(days=1)):
            place = number
    return place


def _why(called: Names, on: date) -> tuple[Why, str]:
    if on in called.exceptions:
        return "exception", called.exceptions[on]
    if on in called.holidays:
        return "holiday", called.holidays[on]
    if on in called.worked:
        return "worked", called.worked[on]
    return "week", ""
