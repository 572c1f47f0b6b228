"""Languages and clocks to choose from."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from wtforms.fields import SelectChoice

from ticketdesk.web.forms import offered

LOCALES = ("en", "en_GB", "en_US", "en_AU", "en_CA", "en_IE", "en_NZ")
"""Languages our own words exist in, by how they write dates and numbers."""


@cache
def zones() -> list[SelectChoice]:
    """All time zones."""
    return offered((zone, zone) for zone in sorted(available_timezones()))


@cache
def languages() -> list[SelectChoice]:
    """All languages by their English names."""
    return offered((name, str(Locale.parse(name).get_display_name("en"))) for name in LOCALES)
