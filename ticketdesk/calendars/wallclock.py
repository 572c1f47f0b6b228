"""What the clock on the wall of a time zone shows: UTC offsets and the days on which they change."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Regime = tuple[int, int, int]
"""From, to (seconds since 1970) and the offset in force between them (seconds east of UTC)."""


def is_zone(name: str) -> bool:
    """Whether the name is one of the IANA time zones we know."""
    return name in _names()


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


@lru_cache(maxsize=1024)
def regimes(zone_name: str, start: int, end: int) -> tuple[Regime, ...]:
    """The offsets in force from `start` to `end`, in order and without gaps; both are whole UTC days.

    No zone changes its clocks twice within one UTC day, so looking once a day and halving finds every change.
    """
    zone = ZoneInfo(zone_name)
    found: list[Regime] = []
    since, offset = start, _offset(zone, start)
    for day in range(start, end, DAY):
        following = _offset(zone, day + DAY)
        if following != offset:
            change = _change(zone, day, day + DAY, offset)
            found.append((since, change, offset))
            since, offset = change, following
    if since < end:
        found.append((since, end, offset))
    return tuple(found)


def _change(zone: ZoneInfo, low: int, high: int, old: int) -> int:
    """The first second between `low` and `high` at which the offset is no longer `old`."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == old:
            low = middle
        else:
            high = middle
    return high
