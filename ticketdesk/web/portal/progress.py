"""How far a matter is and when an answer comes, in a customer's words; the one place where they stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from babel import dates
from flask_babel import get_locale, get_timezone

from ticketdesk.sla import wording
from ticketdesk.sla.expectation import Expectation
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.texts import _

StepKind = Literal["done", "now", "todo"]


@dataclass(frozen=True, slots=True)
class Step:
    """One of the four steps from the first message to the end."""

    kind: StepKind
    icon: str
    title: str
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """When to expect an answer."""

    is_late: bool
    lead: str
    more: str


@dataclass(frozen=True, slots=True)
class Doings:
    """What our side has done so far: who has the ticket and since when, who answered last, and the last move."""

    agent: str = ""
    assigned_at: datetime | None = None
    answered_by: str = ""
    answered_at: datetime | None = None
    is_leaving: bool = False  # an answer is written that its author can still take back: nobody knows of it yet
    moved_at: datetime | None = None
    by_agent: bool = False  # the first words were ours


def steps(ticket: Ticket, doings: Doings, now: datetime) -> list[Step]:
    """Received, looked at, whose turn it is, solved."""
    is_over = ticket.category in DONE
    solved = Step("done", "done", _("Solved"), _when(ticket.solved_at, now), ticket.solved_at)
    end = solved if is_over else Step("todo", "check", _("Solved"), _("when you say so"))
    return [_received(ticket, doings, now), _looked_at(ticket, doings, now), _turn(ticket, doings, now), end]


def short(ticket: Ticket, *, is_leaving: bool = False) -> tuple[str, str]:
    """The same in a few words for a list, with an icon; `is_leaving` as in Doings."""
    if ticket.category in DONE:
        return "done", _("Solved")
    if ticket.category == "pending":
        return "reply", _("Waiting for you")
    if ticket.category == "on_hold":
        return "clock", _("Waiting for somebody else")
    if ticket.answered_at is None or is_leaving:
        return "clock", _("Waiting for our answer")
    return ("clock", _("Waiting for our answer")) if ticket.waits_for_us else ("check", _("Answered"))


def promise(expected: Expectation | None, now: datetime) -> Promise | None:
    """When to expect an answer to what was written; None when nobody waits for one."""
    if expected is None:
        return None
    if expected.kind == "usual":
        return Promise(False, _by(expected, now), _opening(expected, now))
    if expected.kind == "late":
        lead = _("Our answer is late")
        due = _("We had promised it for %(when)s. Sorry; your message is not forgotten.", when=moment(expected.at, now))
        return Promise(True, lead, _joined(due, _opening(expected, now)))
    asked = _("You asked %(when)s.", when=_since(expected.since, now))
    if expected.instead_of is not None:
        was = moment(expected.instead_of, now)
        asked = _("We had promised it for %(when)s; it takes longer than we thought. Sorry.", when=was)
    return Promise(False, _by(expected, now), _joined(asked, _opening(expected, now), _zone()))


def if_written_now(expected: Expectation | None, now: datetime) -> str:
    """When somebody could expect an answer who writes now; empty when nothing is promised."""
    if expected is None:
        return ""
    if expected.usually is not None:
        return _joined(f"{_by(expected, now)}.", _opening(expected, now))
    return _joined(
        _("Write now, and you have an answer %(when)s.", when=deadline(expected.at, now)), _opening(expected, now)
    )


def usual_span(expected: Expectation) -> str:
    """Within what time an answer usually comes; empty when that is not known, or closed hours lie in between."""
    usual = expected.usually
    return "" if usual is None or usual.span_s is None else wording.span(usual.span_s, get_locale() or "en")


def _received(ticket: Ticket, doings: Doings, now: datetime) -> Step:
    title = _("We wrote to you") if doings.by_agent else _("We have your message")
    return Step("done", "done", title, _when(ticket.opened_at, now), ticket.opened_at)


def _looked_at(ticket: Ticket, doings: Doings, now: datetime) -> Step:
    answered_at = _answered_at(ticket, doings)
    if answered_at is not None:
        who = doings.answered_by
        title = _("%(who)s answered", who=who) if who else _("We answered")
        return Step("done", "done", title, _when(answered_at, now), answered_at)
    if ticket.category in DONE:
        return Step("done", "done", _("Looked at"))
    if doings.agent:
        title = _("%(who)s is looking at it", who=doings.agent)
        return Step("now", "eye", title, _when(doings.assigned_at, now), doings.assigned_at)
    return Step("now", "clock", _("It waits for one of us"), "")


def _answered_at(ticket: Ticket, doings: Doings) -> datetime | None:
    """When we answered last, as far as it has left."""
    return doings.answered_at if doings.is_leaving else ticket.answered_at


def _turn(ticket: Ticket, doings: Doings, now: datetime) -> Step:
    """Whose turn it is; nothing of it before our first answer."""
    if ticket.category in DONE:
        return Step("done", "done", _("Answer found"))
    if ticket.category == "pending":
        return Step("now", "reply", _("Waiting for you"), _when(doings.moved_at, now), doings.moved_at)
    if ticket.category == "on_hold":
        return Step("now", "clock", _("Waiting for somebody else"), _when(doings.moved_at, now), doings.moved_at)
    if _answered_at(ticket, doings) is None:
        return Step("todo", "reply", _("Our answer"))
    if ticket.waits_for_us or doings.is_leaving:
        who = doings.agent
        title = _("%(who)s has your message", who=who) if who else _("We have your message")
        return Step("now", "clock", title, _when(ticket.customer_wrote_at, now), ticket.customer_wrote_at)
    if doings.agent:
        return Step("now", "eye", _("%(who)s is working on it", who=doings.agent), "")
    return Step("now", "eye", _("We are working on it"), "")


def _when(at: datetime | None, now: datetime) -> str:
    return moment(at, now) if at is not None else ""


def moment(at: datetime, now: datetime) -> str:
    """A time near or far, in words that read well: "today 11:09", "yesterday 09:52", "Tuesday", "10 March"."""
    there, today = formatting.local(at).date(), formatting.local(now).date()
    if there == today:
        return _("today %(time)s", time=formatting.clock(at))
    if there == today - timedelta(days=1):
        return _("yesterday %(time)s", time=formatting.clock(at))
    if abs((today - there).days) < 7:
        return _("%(day)s %(time)s", day=_named(at, "EEEE"), time=formatting.clock(at))
    return _named(at, "d MMMM" if there.year == today.year else "d MMMM y")


def _since(at: datetime, now: datetime) -> str:
    there, today = formatting.local(at).date(), formatting.local(now).date()
    return _("at %(time)s", time=formatting.clock(at)) if there == today else moment(at, now)


def _by(expected: Expectation, now: datetime) -> str:
    """The sentence on an answer that is not late, without its full stop."""
    if expected.usually is None:
        return _("Expect an answer %(when)s", when=deadline(expected.at, now))
    usual = _usually(expected, now)
    if expected.kind == "usual":
        return usual
    return _("%(usual)s; at the latest %(when)s", usual=usual, when=deadline(expected.at, now))


def _usually(expected: Expectation, now: datetime) -> str:
    span = usual_span(expected)
    if span:
        return _("We usually answer within %(span)s", span=span)
    at = expected.at if expected.usually is None else expected.usually.at
    return _("We usually answer %(when)s", when=deadline(at, now))


def deadline(at: datetime, now: datetime) -> str:
    """A time to come as the end of a wait: "today by 12:09", "by Tuesday, 14:20"."""
    there, today = formatting.local(at).date(), formatting.local(now).date()
    if there == today:
        return _("today by %(time)s", time=formatting.clock(at))
    if there == today + timedelta(days=1):
        return _("tomorrow by %(time)s", time=formatting.clock(at))
    day = _named(at, "EEEE" if (there - today).days < 7 else "EEEE d MMMM")
    return _("by %(day)s, %(time)s", day=day, time=formatting.clock(at))


def _opening(expected: Expectation, now: datetime) -> str:
    if expected.open_until is not None:
        return _("We are here until %(time)s.", time=formatting.clock(expected.open_until))
    if expected.opens_at is None:
        return ""
    there, today = formatting.local(expected.opens_at).date(), formatting.local(now).date()
    if there == today:
        return _("We are back at %(time)s.", time=formatting.clock(expected.opens_at))
    if there == today + timedelta(days=1):
        return _("We are back tomorrow at %(time)s.", time=formatting.clock(expected.opens_at))
    day = _named(expected.opens_at, "EEEE" if (there - today).days < 7 else "EEEE d MMMM")
    return _("We are back on %(day)s at %(time)s.", day=day, time=formatting.clock(expected.opens_at))


def _zone() -> str:
    """Whose clock all this is told by."""
    zone = get_timezone()
    name = str(zone)
    if name in ("UTC", "Etc/UTC"):
        return _("Times are in UTC.")
    city = dates.get_timezone_location(zone, locale=get_locale() or "en", return_city=True)
    return _("Times are those of %(city)s.", city=city)


def _named(at: datetime, pattern: str) -> str:
    return dates.format_datetime(at, pattern, tzinfo=get_timezone(), locale=get_locale() or "en")


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
