"""Times, spans and sizes in words, in the reader's language and time zone."""

from datetime import datetime, timedelta

from flask import Flask
from flask_babel import (
    format_date,
    format_datetime,
    format_decimal,
    format_time,
    get_locale,
    to_user_timezone,
)

from ticketdesk.web.texts import _

MINUTE, HOUR, DAY = 60, 3600, 86400


def ago(at: datetime, now: datetime) -> str:
    """How long since, roughly: "just now", "12 min ago", "3 h ago", "2 days ago", then the date."""
    seconds = int((now - at).total_seconds())
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        return _("%(n)s min ago", n=seconds // MINUTE)
    if seconds < DAY:
        return _("%(n)s h ago", n=seconds // HOUR)
    if seconds < 2 * DAY:
        return _("a day ago")
    if seconds < 7 * DAY:
        return _("%(n)s days ago", n=seconds // DAY)
    return short_date(at, now)


def exact(at: datetime) -> str:
    """Date, time and zone in full, for whoever hovers over a rough one."""
    return str(format_datetime(at, "long"))


def clock(at: datetime) -> str:
    """The time of day."""
    return str(format_time(at, "short"))


def day(at: datetime, now: datetime) -> str:
    """The day as a heading: "Today", "Yesterday", "Tuesday 10 March", with the year when it is another one."""
    local, today = to_user_timezone(at).date(), to_user_timezone(now).date()
    if local == today:
        return _("Today")
    if local == today - timedelta(days=1):
        return _("Yesterday")
    return str(format_date(at, "EEEE d MMMM" if local.year == today.year else "EEEE d MMMM y"))


def moment(at: datetime, now: datetime) -> str:
    """A point in time near or far: the time when it is today, with the weekday within a week, else the date."""
    local, today = to_user_timezone(at).date(), to_user_timezone(now).date()
    if local == today:
        return _("today %(time)s", time=clock(at))
    if abs((local - today).days) < 7:
        return f"{format_date(at, 'EEE')} {clock(at)}"
    return short_date(at, now)


def short_date(at: datetime, now: datetime) -> str:
    """The date where there is little room: "10 Mar", or "Mar 2025" when it is another year."""
    same_year = to_user_timezone(at).year == to_user_timezone(now).year
    return str(format_date(at, "d MMM" if same_year else "MMM y"))


def due(at: datetime, now: datetime) -> str:
    """When something is due: the time left while that says enough, else the day and the time."""
    seconds = int((at - now).total_seconds())
    if says_span(at, now):
        return duration(max(seconds, 0))
    if seconds < 6 * DAY:
        return f"{format_date(at, 'EEE')} {clock(at)}"
    return short_date(at, now)


def says_span(at: datetime, now: datetime) -> bool:
    """Whether `due` says how long it still is; times.js in the browser uses the same twelve hours."""
    return (at - now).total_seconds() < 12 * HOUR


def duration(seconds: float) -> str:
    """A span of time in at most two words: "under 1 min", "12 min", "1 h 20", "2 d 3 h"."""
    whole = int(seconds)
    if whole < MINUTE:
        return _("under 1 min")
    if whole < HOUR:
        return _("%(n)s min", n=whole // MINUTE)
    hours, minutes = whole // HOUR, whole % HOUR // MINUTE
    if hours < 48:
        return f"{_('%(n)s h', n=hours)} {minutes:02d}" if minutes else _("%(n)s h", n=hours)
    days, hours = divmod(hours, 24)
    words = _("%(n)s d", n=days)
    return f"{words} {_('%(n)s h', n=hours)}" if hours else words


def size(octets: int) -> str:
    """The size of a file: "840 kB", "2.1 MB"."""
    if octets < 1000:
        return _("%(n)s bytes", n=octets)
    if octets < 1_000_000:
        return _("%(n)s kB", n=round(octets / 1000))
    return _("%(n)s MB", n=format_decimal(round(octets / 1_000_000, 1)))


def initials(name: str) -> str:
    """At most two letters that stand for a name or an address."""
    words = [word for word in name.split("@")[0].replace(".", " ").replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def register(app: Flask) -> None:
    """Make them filters of the templates, under their own names, and tell templates the reader's language."""
    for words in (ago, exact, clock, day, moment, short_date, due, duration, size, initials):
        app.add_template_filter(words)
    app.add_template_global(get_locale)
