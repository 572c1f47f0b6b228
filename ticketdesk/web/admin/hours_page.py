"""What the page of one calendar shows beside its form."""

import itertools
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel import Locale
from flask import render_template
from flask_babel import format_date, get_locale
from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.calendars import preview, sources
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.core.db import db
from ticketdesk.web.admin import calendar_days, calendar_uses, door, hours_form, times
from ticketdesk.web.admin.calendar_days import Ahead, Told
from ticketdesk.web.admin.hours_form import DAYS, HoursForm
from ticketdesk.web.texts import _, ngettext

MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One version in the list of changes."""

    number: int
    starts_at: datetime
    state: str  # "past", "holds", "later", "never"
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day off that can be switched."""

    on: str
    day: str
    name: str


def versions(calendar_id: int) -> list[CalendarVersion]:
    """All versions of a calendar, oldest first."""
    rows = select(CalendarVersion).where(CalendarVersion.calendar_id == calendar_id)
    return list(db.session.scalars(rows.order_by(CalendarVersion.number)))


def show(found: Calendar, form: HoursForm) -> str:
    """The page of one calendar with a form as it stands."""
    known, now = versions(found.id), door.now()
    saved = calendar_days.told(known)
    version = known[-1]
    return render_template(
        "admin/calendar.html",
        version=version,
        form=form,
        is_announced=version.starts_at > now,
        uses=calendar_uses.of(found.id),
        holidays=holidays(version, now),
        **of_sources(found),
        changes=changes(known, now),
        ahead=drafted(form, version, saved, now) or calendar_days.ahead(saved, now),
        zone=version.timezone,
        **of_form(form),
    )


def of_sources(found: Calendar) -> dict[str, Any]:
    """Where the holidays of a calendar come from."""
    listed = sources.of_calendar(found.id)
    return {
        "calendar": found,
        "sources": [(source, label(source)) for source in listed],
        "is_reading": any(_is_reading(source) for source in listed),
    }


def holidays(version: CalendarVersion, now: datetime) -> list[tuple[str, list[Holiday]]]:
    """The holidays from today on, by year."""
    today = now.date().isoformat()
    rows = [
        Holiday(one["date"], format_date(date.fromisoformat(one["date"]), "EEE d MMM"), one.get("name", ""))
        for one in version.holidays
        if one["date"] >= today
    ]
    return [(year, list(group)) for year, group in itertools.groupby(rows, key=lambda one: one.on[:4])]


def _is_reading(source: HolidaySource) -> bool:
    """Whether a subscription waits for its first answer, which comes within moments."""
    return source.kind == "subscription" and source.read_at is None and source.error is None


def of_form(form: HoursForm) -> dict[str, Any]:
    """The names of the days, and the bar of each as far as what was typed can be drawn."""
    return {"keys": DAYS, "names": day_names(), "bars": hours_form.bars(form)}


def day_names() -> list[str]:
    """Monday to Sunday."""
    return [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]


def drafted(form: HoursForm, version: CalendarVersion | None, saved: Told | None, now: datetime) -> Ahead | None:
    """The days to come as the form would have them; None when something in it makes no sense."""
    draft, starts_at = form.draft(version), form.starts_at(now)
    exceptions = form.exceptions()
    if draft is None or starts_at is None or exceptions is None:
        return None
    names = preview.names_of(exceptions, form.holidays(version))
    if saved is not None and (draft, names) == (saved.history.versions[-1].hours, saved.names[-1]):
        return calendar_days.ahead(saved, now)  # nothing was changed, so no other hours begin
    return calendar_days.ahead(calendar_days.with_draft(saved, draft, names, starts_at), now)


def label(source: HolidaySource) -> str:
    """Where holidays come from, in words."""
    if source.kind == "country":
        name = country_name(source.country)
        return f"{name}, {source.name}" if source.name else name
    return source.name


def country_name(code: str) -> str:
    """A country in the reader's language."""
    locale = get_locale() or Locale("en")
    return str(locale.territories.get(code, code))


def changes(known: list[CalendarVersion], now: datetime) -> list[Change]:
    """What was changed, the newest first, with who did it."""
    agents = {version.created_by for version in known if version.created_by is not None}
    names = {row.id: row.name for row in db.session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(agents)))}
    in_order = sorted(known, key=lambda version: (version.starts_at, version.number))
    ends = {version.id: following.starts_at for version, following in itertools.pairwise(in_order)}
    return [
        Change(
            number=version.number,
            starts_at=version.starts_at,
            state=_state(version, ends.get(version.id), now),
            by=names.get(version.created_by or 0, _("TicketDesk")),
            words=_in_words(version),
        )
        for version in reversed(known[-MOST_VERSIONS:])
    ]


def _state(version: CalendarVersion, end: datetime | None, now: datetime) -> str:
    if end is not None and end <= version.starts_at:
        return "never"
    if version.starts_at > now:
        return "later"
    return "holds" if end is None or end > now else "past"


def _in_words(version: CalendarVersion) -> str:
    """A version in one line: "Mon–Fri 09:00-17:00 · 3 single dates · 12 holidays"."""
    short = [name[:3] for name in day_names()]
    groups: list[tuple[int, int, str]] = []
    for place, day in enumerate(version.week):
        line = times.line(day)
        if groups and groups[-1][2] == line:
            groups[-1] = (groups[-1][0], place, line)
        else:
            groups.append((place, place, line))
    words = [
        f"{short[first]}{f'–{short[last]}' if last > first else ''} {line}"
        for first, last, line in groups
        if line != "closed"
    ]
    closed = [one for one in version.holidays if not one.get("off")]
    more = [
        ngettext("one single date", "%(num)s single dates", len(version.exceptions)) if version.exceptions else "",
        ngettext("one holiday", "%(num)s holidays", len(closed)) if closed else "",
        version.timezone,
    ]
    return " · ".join([", ".join(words), *filter(None, more)])
