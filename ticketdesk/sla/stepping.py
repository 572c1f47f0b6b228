"""Taking escalation steps when their moment comes: each once, in its order, by any number of sweepers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotAllowed, NotFound, Refused
from ticketdesk.core.failpoints import failpoint
from ticketdesk.sla import loading, recipients, sweep, timers
from ticketdesk.sla.explain import Happening, Timer
from ticketdesk.sla.recipients import People
from ticketdesk.sla.step_taken import StepTaken
from ticketdesk.sla.steps import Action, Deed, Step, due_now
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import assignment, moving, priority, tagging, timeline, visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import News


@dataclass(slots=True)
class _Taken:
    """A step that was taken just now, and what came of it."""

    at: datetime
    step: Step
    timer: Timer
    timer_id: int
    done: list[str]
    refused: list[str]
    due_at: datetime | None


def take_due(now: datetime, limit: int = sweep.BATCH) -> int:
    """Take the steps whose moment has come, oldest first; returns how many tickets were looked at.

    What was missed meanwhile is taken late, each once and in its order; whoever would be told of several steps of one
    clock at once is told of the last.
    """
    tickets = sweep.take(SlaTimer.step_at, limit, now, SlaTimer.step_at <= now - sweep.GRACE, states=_UNANSWERED)
    if not tickets:
        return 0
    failpoint("sla step")
    ids = [ticket.id for ticket in tickets]
    told, known = loading.happenings(ids), recipients.people(ids)

    def walk(some: Sequence[Ticket]) -> None:
        for ticket in some:
            _take_all(ticket, told[ticket.id], known, now)

    sweep.each(tickets, now, walk)
    failpoint("sla stepped")
    return len(tickets)


_UNANSWERED = ("running", "breached")


def _take_all(ticket: Ticket, told: Sequence[Happening], known: People, now: datetime) -> None:
    """Take every step of a locked ticket that is due; a change that one makes is reckoned with before the next."""
    found = _kept(ticket, told, now)
    made: list[_Taken] = []
    while (due := _earliest(found, made, now)) is not None:
        at, step, timer = due
        timer_id = _mark(ticket, timer, step, at, now)
        done, refused = _do(ticket, step, now)
        made.append(_Taken(at, step, timer, timer_id, done, refused, timer.due_at))
        if done:
            found = _kept(ticket, loading.happenings([ticket.id])[ticket.id], now)
    if made:
        _tell(ticket, made, known)
        timers.refresh(ticket, now)


def _kept(ticket: Ticket, told: Sequence[Happening], now: datetime) -> list[Timer]:
    """The timers of a locked ticket, with their rows brought up to date: a verdict comes before the steps after it."""
    found = timers.reckon(told, timers.terms([told]), now)
    timers.keep(ticket, found, timers.rows_of([ticket.id])[ticket.id], now)
    return found


def _earliest(found: Sequence[Timer], made: Sequence[_Taken], now: datetime) -> tuple[datetime, Step, Timer] | None:
    """The step that comes first among those that are due and were not just taken."""
    before = {(one.step.key, one.timer.cycle) for one in made}
    due = [
        (at, step, timer)
        for timer in found
        for at, step in due_now(timer, now)
        if (step.key, timer.cycle) not in before
    ]
    return min(due, key=lambda one: (one[0], one[1].offset_s, one[1].key), default=None)


def _mark(ticket: Ticket, timer: Timer, step: Step, at: datetime, now: datetime) -> int:
    """Write down that a step of a clock is taken; returns the clock's row. Raises RuntimeError if it was before."""
    clock = SlaTimer.ticket_id == ticket.id, SlaTimer.metric == timer.metric, SlaTimer.cycle == timer.cycle
    timer_id = db.session.scalars(select(SlaTimer.id).where(*clock)).one()
    row = {
        "timer_id": timer_id,
        "step": step.key,
        "policy_version_id": timer.policy.version_id,
        "due_at": at,
        "taken_at": now,
    }
    made = insert(StepTaken).values(row).on_conflict_do_nothing(index_elements=[StepTaken.timer_id, StepTaken.step])
    if db.session.scalar(made.returning(StepTaken.id)) is None:
        raise RuntimeError(f"step {step.key} of timer {timer_id} was taken, and no event tells of it")
    return timer_id


def _do(ticket: Ticket, step: Step, now: datetime) -> tuple[list[str], list[str]]:
    """Make a step's changes; which of them were made or were so already, and which a rule refused."""
    done: list[str] = []
    refused: list[str] = []
    for action in step.actions:
        try:
            with db.session.begin_nested():
                _DEEDS[action.do](ticket, action, now)
        except Refused:
            refused.append(action.do)
        else:
            done.append(action.do)
    return done, refused


def _prioritise(ticket: Ticket, action: Action, now: datetime) -> None:
    priority.change_priority(ticket, str(action.to), SYSTEM, now)


def _move(ticket: Ticket, action: Action, now: datetime) -> None:
    queue = db.session.get(Queue, action.to)
    if queue is None:
        raise NotFound("There is no such queue.")
    moving.move(ticket, queue, SYSTEM, now)


def _tag(ticket: Ticket, action: Action, now: datetime) -> None:
    tagging.change_tags(ticket, [str(action.to)], (), SYSTEM, now)


def _assign(ticket: Ticket, action: Action, now: datetime) -> None:
    agent = db.session.get(Agent, action.to) if action.to is not None else None
    if action.to is not None and (agent is None or visibility.level(agent, ticket) in (None, "read")):
        raise NotAllowed("This agent may not answer here.")
    assignment.assign(ticket, agent, SYSTEM, now)


_DEEDS: Mapping[Deed, Callable[[Ticket, Action, datetime], None]] = {
    "priority": _prioritise,
    "queue": _move,
    "tag": _tag,
    "assignee": _assign,
}


def _tell(ticket: Ticket, made: Sequence[_Taken], known: People) -> None:
    """Record the steps, each at its moment, with those whom it tells of the ticket as it is now."""
    later: set[tuple[str, int, int, bool]] = set()
    news: list[News] = []
    for one in reversed(made):
        clock, urgent = (one.timer.metric, one.timer.cycle), one.step.urgent
        reasons = recipients.of_step(one.step, ticket.queue_id, ticket.assignee_id, ticket.id, known)
        told = {
            agent_id: reason
            for agent_id, reason in reasons.items()
            # What is urgent does not wait with what is not.
            if (*clock, agent_id, True) not in later
            and (urgent or (*clock, agent_id, False) not in later)
            and (reason != "named" or _may_see(agent_id, ticket))
        }
        later |= {(*clock, agent_id, urgent) for agent_id in told}
        news.append(News(ticket, "escalated", SYSTEM, one.at, _data(one, told)))
    timeline.record_all(news[::-1])


def _data(one: _Taken, told: recipients.Reasons) -> dict[str, Any]:
    return {
        "metric": one.step.metric,
        "cycle": one.timer.cycle,
        "timer_id": one.timer_id,
        "step": one.step.key,
        "offset_s": one.step.offset_s,
        "urgent": one.step.urgent,
        "due_at": None if one.due_at is None else one.due_at.isoformat(),
        "agents": list(told),
        "reasons": list(told.values()),
        "actions": one.done,
        "refused": one.refused,
    }


def _may_see(agent_id: int, ticket: Ticket) -> bool:
    return visibility.level(db.session.get_one(Agent, agent_id), ticket) is not None
