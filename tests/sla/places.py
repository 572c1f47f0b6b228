"""Where tickets of tests live: two calendars and three policies, made from one number each, so that many are cheap."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random

from tests.calendars import worlds
from ticketdesk.calendars.rules import History, Hours, Interval, Version, Week
from ticketdesk.sla.policies import METRICS, Metric, Policy

ZONES = sorted(worlds.CHANGES)
PRIORITIES = ("low", "high", "urgent")
DAY = 86_400


@dataclass(frozen=True)
class Place:
    """Calendars and policies by their id, laid around a change of clocks."""

    zone: str
    calendars: dict[int, History]
    policies: dict[int, Policy]
    seen: dict[tuple[int, int], bool] = field(default_factory=dict)  # what the oracle has looked up on the wall

    @property
    def midnight(self) -> datetime:
        """The UTC midnight of the day on which the clocks change."""
        return datetime.fromtimestamp(worlds.change_of(self.zone), UTC)


@lru_cache(maxsize=256)
def place(number: int) -> Place:
    """The place of a number; as many after one another have as many zones as there are."""
    chance = Random(number)
    zone = ZONES[number % len(ZONES)]
    long_ago = datetime.fromtimestamp(worlds.change_of(zone) - 40 * DAY, UTC)
    calendars = {1: _history(chance, zone, long_ago), 2: History((Version(9, long_ago, _hours(chance, zone)),))}
    return Place(zone, calendars, {version_id: _policy(chance, version_id) for version_id in (1, 2, 3)})


def _intervals(chance: Random) -> tuple[Interval, ...]:
    """One day: closed, whole, an office with its lunch break, anyhow, or into the night."""
    kind = chance.choice(["closed", "whole", "lunch", "lunch", "cuts", "cuts", "night"])
    if kind == "closed":
        return ()
    if kind == "whole":
        return ((0, 1440),)
    if kind == "lunch":
        noon = chance.randrange(660, 780)
        return ((chance.randrange(360, 600), noon), (noon + chance.randrange(1, 91), chance.randrange(900, 1440)))
    if kind == "night":
        start = chance.randrange(1200, 1440)
        return ((start, start + chance.randrange(1, 1441)),)
    bounds = sorted(chance.sample(range(1501), 2 * chance.randrange(1, 4)))
    pairs = zip(bounds[::2], bounds[1::2], strict=True)
    return tuple((start, min(end, start + 1440)) for start, end in pairs if start < 1440)


def _hours(chance: Random, zone: str) -> Hours:
    middle = date(*worlds.CHANGES[zone])
    near = [middle + timedelta(days=days) for days in range(-4, 5)]
    exceptions = sorted((day, _intervals(chance)) for day in chance.sample(near, chance.randrange(3)))
    holidays = frozenset(chance.sample(near, chance.randrange(3)))
    return Hours(zone, Week(tuple(_intervals(chance) for _ in range(7))), tuple(exceptions), holidays)


def _history(chance: Random, zone: str, long_ago: datetime) -> History:
    """Up to three versions that follow one another within days."""
    minutes = sorted(chance.sample(range(-3 * 1440, 3 * 1440), chance.randrange(3)))
    midnight = datetime.fromtimestamp(worlds.change_of(zone), UTC)
    later = [
        Version(number, midnight + timedelta(minutes=minute), _hours(chance, zone))
        for number, minute in enumerate(minutes, 2)
    ]
    return History((Version(1, long_ago, _hours(chance, zone)), *later))


def _policy(chance: Random, version_id: int) -> Policy:
    def target() -> int:
        return 60 * chance.choice([chance.randrange(1, 91), chance.randrange(1, 91), 30, 60, 480])

    def targets(often: float) -> dict[str, dict[Metric, int]]:
        return {
            priority: {metric: target() for metric in METRICS if chance.random() < often} for priority in PRIORITIES
        }

    pauses = frozenset(chance.sample(["pending", "on_hold"], chance.randrange(3)))
    return Policy(
        version_id, f"Policy {version_id}", 1, {}, targets(0.9), pauses, chance.randrange(1, 3), 25, targets(0.4)
    )
