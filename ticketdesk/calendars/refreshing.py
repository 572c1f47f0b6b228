"""Reading the sources of holidays again: subscriptions once a day, everything else so that it reaches far ahead."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select

from ticketdesk.calendars import almanac, editing, sources
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.core import outbox, outgoing, secrets
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

DAILY = timedelta(days=1)
SOONEST = timedelta(hours=1)
"""After a failure it is tried again: after one hour, two, four …, at last once a day."""
AT_ONCE = 50
TYPES = "text/calendar, text/plain;q=0.5, */*;q=0.1"

Fetch = Callable[[str, str], bytes]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What one source must be asked; plain values, so that no transaction is open meanwhile."""

    kind: str
    country: str
    part: str
    language: str
    url: str | None
    content: bytes | None


def read_due(now: datetime) -> int:
    """Read every source whose time has come; returns how many. Commits after each."""
    due = select(HolidaySource.id).where(HolidaySource.next_at <= now).order_by(HolidaySource.next_at).limit(AT_ONCE)
    ids = list(db.session.scalars(due))
    db.session.commit()
    return sum(read(source_id, now) for source_id in ids)


def work(claim: outbox.Claim, now: datetime) -> tuple[str, str | None]:
    """The same in the background for a single one; how it went is kept on the source."""
    return "done" if read(int(claim.payload["source"]), now) else "cancelled", None


def read(source_id: int, now: datetime, fetch: Fetch = outgoing.get) -> bool:
    """Read one source and bring its calendar into step; False when another does it, or it is not due. Commits.

    What fails leaves the days as they were last read well, and says why on the source.
    """
    question = _claim(source_id, now)
    if question is None:
        return False
    days, error = _answer(question, now, fetch)
    calendar_id = db.session.scalar(select(HolidaySource.calendar_id).where(HolidaySource.id == source_id))
    if calendar_id is None:
        return False  # removed meanwhile
    editing.lock(calendar_id)
    source = db.session.get(HolidaySource, source_id, populate_existing=True)
    if source is None:
        return False
    if days is not None:
        error = _keep(source, days, now)
    source.error = error
    source.misses = source.misses + 1 if error else 0
    source.next_at = now + _pause(source)
    if error:
        log.info("holidays not read", source=source_id, reason=error)
    db.session.commit()
    return True


def _claim(source_id: int, now: datetime) -> Question | None:
    """Take a source that is due, so that nobody else reads it meanwhile, and commit."""
    row = db.session.scalars(
        select(HolidaySource)
        .where(HolidaySource.id == source_id, HolidaySource.next_at <= now)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    row.next_at = now + SOONEST
    try:
        url = secrets.decrypted(row.sealed_url) if row.sealed_url is not None else None
    except secrets.Unreadable:
        url = ""
    content = zlib.decompress(row.packed) if row.packed is not None else None
    question = Question(row.kind, row.country, row.part, row.language, url, content)
    db.session.commit()
    return question


def _answer(question: Question, now: datetime, fetch: Fetch) -> tuple[list[Any] | None, str | None]:
    """The days, or why there are none."""
    try:
        if question.kind == "country":
            first, last = sources.years(now)
            return list(almanac.country(question.country, question.part, first, last, question.language)["days"]), None
        if question.content is not None:
            return list(almanac.of_file(question.content, *sources.window(now))), None
        if not question.url:
            return None, "The secret key has changed since this address was given. Please give it again."
        return list(almanac.of_file(fetch(question.url, TYPES), *sources.window(now))), None
    except (Invalid, outgoing.Unreachable) as error:
        return None, str(error)


def _keep(source: HolidaySource, days: list[Any], now: datetime) -> str | None:
    """Take the days over; why not, when the calendar cannot do with them."""
    try:
        with db.session.begin_nested():
            source.days, source.read_at = days, now
            db.session.flush()
            sources.follow(source.calendar_id, SYSTEM, now)
    except Invalid as refusal:
        return str(refusal)
    return None


def _pause(source: HolidaySource) -> timedelta:
    if source.misses:
        return min(timedelta(hours=2.0 ** min(source.misses - 1, 10)), DAILY)
    return DAILY if source.kind == "subscription" else sources.READ_AGAIN
