"""Business time in words: never in days of 24 hours, since nobody works those, but in hours and minutes."""

from ticketdesk.web.formatting import HOUR, MINUTE
from ticketdesk.web.texts import _, ngettext


def short(seconds: float) -> str:
    """A span where there is little room: "45 s", "12 min", "1 h 20", "52 h"."""
    whole = int(seconds)
    if whole < MINUTE:
        return _("%(n)s s", n=whole) if whole else _("0 min")
    if whole < HOUR:
        minutes, rest = divmod(whole, MINUTE)
        return _("%(n)s min", n=minutes) if not rest or minutes >= 10 else f"{_('%(n)s min', n=minutes)} {rest:02d}"
    hours, minutes = whole // HOUR, whole % HOUR // MINUTE
    return f"{_('%(n)s h', n=hours)} {minutes:02d}" if minutes else _("%(n)s h", n=hours)


def spoken(seconds: int, day_s: int | None = None) -> str:
    """A promised time in full: "90 seconds", "2 hours and 30 minutes"; "2 business days" where that is exactly so.

    `day_s` is the length of a working day in seconds when all are equally long.
    """
    if day_s and seconds % day_s == 0:
        days = seconds // day_s
        if day_s == 24 * HOUR:
            return ngettext("%(num)s day", "%(num)s days", days)
        return ngettext("%(num)s business day", "%(num)s business days", days)
    hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
    rest = seconds % MINUTE
    if hours == 0 and rest and seconds < 10 * MINUTE and seconds % 30 == 0:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    words = [
        ngettext("%(num)s hour", "%(num)s hours", hours) if hours else "",
        ngettext("%(num)s minute", "%(num)s minutes", minutes) if minutes else "",
        ngettext("%(num)s second", "%(num)s seconds", rest) if rest else "",
    ]
    return listed([word for word in words if word])


def listed(words: list[str]) -> str:
    """Words one after another: "a", "a and b", "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return _("%(most)s and %(last)s", most=", ".join(words[:-1]), last=words[-1])


def either(words: list[str]) -> str:
    """Words of which one is true: "a", "a or b", "a, b or c"."""
    if len(words) < 2:
        return "".join(words)
    return _("%(most)s or %(last)s", most=", ".join(words[:-1]), last=words[-1])
