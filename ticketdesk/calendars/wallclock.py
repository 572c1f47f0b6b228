"""What the clock on the wall of a time zone shows: UTC offsets and the days on which they change."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from ticketdesk.core.locales import zones

DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Reading = Literal["once", "twice", "skipped"]
"""How often a wall clock shows a time."""

Regime = tuple[int, int, int]
"""From, to (seconds since 1970) and the offset in force between them (seconds east of UTC)."""


def is_zone(name: str) -> bool:
    """Whether the name is one of the IANA time zones we know."""
    return name in zones()


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def moment(zone: str, shown: datetime) -> tuple[datetime, Reading]:
    """The moment at which a wall clock shows a time (given without a zone), and how often it does.

    Of a time that comes twice the first is meant; one that is skipped is reckoned on as if the clock had not been
    changed.
    """
    there = shown.replace(tzinfo=ZoneInfo(zone), fold=0)
    found = there.astimezone(UTC)
    if found.astimezone(there.tzinfo).replace(tzinfo=None) != shown.replace(fold=0):
        return found, "skipped"
    return found, "once" if there.utcoffset() == there.replace(fold=1).utcoffset() else "twice"


def shown(zone: str, at: datetime) -> datetime:
    """What a wall clock shows at a moment, without a zone."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


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
