"""Making calendars and changing their hours, always as a new version that begins at some moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.exc import IntegrityError

from ticketdesk.calendars import days_off, loading
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.hours import always, opens_within_a_year
from ticketdesk.calendars.rules import from_stored
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid

LONGEST_NAME = 100


KEPT_BACK = timedelta(days=31)
"""So much of what has passed stays in a new version's dates; older ones no clock asks it for."""


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
    calendar = Calendar(name=_free_name(name), created_at=at)
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
    lock(calendar.id)
    newest = current(calendar.id)
    if starts_at < newest.starts_at:
        raise Invalid("Other hours are already announced for later than that.", "starts_at")
    return _add_version(calendar, newest.number + 1, timezone, week, exceptions, holidays, starts_at, by, at)


def rename(calendar: Calendar, name: str, by: Actor, at: datetime) -> None:
    """Call a calendar something else; raises Invalid for a taken name."""
    lock(calendar.id)
    name = " ".join(name.split())
    if name != calendar.name:
        calendar.name = _free_name(name, calendar.id)
        audit.note("calendar_renamed", "calendar", calendar.id, by, at)


def remove(calendar: Calendar, by: Actor, at: datetime) -> None:
    """Forget a calendar with its versions; raises Conflict while anything counts in it."""
    lock(calendar.id)
    calendar_id = calendar.id
    try:
        with db.session.begin_nested():
            db.session.delete(calendar)
            db.session.flush()
    except IntegrityError:
        raise Conflict("This calendar is used, so it cannot be removed.") from None
    loading.forget()
    audit.note("calendar_removed", "calendar", calendar_id, by, at)


def follow_sources(calendar_id: int, days: Mapping[int, Sequence[Any]], by: Actor, at: datetime) -> bool:
    """Bring the versions that hold now or later into step with the calendar's sources; whether anything changed.

    `days` are those of each source by its id. Hours that were announced are announced again, so that they hold as
    they would have. Raises Invalid when nothing would be open any more.
    """
    lock(calendar_id)
    calendar, since = db.session.get_one(Calendar, calendar_id), (at - KEPT_BACK).date()
    first = in_force(calendar_id, at)
    holding = [first, *(version for version in announced(calendar_id, at) if version.id != first.id)]
    wanted = [days_off.merged(version.holidays, days, since) for version in holding]
    changes = [
        days_off.differs(version.holidays, holidays, since) for version, holidays in zip(holding, wanted, strict=True)
    ]
    number = current(calendar_id).number
    for version, holidays, place in zip(holding, wanted, range(len(holding)), strict=True):
        if not any(changes[: place + 1]):
            continue
        number += 1
        starts_at = max(version.starts_at, at)
        _add_version(calendar, number, version.timezone, version.week, version.exceptions, holidays, starts_at, by, at)
    return any(changes)


def lock(calendar_id: int) -> None:
    """Let nobody else change this calendar until the transaction ends."""
    db.session.execute(select(Calendar.id).where(Calendar.id == calendar_id).with_for_update())


def in_force(calendar_id: int, at: datetime) -> CalendarVersion:
    """The version that holds at a moment; the first also holds before its start."""
    started = CalendarVersion.starts_at <= at
    return db.session.scalars(
        select(CalendarVersion)
        .where(CalendarVersion.calendar_id == calendar_id)
        .order_by(started.desc(), case((started, -CalendarVersion.number), else_=CalendarVersion.number))
        .limit(1)
    ).one()


def announced(calendar_id: int, at: datetime) -> list[CalendarVersion]:
    """The versions that begin later, in their order; of those that begin together the last, which alone holds."""
    later = select(CalendarVersion).where(CalendarVersion.calendar_id == calendar_id, CalendarVersion.starts_at > at)
    found = {version.starts_at: version for version in db.session.scalars(later.order_by(CalendarVersion.number))}
    return [found[start] for start in sorted(found)]


def current(calendar_id: int) -> CalendarVersion:
    """The newest version, which may not have begun yet; raises NoResultFound for an unknown calendar."""
    return db.session.scalars(
        select(CalendarVersion)
        .where(CalendarVersion.calendar_id == calendar_id)
        .order_by(CalendarVersion.number.desc())
        .limit(1)
    ).one()


def _free_name(name: str, but: int | None = None) -> str:
    """A name without needless space; raises Invalid when another calendar has it."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give the calendar a name of at most {LONGEST_NAME} letters.", "name")
    taken = select(Calendar.id).where(func.lower(Calendar.name) == name.lower())
    if db.session.scalar(taken.where(Calendar.id != but) if but is not None else taken) is not None:
        raise Invalid(f"There is already a calendar called {name}.", "name")
    return name


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
