"""What the customer of a ticket was promised, and what became of it, one line each."""

from dataclasses import dataclass
from datetime import datetime

from babel import dates
from flask_babel import get_locale, get_timezone

from ticketdesk.sla import history, promising
from ticketdesk.sla.likely import ENOUGH
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.texts import _

ICONS = {"made": "clock", "moved": "clock", "kept": "check", "broken": "late", "ended": "x"}


@dataclass(frozen=True, slots=True)
class Line:
    """One promise in words."""

    icon: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Promised:
    """All of them, the newest first, and what an answer here usually takes, while one is awaited."""

    lines: list[Line]
    usual: str


def of(ticket: Ticket, now: datetime) -> Promised | None:
    """The panel of a ticket; None where nothing was promised."""
    made = promising.of_ticket(ticket.id)
    if not made:
        return None
    return Promised([_line(promise, now) for promise in reversed(made)], _usual(ticket, made[-1], now))


def place(said_in: str) -> str:
    """Where a customer read it."""
    places = {
        "acknowledgement": _("in the acknowledgement"),
        "form": _("on the form"),
        "chat": _("in the chat"),
        "portal": _("on the ticket's page"),
    }
    return places.get(said_in, said_in)


def cause(why: str) -> str:
    """What moved a promised time."""
    causes = {
        "priority_changed": _("the priority changed"),
        "queue_changed": _("the queue changed"),
        "medium_changed": _("the talk went on elsewhere"),
        "sla_applied": _("another policy applied"),
        "merged_from": _("an older question was merged into it"),
        "merge_undone": _("a merge was undone"),
        "split_off": _("messages were split off"),
        "hours_changed": _("the business hours changed"),
        "told": _("it takes longer"),
    }
    return causes.get(why, why.replace("_", " "))


def ending(why: str) -> str:
    """Why there was nothing left to keep."""
    reasons = {
        "merged": _("the ticket was merged"),
        "spam": _("it is spam"),
        "trash": _("it is in the trash"),
        "solved": _("it was solved without an answer"),
        "no_reply_needed": _("no reply was needed"),
        "merge_undone": _("a merge was undone"),
        "merged_from": _("a split was undone"),
        "split_off": _("the question was split off"),
    }
    return reasons.get(why, why.replace("_", " "))


def time(at: datetime, beside: datetime | None = None) -> str:
    """A promised time: the day and the hour; the hour alone beside another time of that day."""
    if beside is not None and formatting.local(at).date() == formatting.local(beside).date():
        return formatting.clock(at)
    day = dates.format_datetime(at, "EEE d MMM", tzinfo=get_timezone(), locale=get_locale() or "en")
    return f"{day}, {formatting.clock(at)}"


def _line(promise: SlaPromise, now: datetime) -> Line:
    where, when = place(promise.said_in), formatting.moment(promise.promised_for, now)
    if promise.told_at is not None:
        first = formatting.moment(promise.first_for, now)
        said = _("Promised for %(first)s %(place)s, then for %(when)s", first=first, place=where, when=when)
    elif promise.promised_for != promise.first_for:
        first = formatting.moment(promise.first_for, now)
        said = _("Promised for %(first)s %(place)s, moved to %(when)s", first=first, place=where, when=when)
    else:
        said = _("Promised for %(when)s %(place)s", when=when, place=where)
    return Line(ICONS[promise.state], promise.state, f"{said} — {_became(promise, now)}")


def _became(promise: SlaPromise, now: datetime) -> str:
    if promise.state == "kept" and promise.decided_at is not None:
        early = (promise.promised_for - promise.decided_at).total_seconds()
        return _("kept, %(span)s before", span=formatting.duration(early))
    if promise.state == "broken":
        return _("broken")
    if promise.state == "ended":
        return ending(promise.ended_reason or "")
    if promise.tell_at is not None and promise.tell_at > now:
        return _("open; the customer is told %(when)s if nobody answered", when=formatting.moment(promise.tell_at, now))
    return _("open")


def _usual(ticket: Ticket, promise: SlaPromise, now: datetime) -> str:
    if not promise.standing.is_open:
        return ""
    likely = history.of(ticket.queue_id, ticket.channel, promise.metric, now)
    if likely is None:
        return ""
    if not likely.is_enough:
        return _(
            "Only %(n)s answers in four weeks: with fewer than %(enough)s, customers read no usual time.",
            n=likely.count,
            enough=ENOUGH,
        )
    usual, median = formatting.duration(likely.p80_s), formatting.duration(likely.p50_s)
    return _(
        "Usually answered within %(usual)s of business time, half within %(median)s (%(n)s answers in four weeks).",
        usual=usual,
        median=median,
        n=likely.count,
    )
