"""Whether anybody is here, from when again, and when an answer may be expected."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.calendars import hours
from ticketdesk.calendars import loading as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.db import db
from ticketdesk.sla import expectation, loading
from ticketdesk.sla.expectation import Expectation
from ticketdesk.sla.policies import Fact, first_match
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.portal import progress
from ticketdesk.web.texts import _

AHEAD = timedelta(days=14)
"""How far it is looked for the next opening."""
CHANNEL = "chat"
PRIORITY = "normal"


@dataclass(frozen=True, slots=True)
class Opening:
    """What the head of the widget says."""

    is_open: bool
    next_opening: datetime | None
    answer: str  # when an answer may be expected, in few words; empty when nothing is promised
    expected: str = ""  # the same in a sentence, for whoever has not written yet


def of(widget: Widget, now: datetime) -> Opening:
    """By the policy that a chat of this widget would fall under and its hours; without one, by the first calendar."""
    queue = db.session.get_one(Queue, widget.queue_id)
    facts: dict[str, Fact] = {
        "queue_id": queue.id,
        "brand_id": queue.brand_id,
        "priority": PRIORITY,
        "channel": CHANNEL,
    }
    policy = first_match(loading.policies_in_force(), facts)
    calendar_id = policy.calendar_id if policy is not None else _first_calendar()
    history = calendars.histories([calendar_id]).get(calendar_id) if calendar_id is not None else None
    if history is None:
        return Opening(is_open=True, next_opening=None, answer="")
    expected = expectation.for_new(queue, CHANNEL, now)
    said = progress.if_written_now(expected, now)
    if not hours.is_open(history, now):
        spans = hours.open_spans(history, now, now + AHEAD)
        opens = spans[0][0] if spans else None
        return Opening(is_open=False, next_opening=opens, answer=_answer_from(opens, now), expected=said)
    return Opening(is_open=True, next_opening=None, answer=_answer(expected, now), expected=said)


def awaited(visitor: Visitor, now: datetime) -> str:
    """When a visitor who wrote may expect the first answer; empty once somebody answered, and when nothing is known."""
    ticket = db.session.get(Ticket, visitor.ticket_id) if visitor.ticket_id is not None else None
    if ticket is None or ticket.answered_at is not None or not ticket.is_active:
        return ""
    found = progress.promise(expectation.of_ticket(ticket.id, now), now)
    return "" if found is None else f"{found.lead}. {found.more}".strip()


def _answer(expected: Expectation | None, now: datetime) -> str:
    """What usually happens, where that is known; else what is promised."""
    if expected is None:
        return ""
    span = progress.usual_span(expected)
    if span:
        return _("Usually answers within %(span)s", span=span)
    return _("Answers %(when)s", when=progress.deadline(expected.at, now))


def _answer_from(opens: datetime | None, now: datetime) -> str:
    if opens is None:
        return _("Nobody is here at the moment")
    return _("Back %(when)s", when=formatting.moment(opens, now))


def _first_calendar() -> int | None:
    return db.session.scalar(select(Calendar.id).order_by(Calendar.id).limit(1))
