"""Languages and clocks that everything which tells a time knows."""

from functools import cache
from zoneinfo import available_timezones

from babel.dates import get_timezone

LOCALES = ("en", "en_GB", "en_US", "en_AU", "en_CA", "en_IE", "en_NZ")
"""Languages our own words exist in, by how they write dates and numbers."""


@cache
def zones() -> frozenset[str]:
    """All time zones that can be chosen.

    A machine's own list also has names that pages cannot show a time in: "localtime" and "Factory".
    """
    return frozenset(name for name in available_timezones() if _is_known(name))


def _is_known(name: str) -> bool:
    try:
        get_timezone(name)
    except LookupError:
        return False
    return True
