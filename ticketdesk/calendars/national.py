"""Public holidays by country, from a library that knows them; loaded in the almanac's child process only."""

from collections.abc import Iterable
from typing import TypedDict

import holidays

ENGLISH = ("en_US", "en_GB")


class Day(TypedDict):
    """One day off."""

    date: str
    name: str


class Country(TypedDict):
    """The parts of a country that have days of their own, as code and name, and the days asked for."""

    parts: list[tuple[str, str]]
    days: list[Day]


def countries() -> list[str]:
    """The codes (ISO 3166) of all countries that are known."""
    return sorted(holidays.list_supported_countries(include_aliases=False))


def country(code: str, part: str, years: Iterable[int], language: str) -> Country:
    """What is known of one country; raises ValueError for a country or part that is not.

    Names come in the language asked for where there are such, else in English, else in the country's own.
    """
    try:
        kind = holidays.country_holidays(code)
        spoken = _language(kind.supported_languages, language)
        found = holidays.country_holidays(code, subdiv=part or None, years=list(years), language=spoken)
    except NotImplementedError as error:
        raise ValueError(f"no holidays are known of {code} {part}") from error
    names = {short: name for name, short in reversed(kind.subdivisions_aliases.items())}
    return {
        "parts": sorted(((short, names.get(short, short)) for short in kind.subdivisions), key=lambda one: one[1]),
        "days": [{"date": on.isoformat(), "name": name} for on, name in sorted(found.items())],
    }


def _language(offered: Iterable[str], wanted: str) -> str | None:
    known = sorted(offered)
    return next(
        (one for one in (wanted, *(one for one in known if one.startswith(wanted[:2])), *ENGLISH) if one in known), None
    )
