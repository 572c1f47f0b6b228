"""Giving a calendar its holidays: from a country, a file or a subscription; and taking them away."""

import zlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from ticketdesk.calendars import editing
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.core import audit, outbox, outgoing, secrets
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

TASK = "calendars.read"
MOST = 20
LONGEST_NAME = 100
READ_AGAIN = timedelta(days=7)
"""How often what needs no asking of others is looked at, so that the dates reach far enough ahead."""
AHEAD = timedelta(days=580)
"""Nineteen months: with a look each week there are always eighteen."""


def years(at: datetime) -> tuple[int, int]:
    """The first and the last year for which a country's days are wanted."""
    return (at - editing.KEPT_BACK).year, (at + AHEAD).year


def window(at: datetime) -> tuple[date, date]:
    """From when to when (exclusive) the days of a calendar file are wanted."""
    return (at - editing.KEPT_BACK).date(), (at + timedelta(days=762)).date()


def add_country(
    calendar: Calendar, country: str, part: str, language: str, days: Sequence[Any], by: Actor, at: datetime
) -> HolidaySource:
    """Close on the holidays of a country or of one of its parts; raises Invalid when it does already."""
    same = select(HolidaySource.id).where(
        HolidaySource.calendar_id == calendar.id, HolidaySource.country == country, HolidaySource.part == part
    )
    _make_room(calendar)
    if db.session.scalar(same.where(HolidaySource.kind == "country")) is not None:
        raise Invalid("This calendar has these holidays already.", "country")
    source = HolidaySource(
        kind="country", country=country, part=part, language=language, days=list(days), next_at=at + READ_AGAIN
    )
    return _add(calendar, source, by, at)


def add_file(
    calendar: Calendar, name: str, content: bytes, days: Sequence[Any], by: Actor, at: datetime
) -> HolidaySource:
    """Close on the days of a calendar file, which is kept and read again as time goes on; raises Invalid."""
    _make_room(calendar)
    if not days:
        raise Invalid("There is no whole day in it within the next two years.", "file")
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:LONGEST_NAME]
    source = HolidaySource(
        kind="file", name=name or "file", packed=zlib.compress(content), days=list(days), next_at=at + READ_AGAIN
    )
    return _add(calendar, source, by, at)


def subscribe(calendar: Calendar, url: str, by: Actor, at: datetime) -> HolidaySource:
    """Follow somebody's calendar from now on; it is read in the background at once. Raises Invalid."""
    url = url.strip()
    if url.lower().startswith("webcal://"):
        url = f"https://{url[len('webcal://') :]}"
    there = outgoing.place(url)
    _make_room(calendar)
    source = HolidaySource(
        kind="subscription", name=there.host[:LONGEST_NAME], sealed_url=secrets.encrypted(url), next_at=at, days=[]
    )
    _add(calendar, source, by, at)
    read_soon(source, at)
    return source


def read_soon(source: HolidaySource, at: datetime) -> None:
    """Have a source read in the background now."""
    source.next_at = at
    outbox.add(TASK, {"source": source.id}, due_at=at, lane="mail")


def remove(source: HolidaySource, by: Actor, at: datetime) -> None:
    """Close no more on the days of a source; raises Invalid when nothing would be open."""
    calendar_id, source_id = source.calendar_id, source.id
    editing.lock(calendar_id)
    db.session.delete(source)
    db.session.flush()
    follow(calendar_id, by, at)
    audit.note("holidays_removed", "calendar", calendar_id, by, at, {"source": source_id})


def of_calendar(calendar_id: int) -> list[HolidaySource]:
    """The sources of a calendar in the order in which they came."""
    rows = select(HolidaySource).where(HolidaySource.calendar_id == calendar_id)
    return list(db.session.scalars(rows.order_by(HolidaySource.id)))


def follow(calendar_id: int, by: Actor, at: datetime) -> bool:
    """Bring the calendar into step with its sources as they are now; whether it got another version."""
    return editing.follow_sources(calendar_id, {one.id: one.days for one in of_calendar(calendar_id)}, by, at)


def _make_room(calendar: Calendar) -> None:
    editing.lock(calendar.id)
    many = db.session.scalar(select(func.count(HolidaySource.id)).where(HolidaySource.calendar_id == calendar.id))
    if many is not None and many >= MOST:
        raise Invalid(f"A calendar takes holidays from at most {MOST} places.")


def _add(calendar: Calendar, source: HolidaySource, by: Actor, at: datetime) -> HolidaySource:
    source.calendar_id, source.created_at = calendar.id, at
    source.created_by = by.id if by.kind == "agent" else None
    source.read_at = at if source.days else None
    db.session.add(source)
    db.session.flush()
    follow(calendar.id, by, at)
    audit.note("holidays_added", "calendar", calendar.id, by, at, {"source": source.id, "kind": source.kind})
    return source
