"""What the steps of a policy would do to a ticket: when each would come, who is told, and when the mail arrives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import request
from flask_babel import get_locale, get_timezone, to_utc
from sqlalchemy import select
from wtforms import Form as Plain
from wtforms import SelectField, StringField
from wtforms.validators import Length

from ticketdesk.calendars import loading as calendars
from ticketdesk.calendars.rules import History
from ticketdesk.core.db import db
from ticketdesk.notifications.at_work import first_open
from ticketdesk.sla import loading, recipients, steps, timers
from ticketdesk.sla.explain import Happening, Timer, replay
from ticketdesk.sla.policies import Policy
from ticketdesk.sla.policy import SlaPolicyVersion
from ticketdesk.sla.recipients import People
from ticketdesk.sla.steps import Step
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import on_duty, visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.admin import policy_names, step_words
from ticketdesk.web.admin.policy_names import PRIORITIES
from ticketdesk.web.admin.step_words import Called
from ticketdesk.web.forms import offered
from ticketdesk.web.texts import _

LONGEST_NUMBER = 18


class ExampleForm(Plain):  # type: ignore[misc]  # WTForms ships no types
    """Which ticket to try the steps on: one that is there, or one that would come."""

    ticket = StringField("Number of a ticket", [Length(max=LONGEST_NUMBER)])
    start = StringField("Or a new one that comes", [Length(max=30)])
    priority = SelectField("With the priority", default="normal")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who would be told."""

    name: str
    reason: str
    arrives: str
    waits: bool  # the mail comes later than the step
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """What would become of one step."""

    at: datetime | None
    said: str
    is_past: bool
    readers: list[Reader]


@dataclass(frozen=True, slots=True)
class Example:
    """The ticket the steps are tried on, and what they would do, in their order; `problem` when there is none."""

    heading: str
    due: Mapping[str, str]
    shown: Sequence[Shown]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    """A ticket as far as steps care: its clocks, where it is, and whose."""

    timers: Sequence[Timer]
    queue_id: int
    assignee_id: int | None
    ticket: Ticket | None


def form() -> ExampleForm:
    """The question, as it was asked."""
    asked = ExampleForm(request.args if request.args else None)
    asked.priority.choices = offered((name, policy_names.priority(name)) for name in PRIORITIES)
    if asked.priority.data not in PRIORITIES:
        asked.priority.data = "normal"
    return asked


def example(
    version: SlaPolicyVersion, wanted: Sequence[Step], asked: ExampleForm, called: Called, now: datetime
) -> Example:
    """Try the steps on the ticket that was asked for, else on the newest that waits, else on one that comes now."""
    policy = replace(loading.policies([version.id])[version.id], steps=tuple(steps.written(step) for step in wanted))
    number, start = (asked.ticket.data or "").strip().lstrip("#"), (asked.start.data or "").strip()
    if number:
        ticket = _numbered(number)
        if ticket is None:
            return Example("", {}, (), _("There is no ticket with this number."))
        return _of_ticket(ticket, policy, wanted, called, now)
    if not start and (newest := _newest(version)) is not None:
        return _of_ticket(newest, policy, wanted, called, now)
    at = _moment(start) if start else now
    if at is None:
        return Example("", {}, (), _("This is not a time; write it like 2026-03-04T10:00."))
    subject = _Subject(_would_run(policy, asked.priority.data, at), _first_queue(policy, called), None, None)
    priority = policy_names.priority(asked.priority.data).lower()
    heading = _("A ticket that comes %(time)s with priority %(priority)s", time=_local(at, None), priority=priority)
    return _shown(heading, subject, wanted, called, now)


def _of_ticket(ticket: Ticket, policy: Policy, wanted: Sequence[Step], called: Called, now: datetime) -> Example:
    told = loading.happenings([ticket.id])[ticket.id]
    found = [replace(timer, policy=policy) for timer in timers.reckon(told, timers.terms([told]), now)]
    subject = _Subject(found, ticket.queue_id, ticket.assignee_id, ticket)
    return _shown(f"#{ticket.number} {ticket.subject}", subject, wanted, called, now)


def _shown(heading: str, subject: _Subject, wanted: Sequence[Step], called: Called, now: datetime) -> Example:
    people = recipients.people([subject.ticket.id] if subject.ticket is not None else [])
    newest: dict[str, Timer] = {timer.metric: timer for timer in subject.timers}
    hours = on_duty.hours_of(list(people.roles))
    seers = visibility.seers(subject.ticket) if subject.ticket is not None else None
    shown = [_one(step, newest.get(step.metric), subject, people, hours, seers, called, now) for step in wanted]
    return Example(
        heading, {metric: _local(timer.due_at, None) for metric, timer in newest.items() if timer.due_at}, shown
    )


def _one(
    step: Step,
    timer: Timer | None,
    subject: _Subject,
    people: People,
    hours: Mapping[int, tuple[History, ...]],
    seers: Mapping[int, str] | None,
    called: Called,
    now: datetime,
) -> Shown:
    if timer is None:
        return Shown(None, _("There is no such clock."), False, [])
    if step.key in timer.taken:
        return Shown(None, _("It was taken already."), True, [])
    at = steps.moment(step, timer)
    if at is None:
        return Shown(None, _why_never(timer), False, [])
    queue_id, assignee_id = subject.queue_id, subject.assignee_id
    for action in step.actions:
        if action.do == "queue" and isinstance(action.to, int):
            queue_id = action.to
        elif action.do == "assignee":
            assignee_id = action.to if isinstance(action.to, int) else None
    told = recipients.of_step(step, queue_id, assignee_id, subject.ticket.id if subject.ticket else None, people)
    since = at if subject.ticket is None else max(at, now)
    readers = []
    for agent_id, reason in told.items():
        if reason == "named" and not _would_see(agent_id, queue_id, assignee_id, subject, people, seers):
            readers.append(Reader(called.agents[agent_id], _("may not see the ticket"), _("is not told"), False, False))
            continue
        arrives = since if step.urgent else first_open(hours.get(agent_id, ()), since)
        words = _local(arrives, called.zones[agent_id])
        readers.append(Reader(called.agents[agent_id], step_words.reason(reason), words, arrives > since))
    return Shown(at, _local(at, None), subject.ticket is not None and at < now, readers)


def _would_see(
    agent_id: int,
    queue_id: int,
    assignee_id: int | None,
    subject: _Subject,
    people: People,
    seers: Mapping[int, str] | None,
) -> bool:
    """Whether somebody may see the ticket where the step leaves it; grants of another queue are not looked up."""
    if subject.ticket is None or seers is None:
        return True
    if queue_id == subject.ticket.queue_id:
        return agent_id in seers or agent_id == assignee_id
    if agent_id in (assignee_id, *people.followers.get(subject.ticket.id, ())):
        return True
    return people.roles.get(agent_id) == "administrator" or agent_id in people.members.get(
        people.teams.get(queue_id, 0), ()
    )


def _why_never(timer: Timer) -> str:
    if timer.stopped_at is not None or timer.state == "ended":
        return _("Never: the clock has ended.")
    if timer.breached_at is not None and timer.resumed_at is not None:
        return _("Left out: the due time is over.")
    return _("Not while the clock stands still.")


def _would_run(policy: Policy, priority: str, at: datetime) -> list[Timer]:
    """The clocks of a ticket that comes at this moment, and of one that was answered and comes back."""
    histories = calendars.histories([policy.calendar_id])
    opened = {"priority": priority, "category": "new", "by_agent": False}
    told = [
        Happening(1, at, "ticket_opened", "contact", opened),
        Happening(2, at, "sla_applied", "system", {"policy_version_id": policy.version_id}),
    ]
    again = [
        *told,
        Happening(3, at, "reply_sent", "agent", {"message_id": 1}),
        Happening(4, at, "message_received", "contact", {"message_id": 2}),
    ]
    terms = {policy.version_id: policy}
    later = [timer for timer in replay(again, terms, histories, at) if timer.metric == "next_response"]
    return [*replay(told, terms, histories, at), *later]


def _moment(text: str) -> datetime | None:
    """What was typed on the reader's clock, unless it lies outside the times that calendars know."""
    try:
        typed = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
    return to_utc(typed).replace(tzinfo=UTC) if 2000 <= typed.year <= 2100 else None


def _numbered(number: str) -> Ticket | None:
    if not (number.isascii() and number.isdecimal()) or len(number) > LONGEST_NUMBER:
        return None
    return db.session.scalar(select(Ticket).where(Ticket.number == int(number)))


def _newest(version: SlaPolicyVersion) -> Ticket | None:
    """The newest ticket with a clock of this policy that still waits."""
    same = select(SlaPolicyVersion.id).where(SlaPolicyVersion.policy_id == version.policy_id)
    waits = (SlaTimer.policy_version_id.in_(same), SlaTimer.resumed_at.is_not(None), SlaTimer.state == "running")
    ticket_id = db.session.scalar(select(SlaTimer.ticket_id).where(*waits).order_by(SlaTimer.id.desc()).limit(1))
    return None if ticket_id is None else db.session.get_one(Ticket, ticket_id)


def _first_queue(policy: Policy, called: Called) -> int:
    """A queue that such a ticket may be in."""
    allowed = policy.conditions.get("queue_id")
    return next((number for number in called.in_use if not allowed or number in allowed), 0)


def _local(at: datetime, zone: str | None) -> str:
    """A moment on somebody's clock, with its place where that is not the reader's."""
    there = at.astimezone(ZoneInfo(zone) if zone is not None else get_timezone())
    words = str(format_datetime(there, "EEE d MMM, HH:mm", tzinfo=there.tzinfo, locale=get_locale()))
    return words if there.utcoffset() == at.astimezone(get_timezone()).utcoffset() else f"{words} ({zone})"
