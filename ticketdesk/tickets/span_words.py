"""How long something took, as people write it: "45", "1h 20m", "0:45", "1.5 hours"."""

import re

MINUTE = 60
HOUR = 3_600
LONGEST = 40
"""Letters; nobody needs more."""

_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)")
_NUMBER = re.compile(r"\d{1,5}(?:[.,]\d{1,3})?")
_PART = re.compile(r"(\d{1,5}(?:[.,]\d{1,3})?)\s*([a-z]+)\.?\s*(?:and\s+|,\s*)?")
_SHORT = re.compile(r"(\d{1,5})\s*h\s*([0-5]?\d)")
_UNITS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std"), HOUR),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
}


def understand(words: str) -> int | None:
    """So many seconds; a number alone is minutes. None for what says no length."""
    said = " ".join(words.lower().split())
    if not said or len(said) > LONGEST or not said.isascii():
        return None
    if clock := _CLOCK.fullmatch(said):
        return int(clock[1]) * HOUR + int(clock[2]) * MINUTE
    if _NUMBER.fullmatch(said):
        return _seconds(said, MINUTE)
    if short := _SHORT.fullmatch(said):
        return int(short[1]) * HOUR + int(short[2]) * MINUTE
    return _sum_of_parts(said)


def written(seconds: int) -> str:
    """The same the other way round, as it can be typed again: "1h 20m"."""
    hours, rest = divmod(seconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return " ".join(parts) or "0m"


def _sum_of_parts(said: str) -> int | None:
    """Of "1h 20m": each unit once, the greater before the smaller."""
    total, last, place = 0, HOUR + 1, 0
    while place < len(said):
        part = _PART.match(said, place)
        unit = _UNITS.get(part[2]) if part else None
        if part is None or unit is None or unit >= last:
            return None
        total, last, place = total + _seconds(part[1], unit), unit, part.end()
    return total


def _seconds(number: str, unit: int) -> int:
    return round(float(number.replace(",", ".")) * unit)
