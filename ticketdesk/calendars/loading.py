"""Calendars as plain values, read from their rows."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import bindparam, func, select

from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.calendars.rules import History, Version, from_stored
from ticketdesk.core.db import db
from ticketdesk.core.kept import kept

_VERSIONS = (
    select(
        CalendarVersion.id,
        CalendarVersion.calendar_id,
        CalendarVersion.starts_at,
        CalendarVersion.created_at,
        CalendarVersion.timezone,
        CalendarVersion.week,
        CalendarVersion.exceptions,
        CalendarVersion.holidays,
    )
    .where(CalendarVersion.calendar_id.in_(bindparam("ids", expanding=True)))
    .order_by(CalendarVersion.calendar_id, CalendarVersion.starts_at, CalendarVersion.number)
)


def histories(calendar_ids: Iterable[int]) -> dict[int, History]:
    """The histories of these calendars; one without any version is left out."""
    wanted, known = set(calendar_ids), kept("calendars")
    if missing := sorted(wanted - set(known)):
        found: dict[int, list[Version]] = defaultdict(list)
        for row in db.session.execute(_VERSIONS, {"ids": missing}):
            hours = from_stored(row.timezone, row.week, row.exceptions, row.holidays)
            found[row.calendar_id].append(Version(row.id, row.starts_at, hours, row.created_at))
        known.update({calendar_id: History(tuple(versions)) for calendar_id, versions in found.items()})
    return {calendar_id: known[calendar_id] for calendar_id in sorted(wanted) if calendar_id in known}


def forget() -> None:
    """A calendar got another version in this transaction."""
    kept("calendars").clear()


def newest_versions() -> set[int]:
    """The newest version of every calendar; each begins no earlier than the one before it."""
    return set(db.session.scalars(select(func.max(CalendarVersion.id)).group_by(CalendarVersion.calendar_id)))
