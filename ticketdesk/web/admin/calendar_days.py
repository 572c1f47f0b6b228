"""The days to come as a page shows them: when it is open, and why a day differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import format_date

from ticketdesk.calendars import hours, preview, wallclock
from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.calendars.preview import Day, Names
from ticketdesk.calendars.rules import History, Hours, Version, from_stored
from ticketdesk.web import formatting
from ticketdesk.web.texts import _

AHEAD = 14
MINUTE, DAY_MINUTES = 60, 1440


@dataclass(frozen=True, slots=True)
class Told:
    """A calendar as it is reckoned with, and what its versions call their dates."""

    history: History
    names: tuple[Names, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One day on the page."""

    on: date
    name: str  # "Mon 23 Nov"
    open: str  # "09:00-12:00, 13:00-17:00"; empty when closed
    total: str
    reason: str
    kind: str  # the rule that decides: "week" needs no remark
    bar: list[tuple[float, float]]
    is_today: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    """The days to come, how it is at this moment, and what of it is certain."""

    rows: list[Row]
    clock: str  # what the clock on the wall there shows
    present: str  # "open until 17:00"
    is_open: bool
    total: str


def told(versions: Sequence[CalendarVersion]) -> Told:
    """The versions of a calendar in the order in which they hold."""
    ordered = sorted(versions, key=lambda version: (version.starts_at, version.number))
    return Told(
        History(
            tuple(
                Version(one.id, one.starts_at, from_stored(one.timezone, one.week, one.exceptions, one.holidays))
                for one in ordered
            )
        ),
        tuple(preview.names_of(one.exceptions, one.holidays) for one in ordered),
    )


def with_draft(saved: Told | None, draft: Hours, names: Names, starts_at: datetime) -> Told:
    """The same as it would be if the draft held from a moment on."""
    before = (
        [
            (version, called)
            for version, called in zip(saved.history.versions, saved.names, strict=True)
            if version.starts_at < starts_at
        ]
        if saved is not None
        else []
    )
    version = Version(0, starts_at, draft)
    return Told(History((*(one for one, _called in before), version)), (*(called for _one, called in before), names))


def ahead(found: Told, now: datetime) -> Ahead:
    """The next two weeks, today included."""
    zone = _zone(found.history, now)
    today = wallclock.shown(zone, now).date()
    days = preview.days(found.history, found.names, today, AHEAD, hours.second_of(now))
    is_open = hours.is_open(found.history, now)
    return Ahead(
        rows=[row(day, today) for day in days],
        clock=wallclock.shown(zone, now).strftime("%H:%M"),
        present=present(found.history, now),
        is_open=is_open,
        total=span(sum(day.seconds for day in days)),
    )


def row(day: Day, today: date | None) -> Row:
    """One day in words."""
    pieces = [(_minute(day, opens), _minute(day, closes)) for opens, closes in day.spans]
    return Row(
        on=day.on,
        name=format_date(day.on, "EEE d MMM" if today is not None and day.on.year == today.year else "EEE d MMM y"),
        open=", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in pieces),
        total=span(day.seconds) if day.seconds else "",
        reason=_reason(day),
        kind=day.why,
        bar=[(opens / MINUTE, closes / MINUTE) for opens, closes in pieces if closes > opens],
        is_today=day.on == today,
    )


def span(seconds: int) -> str:
    """Open time in hours and minutes; days would leave it open how long a day is."""
    whole, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    words = [_("%(n)s h", n=whole)] if whole or not rest else []
    if minutes:
        words.append(_("%(n)s min", n=minutes))
    if left:
        words.append(_("%(n)s s", n=left))
    return " ".join(words)


def _reason(day: Day) -> str:
    """Why the day is as it is; empty on an ordinary one."""
    said = {
        "week": "",
        "exception": _("Single date: %(name)s", name=day.name) if day.name else _("Single date"),
        "holiday": _("Holiday: %(name)s", name=day.name) if day.name else _("Holiday"),
        "worked": _("%(name)s, but you work", name=day.name) if day.name else _("Holiday, but you work"),
        "missing": _("This date was left out there"),
    }[day.why]
    more = [
        _("until then the night shift of the day before") if day.is_carried else "",
        _clocks(day.shift),
        _("other hours begin") if day.begins else "",
    ]
    return "; ".join(filter(None, (said, *more)))


def _clocks(shift: int) -> str:
    if not shift:
        return ""
    words = formatting.duration(abs(shift) * MINUTE)
    return _("clocks go forward by %(span)s", span=words) if shift > 0 else _("clocks go back by %(span)s", span=words)


def _minute(day: Day, at: datetime) -> int:
    """What the wall clock shows at a moment, in minutes since the beginning of the day."""
    there = wallclock.shown(day.zone, at)
    return (there.date() - day.on).days * DAY_MINUTES + there.hour * MINUTE + there.minute


def _clock(minute: int) -> str:
    return f"{minute // MINUTE:02d}:{minute % MINUTE:02d}"


def present(history: History, now: datetime) -> str:
    """Whether it is open now, and until or from when, on the clock there."""
    zone, is_open = _zone(history, now), hours.is_open(history, now)
    found = hours.open_spans(history, now, now + timedelta(days=AHEAD))
    if is_open:
        closes = found[0][1]
        if closes >= now + timedelta(days=AHEAD):
            return _("Open, day and night")
        return _("Open until %(when)s", when=_when(zone, closes, now))
    return (
        _("Closed until %(when)s", when=_when(zone, found[0][0], now)) if found else _("Closed for two weeks or more")
    )


def _when(zone: str, at: datetime, now: datetime) -> str:
    there = wallclock.shown(zone, at)
    if there.date() == wallclock.shown(zone, now).date():
        return there.strftime("%H:%M")
    return f"{format_date(there.date(), 'EEE')} {there:%H:%M}"


def _zone(history: History, now: datetime) -> str:
    held = [version for version in history.versions if version.starts_at <= now]
    return (held[-1] if held else history.versions[0]).hours.zone
