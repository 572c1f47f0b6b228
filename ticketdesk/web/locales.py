"""Languages and clocks to choose from."""

from functools import cache

from babel import Locale
from wtforms.fields import SelectChoice

from ticketdesk.core import locales
from ticketdesk.web.forms import offered


@cache
def zones() -> list[SelectChoice]:
    """All time zones."""
    return offered((zone, zone) for zone in sorted(locales.zones()))


@cache
def languages() -> list[SelectChoice]:
    """All languages by their English names."""
    return offered((name, str(Locale.parse(name).get_display_name("en"))) for name in locales.LOCALES)
