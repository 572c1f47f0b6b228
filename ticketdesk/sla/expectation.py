"""When a customer may expect an answer: what was promised, and what history says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, select

from ticketdesk.calendars import hours
from ticketdesk.calendars import loading as calendars
from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.calendars.rules import History
from ticketdesk.calendars.spans import NeverOpens
from ticketdesk.core.db import db
from ticketdesk.sla import history, loading
from ticketdesk.sla.judging import Standing
from ticketdesk.sla.likely import Likely, Usually, usually
from ticketdesk.sla.policies import Fact, Running, first_match
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import CHAT, Ticket

RESPONSES = ("first_response", "next_response")
LOOKED_AHEAD = timedelta(days=14)
"""How far it is looked for the next opening."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What can honestly be said of an answer that is awaited.

    "by": before `at`; "late": it was promised for `at`, which is over; "usual": nothing is promised, and that is when
    answers usually come.
    """

    kind: Literal["by", "late", "usual"]
    at: datetime
    since: datetime  # the oldest words that wait for it
    open_until: datetime | None = None  # somebody is here now, until then
    opens_at: datetime | None = None  # nobody is here now, until then
    usually: Usually | None = None  # when it usually comes: sooner than promised, and still ahead
    instead_of: datetime | None = None  # the time promised before the customer was told of `at`


def expected(
    timers: Iterable[Running],
    now: datetime,
    opening: History | None = None,
    likely: Likely | None = None,
    told: Standing | None = None,
) -> Expectation | None:
    """From the clocks of a ticket; None while nobody waits for an answer of ours, or none was promised.

    `told` is a promise whose customer was told of a later time: that holds instead of the clock's.
    """
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
    since, around = first.started_at, _opening(opening, now)
    if told is not None and told.metric == first.metric and told.told_at is not None:
        kind: Literal["by", "late"] = "late" if told.promised_for < now else "by"
        return Expectation(kind, told.promised_for, since, *around, instead_of=told.first_for)
    if first.due_at is None or first.due_at < now:
        return Expectation("late", first.due_at or now, since, *around)
    return Expectation("by", first.due_at, since, *around, usually(likely, opening, since, now, first.due_at))


def promised(seconds: int | None, opening: History, now: datetime, likely: Likely | None = None) -> Expectation | None:
    """For whoever writes now, when so many business seconds are promised, or nothing is.

    None when these hours never come to that, or when nothing is promised and too little known.
    """
    around = _opening(opening, now)
    if seconds is None:
        usual = usually(likely, opening, now, now, None)
        return None if usual is None else Expectation("usual", usual.at, now, *around, usual)
    try:
        due = hours.add_business(opening, now, seconds)
    except NeverOpens:
        return None
    return Expectation("by", due, now, *around, usually(likely, opening, now, now, due))


def of_ticket(ticket_id: int, now: datetime) -> Expectation | None:
    """The same as `expected`, for a ticket."""
    timers = db.session.scalars(_RUNNING, {"ticket_id": ticket_id}).all()
    if not timers:
        return None
    ticket = db.session.get_one(Ticket, ticket_id)
    first = min(timers, key=lambda timer: (timer.due_at or now, timer.metric))
    told = db.session.scalar(_TOLD, {"ticket_id": ticket_id, "metric": first.metric, "cycle": first.cycle})
    likely = history.of(ticket.queue_id, ticket.channel, first.metric, now)
    return expected(timers, now, _hours_of(timers), likely, None if told is None else told.standing)


# Built once: they are asked for each new ticket, and building costs more than asking.
_RUNNING = select(SlaTimer).where(
    SlaTimer.ticket_id == bindparam("ticket_id"), SlaTimer.metric.in_(RESPONSES), SlaTimer.stopped_at.is_(None)
)
_TOLD = select(SlaPromise).where(
    SlaPromise.ticket_id == bindparam("ticket_id"),
    SlaPromise.metric == bindparam("metric"),
    SlaPromise.cycle == bindparam("cycle"),
    SlaPromise.told_at.is_not(None),
)
_CALENDAR = select(CalendarVersion.calendar_id).where(CalendarVersion.id == bindparam("version_id"))


def for_new(queue: Queue, channel: str, now: datetime) -> Expectation | None:
    """For a ticket that would be opened now, at normal priority; None when nothing is promised to it."""
    facts: dict[str, Fact] = {
        "queue_id": queue.id,
        "brand_id": queue.brand_id,
        "priority": "normal",
        "channel": channel,
    }
    policy = first_match(loading.policies_in_force(), facts)
    if policy is None:
        return None
    opening = calendars.histories([policy.calendar_id]).get(policy.calendar_id)
    if opening is None:
        return None
    seconds = policy.target("first_response", "normal", "chat" if channel == CHAT else "mail")
    return promised(seconds, opening, now, history.of(queue.id, channel, "first_response", now))


def _hours_of(timers: Iterable[SlaTimer]) -> History | None:
    """The hours that the first of these clocks counts in."""
    version_id = next((timer.calendar_version_id for timer in timers), None)
    if version_id is None:
        return None
    calendar_id = db.session.scalars(_CALENDAR, {"version_id": version_id}).one()
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
