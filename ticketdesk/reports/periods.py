"""Which days a report is about: whole days on the reader's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST = 366
USUAL = 30


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included, in a time zone."""

    first: date
    last: date
    zone: str

    @property
    def start(self) -> datetime:
        """Its first moment, in UTC."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it, in UTC."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    def days(self) -> Iterator[date]:
        """Each day of it."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


def latest(days: int, zone: str, now: datetime) -> Period:
    """The last so many days, today included."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return Period(today - timedelta(days=days - 1), today, zone)


def between(first: date, last: date, zone: str) -> Period:
    """From one day to another; the other way round it is the same, and a longer one ends where it may."""
    first, last = min(first, last), max(first, last)
    return Period(first, min(last, first + timedelta(days=LONGEST - 1)), zone)


def _midnight(day: date, zone: str) -> datetime:
    """When a day begins on a clock; where that moment is skipped, the first one after it."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
