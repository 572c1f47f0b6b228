"""Times, spans and sizes in words, in the reader's language and time zone."""

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from babel import Locale, dates
from flask import Flask
from flask_babel import format_decimal, get_locale, get_timezone

from ticketdesk.web import texts
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
    return _formatted(at, "long", *_reader())


def clock(at: datetime) -> str:
    """The time of day."""
    return _formatted(at, "time", *_reader())


def day(at: datetime, now: datetime) -> str:
    """The day as a heading: "Today", "Yesterday", "Tuesday 10 March", with the year when it is another one."""
    there, today = local(at).date(), local(now).date()
    if there == today:
        return _("Today")
    if there == today - timedelta(days=1):
        return _("Yesterday")
    return _formatted(at, "EEEE d MMMM" if there.year == today.year else "EEEE d MMMM y", *_reader())


def date_only(there: date) -> str:
    """A day in full, whatever the time zone: "14 Mar 2026"."""
    return dates.format_date(there, "medium", locale=_reader()[0])


def moment(at: datetime, now: datetime) -> str:
    """A point in time near or far: the time when it is today, with the weekday within a week, else the date."""
    there, today = local(at).date(), local(now).date()
    if there == today:
        return _("today %(time)s", time=clock(at))
    if abs((there - today).days) < 7:
        return f"{_formatted(at, 'EEE', *_reader())} {clock(at)}"
    return short_date(at, now)


def until(at: datetime, now: datetime) -> str:
    """The end of a time in little room: as `moment`, and the day also when it is in another year."""
    near = abs((local(at).date() - local(now).date()).days) < 7
    return moment(at, now) if near else _formatted(at, "d MMM", *_reader())


def ahead(at: datetime) -> str:
    """A moment that lies ahead, with its day, date and time: "Thu 5 Mar, 09:00"."""
    return f"{_formatted(at, 'EEE d MMM', *_reader())}, {clock(at)}"


def short_date(at: datetime, now: datetime) -> str:
    """The date where there is little room: "10 Mar", or "Mar 2025" when it is another year."""
    same_year = local(at).year == local(now).year
    return _formatted(at, "d MMM" if same_year else "MMM y", *_reader())


def due(at: datetime, now: datetime) -> str:
    """When something is due: the time left while that says enough, else the day and the time."""
    seconds = int((at - now).total_seconds())
    if says_span(at, now):
        return duration(max(seconds, 0))
    if seconds < 6 * DAY:
        return f"{_formatted(at, 'EEE', *_reader())} {clock(at)}"
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
    for words in (ago, exact, clock, day, moment, ahead, short_date, due, duration, size, initials):
        app.add_template_filter(words)
    app.add_template_global(get_locale)
    texts.register(app)


def _reader() -> tuple[Locale, tzinfo]:
    """Whose language and whose clock; outside a request plain English and UTC."""
    return get_locale() or Locale("en"), get_timezone()


def local(at: datetime) -> datetime:
    """The moment on the reader's clock."""
    return at.astimezone(get_timezone())


@lru_cache(maxsize=16_384)
def _formatted(at: datetime, pattern: str, locale: Locale, zone: tzinfo) -> str:
    """One moment in one form; pages show the same moments again and again, and working one out takes long."""
    if pattern == "time":
        return dates.format_time(at, "short", tzinfo=zone, locale=locale)
    return dates.format_datetime(at, pattern, tzinfo=zone, locale=locale)
