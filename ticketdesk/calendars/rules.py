"""The rules of opening: a week, dated exceptions, holidays and a time zone, and how they follow one another."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from ticketdesk.calendars import wallclock
from ticketdesk.core.errors import Invalid

DAY_MINUTES = 1440
MOST_INTERVALS = 12
"""More openings in one day than anybody works; keeps a mistyped import from growing without bound."""
MOST_DATES = 2000

Interval = tuple[int, int]
"""Local minutes since the midnight on which it begins; an end above 1440 lies on the next date."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Week:
    """The openings of seven days, Monday first."""

    days: tuple[tuple[Interval, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The open spans of one stretch of days in seconds since 1970, and how much was open before each."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Hours:
    """One version of a calendar. A dated exception outranks a holiday, a holiday the week.

    An opening belongs to the date on which it begins: Monday's night shift runs into Tuesday even when
    Tuesday is a holiday.
    """

    zone: str
    week: Week
    exceptions: tuple[tuple[date, tuple[Interval, ...]], ...] = ()
    holidays: frozenset[date] = frozenset()
    _dated: dict[int, tuple[Interval, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)
    tables: dict[int, Table] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Check the rules; raises Invalid in plain words."""
        if not wallclock.is_zone(self.zone):
            raise Invalid(f"There is no time zone called {self.zone}.", "timezone")
        if len(self.week.days) != 7:
            raise Invalid("A week has seven days.", "week")
        if len(self.exceptions) > MOST_DATES or len(self.holidays) > MOST_DATES:
            raise Invalid(f"More than {MOST_DATES} dates are too many.", "exceptions")
        for intervals in (*self.week.days, *(intervals for _, intervals in self.exceptions)):
            _check(intervals)
        self._dated.update((day.toordinal() - _EPOCH_DAY, ()) for day in self.holidays)
        self._dated.update((day.toordinal() - _EPOCH_DAY, intervals) for day, intervals in self.exceptions)

    def openings(self, day: int) -> tuple[Interval, ...]:
        """The intervals that begin on a date, given in days since 1970 (a Thursday)."""
        dated = self._dated.get(day)
        return self.week.days[(day + 3) % 7] if dated is None else dated


@dataclass(frozen=True, slots=True)
class Version:
    """Hours that are valid from a moment on, and the row that keeps them."""

    id: int
    starts_at: datetime
    hours: Hours
    known_since: datetime | None = None  # when they were announced; None: always


@dataclass(frozen=True, slots=True)
class History:
    """The versions of one calendar, oldest first; each holds until the next starts.

    The first also holds for all time before it, so that a ticket may be older than its calendar.
    """

    versions: tuple[Version, ...]
    pieces: tuple[tuple[int | None, int | None, Hours], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Cut time into pieces of one version each; raises ValueError when there is none or their order is wrong."""
        starts = [int(version.starts_at.timestamp()) for version in self.versions]
        if not starts or starts != sorted(starts):
            raise ValueError("a history needs its versions in the order of their starts")
        lows: list[int | None] = [None, *starts[1:]]
        highs: list[int | None] = [*starts[1:], None]
        object.__setattr__(
            self,
            "pieces",
            tuple((low, high, version.hours) for low, high, version in zip(lows, highs, self.versions, strict=True)),
        )

    def as_known(self, second: int) -> "History":
        """The history as one could know it in a second since 1970: without the versions announced in it or later."""
        known = tuple(
            version
            for version in self.versions[1:]
            if version.known_since is None or version.known_since.timestamp() < second
        )
        return self if len(known) + 1 == len(self.versions) else History((self.versions[0], *known))

    @property
    def newest_id(self) -> int:
        """The row of the newest version, the one that shows whether something was reckoned with all we know."""
        return self.versions[-1].id


def _check(intervals: Sequence[Interval]) -> None:
    """Refuse openings that end before they begin, run over a day's length or overlap."""
    if len(intervals) > MOST_INTERVALS:
        raise Invalid(f"A day has at most {MOST_INTERVALS} openings.", "week")
    last = 0
    for start, end in intervals:
        if not 0 <= start < DAY_MINUTES:
            raise Invalid("An opening begins between 00:00 and 23:59.", "week")
        if end <= start:
            raise Invalid("An opening ends before it begins.", "week")
        if end - start > DAY_MINUTES:
            raise Invalid("An opening is longer than a day.", "week")
        if start < last:
            raise Invalid("Two openings of one day overlap.", "week")
        last = end


def from_stored(zone: str, week: Sequence[Any], exceptions: Sequence[Any], holidays: Sequence[Any]) -> Hours:
    """The rules as their row keeps them; equal rows give the same object, so that what it worked out is shared.

    Raises Invalid when they make no sense.
    """
    return _from_text(json.dumps([zone, week, exceptions, holidays]))


@lru_cache(maxsize=256)
def _from_text(text: str) -> Hours:
    zone, week, exceptions, holidays = json.loads(text)
    return Hours(
        zone,
        Week(tuple(_intervals(day) for day in week)),
        tuple(sorted((_date(entry), _intervals(entry["open"])) for entry in exceptions)),
        frozenset(_date(entry) for entry in holidays if not entry.get("off")),
    )


def _intervals(stored: Sequence[Any]) -> tuple[Interval, ...]:
    return tuple((int(start), int(end)) for start, end in stored)


def _date(entry: dict[str, Any]) -> date:
    try:
        return date.fromisoformat(entry["date"])
    except ValueError as error:
        raise Invalid(f"There is no date {entry['date']}.", "exceptions") from error
