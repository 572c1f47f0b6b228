"""When a customer may expect an answer, as far as somebody promised one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from ticketdesk.calendars import hours
from ticketdesk.calendars import loading as calendars
from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.calendars.rules import History
from ticketdesk.calendars.spans import NeverOpens
from ticketdesk.core.db import db
from ticketdesk.sla import loading
from ticketdesk.sla.policies import Fact, Running, first_match
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.queue import Queue

RESPONSES = ("first_response", "next_response")
LOOKED_AHEAD = timedelta(days=14)
"""How far it is looked for the next opening."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What can honestly be said of an answer that is awaited.

    "by": before `at`; "late": it was promised for `at`, which is over.
    """

    kind: Literal["by", "late"]
    at: datetime
    since: datetime  # the oldest words that wait for it
    open_until: datetime | None = None  # somebody is here now, until then
    opens_at: datetime | None = None  # nobody is here now, until then


def expected(timers: Iterable[Running], now: datetime, opening: History | None = None) -> Expectation | None:
    """From the clocks of a ticket; None while nobody waits for an answer of ours, or none was promised."""
    live = [
        timer
        for timer in timers
        if timer.metric in RESPONSES
        and timer.stopped_at is None
        and timer.state != "ended"
        and timer.due_at is not None
    ]
    if not live:
        return None
    first = min(live, key=lambda timer: (timer.due_at or now, timer.metric))
    if first.due_at is None or first.due_at < now:
        return Expectation("late", first.due_at or now, first.started_at, *_opening(opening, now))
    return Expectation("by", first.due_at, first.started_at, *_opening(opening, now))


def promised(seconds: int, opening: History, now: datetime) -> Expectation | None:
    """For whoever writes now, when so many business seconds are promised; None when these hours never come to that."""
    try:
        due = hours.add_business(opening, now, seconds)
    except NeverOpens:
        return None
    return Expectation("by", due, now, *_opening(opening, now))


def of_ticket(ticket_id: int, now: datetime) -> Expectation | None:
    """The same as `expected`, for a ticket."""
    timers = db.session.scalars(
        select(SlaTimer).where(
            SlaTimer.ticket_id == ticket_id, SlaTimer.metric.in_(RESPONSES), SlaTimer.stopped_at.is_(None)
        )
    ).all()
    return expected(timers, now, _hours_of(timers))


def for_new(queue: Queue, channel: str, now: datetime) -> Expectation | None:
    """For a ticket that would be opened now, at normal priority; None when nothing is promised to it."""
    facts: dict[str, Fact] = {
        "queue_id": queue.id,
        "brand_id": queue.brand_id,
        "priority": "normal",
        "channel": channel,
    }
    policy = first_match(loading.policies_in_force(), facts)
    seconds = policy.target("first_response", "normal") if policy is not None else None
    if policy is None or seconds is None:
        return None
    opening = calendars.histories([policy.calendar_id]).get(policy.calendar_id)
    return None if opening is None else promised(seconds, opening, now)


def _hours_of(timers: Iterable[SlaTimer]) -> History | None:
    """The hours that the first of these clocks counts in."""
    version_id = next((timer.calendar_version_id for timer in timers), None)
    if version_id is None:
        return None
    calendar_id = db.session.scalars(select(CalendarVersion.calendar_id).where(CalendarVersion.id == version_id)).one()
    return calendars.histories([calendar_id]).get(calendar_id)


def _opening(opening: History | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Until when somebody is here, or from when; neither when that is always or unknown."""
    if opening is None:
        return None, None
    spans = hours.open_spans(opening, now, now + LOOKED_AHEAD)
    if not spans:
        return None, None
    start, end = spans[0]
    if hours.is_open(opening, now):
        return (end, None) if end - now < timedelta(days=1) else (None, None)
    return None, start
