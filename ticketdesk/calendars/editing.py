"""Making calendars and changing their hours, always as a new version that begins at some moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from ticketdesk.calendars import loading
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.hours import always, opens_within_a_year
from ticketdesk.calendars.rules import from_stored
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

LONGEST_NAME = 100


def create(
    name: str,
    timezone: str,
    week: Sequence[Any],
    by: Actor,
    at: datetime,
    *,
    exceptions: Sequence[Any] = (),
    holidays: Sequence[Any] = (),
) -> Calendar:
    """Make a calendar with its first version; raises Invalid for a taken name or hours that make no sense."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give the calendar a name of at most {LONGEST_NAME} letters.", "name")
    if db.session.scalar(select(Calendar.id).where(func.lower(Calendar.name) == name.lower())) is not None:
        raise Invalid(f"There is already a calendar called {name}.", "name")
    calendar = Calendar(name=name, created_at=at)
    db.session.add(calendar)
    db.session.flush()
    _add_version(calendar, 1, timezone, week, exceptions, holidays, at, by, at)
    return calendar


def change(
    calendar: Calendar,
    timezone: str,
    week: Sequence[Any],
    by: Actor,
    at: datetime,
    *,
    exceptions: Sequence[Any] = (),
    holidays: Sequence[Any] = (),
    starts_at: datetime | None = None,
) -> CalendarVersion:
    """Give the calendar other hours from `starts_at` (now, when not said); what was counted before stays counted.

    Raises Invalid for hours that make no sense or a start in the past or before an announced change.
    """
    starts_at = starts_at or at
    if starts_at < at:
        raise Invalid("Other hours can only begin now or later.", "starts_at")
    db.session.execute(select(Calendar.id).where(Calendar.id == calendar.id).with_for_update())
    newest = current(calendar.id)
    if starts_at < newest.starts_at:
        raise Invalid("Other hours are already announced for later than that.", "starts_at")
    return _add_version(calendar, newest.number + 1, timezone, week, exceptions, holidays, starts_at, by, at)


def current(calendar_id: int) -> CalendarVersion:
    """The newest version, which may not have begun yet; raises NoResultFound for an unknown calendar."""
    return db.session.scalars(
        select(CalendarVersion)
        .where(CalendarVersion.calendar_id == calendar_id)
        .order_by(CalendarVersion.number.desc())
        .limit(1)
    ).one()


def _add_version(
    calendar: Calendar,
    number: int,
    timezone: str,
    week: Sequence[Any],
    exceptions: Sequence[Any],
    holidays: Sequence[Any],
    starts_at: datetime,
    by: Actor,
    at: datetime,
) -> CalendarVersion:
    """Check and write one version."""
    hours = from_stored(timezone, week, exceptions, holidays)
    if not opens_within_a_year(always(hours), starts_at):
        raise Invalid("These hours never open in the next 366 days, so no clock would ever run.", "week")
    version = CalendarVersion(
        calendar_id=calendar.id,
        number=number,
        starts_at=starts_at,
        timezone=timezone,
        week=[list(day) for day in week],
        exceptions=list(exceptions),
        holidays=list(holidays),
        created_by=by.id if by.kind == "agent" else None,
        created_at=at,
    )
    db.session.add(version)
    db.session.flush()
    loading.forget()
    audit.note("calendar_changed", "calendar", calendar.id, by, at, {"version": number, "timezone": timezone})
    return version
