"""Calendars as plain values, read from their rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.calendars.rules import History, Version, from_stored
from ticketdesk.core.db import db
from ticketdesk.core.kept import kept

COLUMNS = (
    CalendarVersion.id.label("hours_id"),
    CalendarVersion.calendar_id.label("hours_of"),
    CalendarVersion.starts_at,
    CalendarVersion.created_at,
    CalendarVersion.timezone,
    CalendarVersion.week,
    CalendarVersion.exceptions,
    CalendarVersion.holidays,
)
"""What `take` reads of a version, for statements that ask for something else as well."""
IN_ORDER = (CalendarVersion.calendar_id, CalendarVersion.starts_at, CalendarVersion.number)
_VERSIONS = (
    select(*COLUMNS).where(CalendarVersion.calendar_id.in_(bindparam("ids", expanding=True))).order_by(*IN_ORDER)
)


def histories(calendar_ids: Iterable[int]) -> dict[int, History]:
    """The histories of these calendars; one without any version is left out."""
    wanted, known = set(calendar_ids), kept("calendars")
    if missing := sorted(wanted - set(known)):
        take(db.session.execute(_VERSIONS, {"ids": missing}).all())
    return {calendar_id: known[calendar_id] for calendar_id in sorted(wanted) if calendar_id in known}


def take(rows: Sequence[Row[Any]]) -> None:
    """Keep the calendars that stand in these rows, all versions of each, in order; a version may come repeatedly."""
    found: dict[int, dict[int, Version]] = defaultdict(dict)
    for row in rows:
        if row.hours_id is not None and row.hours_id not in found[row.hours_of]:
            hours = from_stored(row.timezone, row.week, row.exceptions, row.holidays)
            found[row.hours_of][row.hours_id] = Version(row.hours_id, row.starts_at, hours, row.created_at)
    kept("calendars").update({of: History(tuple(versions.values())) for of, versions in found.items()})


def forget() -> None:
    """A calendar got another version in this transaction."""
    kept("calendars").clear()


def newest_versions() -> set[int]:
    """The newest version of every calendar; each begins no earlier than the one before it."""
    return set(db.session.scalars(select(func.max(CalendarVersion.id)).group_by(CalendarVersion.calendar_id)))
