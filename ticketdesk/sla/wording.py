"""Times and spans as a mail says them: in the brand's language, by the brand's clock."""

from datetime import datetime

from babel import Locale, dates, units

from ticketdesk.brands.brand import Brand

HOUR, MINUTE = 3600, 60


def moment(at: datetime, brand: Brand) -> str:
    """A time with its day and zone: "Wednesday 4 March, 14:00 (GMT)"."""
    zone = dates.get_timezone(brand.timezone)
    day = dates.format_datetime(at, "EEEE d MMMM", tzinfo=zone, locale=brand.locale)
    time = dates.format_time(at, "short", tzinfo=zone, locale=brand.locale)
    return f"{day}, {time} ({dates.get_timezone_gmt(at.astimezone(zone), locale=brand.locale)})"


def span(seconds: int, locale: Locale | str) -> str:
    """A span written out: "45 minutes", "2 hours", "1 hour 30 minutes"."""
    hours, minutes = divmod(seconds // MINUTE, HOUR // MINUTE)
    parts = [(hours, "duration-hour"), (minutes, "duration-minute")]
    return " ".join(units.format_unit(number, unit, "long", locale=locale) for number, unit in parts if number)
