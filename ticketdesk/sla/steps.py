"""Escalation steps: what happens so long before or after a due time, to whom it is told, and when its moment comes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

from ticketdesk.calendars import spans
from ticketdesk.calendars.hours import instant_of, second_of
from ticketdesk.calendars.rules import History
from ticketdesk.core.errors import Invalid
from ticketdesk.sla.clock import Stretch
from ticketdesk.sla.policies import METRICS, Policy

Role = Literal["assignee", "team", "followers", "supervisors", "administrators"]
ROLES: tuple[Role, ...] = get_args(Role)
AGENT = "agent:"
"""Before the number of one agent, who is told whatever part they play."""

Deed = Literal["priority", "queue", "tag", "assignee"]
DEEDS: tuple[Deed, ...] = get_args(Deed)
"""What a step may do to the ticket; `assignee` without a value gives it back to its queue."""

PRIORITIES = ("low", "normal", "high", "urgent")
MOST_STEPS = 20
MOST_RECIPIENTS = 10
LONGEST_OFFSET = 366 * 24 * 3600
LONGEST_TAG = 40


@dataclass(frozen=True, slots=True)
class Action:
    """One change to the ticket: a priority, the id of a queue, a tag, the id of an agent or nobody."""

    do: Deed
    to: int | str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `offset_s` in business seconds of the policy's calendar, below 0 before the due time."""

    metric: str
    offset_s: int
    recipients: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    urgent: bool = False  # mails leave at once, whoever is at work

    @property
    def key(self) -> str:
        """What makes it the same step in another version of the policy: the measure, the moment and the recipients."""
        return f"{self.metric}:{self.offset_s}:{','.join(self.recipients)}"

    @property
    def agents(self) -> list[int]:
        """The ids of the agents it names."""
        return [int(code.removeprefix(AGENT)) for code in self.recipients if code.startswith(AGENT)]


class Clocked(Protocol):
    """What must be known of a clock to say when its steps come; `sla.outcome.Timer` has it."""

    @property
    def metric(self) -> str: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def hours(self) -> History: ...
    @property
    def target_s(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def banked_s(self) -> int: ...
    @property
    def resumed_at(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def breached_at(self) -> datetime | None: ...
    @property
    def stretches(self) -> Sequence[Stretch]: ...
    @property
    def taken(self) -> Collection[str]: ...


class Told(Protocol):
    """An event of the ticket's log."""

    @property
    def kind(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


def parse(stored: Mapping[str, Any]) -> Step:
    """One step as a policy's version keeps it; raises Invalid in plain words."""
    if set(stored) - {"metric", "offset_s", "recipients", "actions", "urgent"}:
        raise Invalid("A step has a measure, a moment, recipients and changes.", "steps")
    metric, offset_s, urgent = stored.get("metric"), stored.get("offset_s"), stored.get("urgent", False)
    if metric not in METRICS:
        raise Invalid("Choose which clock the step belongs to.", "metric")
    if type(offset_s) is not int or abs(offset_s) > LONGEST_OFFSET:
        raise Invalid("A step lies at most a year of business time before or after the due time.", "offset_s")
    if type(urgent) is not bool:
        raise Invalid("A step is urgent or it is not.", "urgent")
    recipients = _recipients(stored.get("recipients", []))
    actions = tuple(_action(one) for one in _listed(stored.get("actions", []), "actions"))
    single = [one.do for one in actions if one.do != "tag"]
    if len(set(single)) != len(single) or len(set(actions)) != len(actions):
        raise Invalid("A step makes each change only once.", "actions")
    if not recipients and not actions:
        raise Invalid("A step tells somebody, or changes the ticket.", "recipients")
    return Step(metric, offset_s, recipients, actions, urgent)


def written(step: Step) -> dict[str, Any]:
    """The step as a policy's version keeps it."""
    return {
        "metric": step.metric,
        "offset_s": step.offset_s,
        "recipients": list(step.recipients),
        "actions": [{"do": action.do, "to": action.to} for action in step.actions],
        "urgent": step.urgent,
    }


def check(stored: Sequence[Mapping[str, Any]]) -> list[Step]:
    """All steps of one version in their order of time; raises Invalid."""
    if len(stored) > MOST_STEPS:
        raise Invalid(f"At most {MOST_STEPS} steps.", "steps")
    found = [parse(one) for one in stored]
    if len({step.key for step in found}) != len(found):
        raise Invalid("There is a step at this moment for the same people already. Change that one.", "offset_s")
    return in_order(found)


def in_order(found: Iterable[Step]) -> list[Step]:
    """Steps by measure and moment."""
    return sorted(found, key=lambda step: (METRICS.index(step.metric), step.offset_s, step.key))


def of_policy(policy: Policy) -> list[Step]:
    """The steps of a version. One that makes no sense is left out: it must not stop what happens to tickets."""
    found = []
    for stored in policy.steps:
        try:
            found.append(parse(stored))
        except (Invalid, AttributeError, TypeError):
            continue
    return found


def taken(events: Iterable[Told]) -> dict[tuple[str, int], frozenset[str]]:
    """Which steps a ticket's events say were taken, by measure and cycle."""
    found: dict[tuple[str, int], frozenset[str]] = {}
    for event in events:
        if event.kind == "escalated":
            name = event.data["metric"], event.data["cycle"]
            found[name] = found.get(name, frozenset()) | {event.data["step"]}
    return found


def moment(step: Step, timer: Clocked) -> datetime | None:
    """When a step's moment comes if the clock goes on as it does; None when it has none.

    A clock that stands still has no steps, whatever it waits for. Before the due time there is no step any more once
    that is over: the ones after it say what is so now. A step further ahead than the whole promise comes at once.
    """
    if timer.metric != step.metric or timer.resumed_at is None or timer.due_at is None or timer.state == "ended":
        return None
    since, due = second_of(timer.resumed_at), second_of(timer.due_at)
    try:
        if step.offset_s >= 0:
            left = step.offset_s - _used_after(due, since, timer)
            return instant_of(spans.reach(timer.hours, max(since, due), left))
        if timer.breached_at is not None:
            return None
        left = timer.target_s + step.offset_s - timer.banked_s
        return instant_of(spans.reach(timer.hours, since, left))
    except spans.NeverOpens:
        return None


def to_come(timer: Clocked) -> list[tuple[datetime, Step]]:
    """The steps of a clock that were not taken yet with their moments, in their order."""
    if not timer.policy.steps or timer.resumed_at is None:
        return []
    found = []
    for step in of_policy(timer.policy):
        at = None if step.key in timer.taken else moment(step, timer)
        if at is not None:
            found.append((at, step))
    return sorted(found, key=lambda one: (one[0], one[1].offset_s, one[1].key))


def next_moment(timer: Clocked) -> datetime | None:
    """When somebody must look at a clock for the sake of its next step."""
    coming = to_come(timer)
    return coming[0][0] if coming else None


def due_now(timer: Clocked, now: datetime) -> list[tuple[datetime, Step]]:
    """The steps whose moment has come, in their order."""
    return [(at, step) for at, step in to_come(timer) if at <= now]


def _used_after(due: int, since: int, timer: Clocked) -> int:
    """Business seconds that ran between the due time and the stretch that is open now."""
    return sum(
        spans.open_seconds(timer.hours, max(one.start, due), one.end)
        for one in timer.stretches
        if one.mode == "running" and one.end > due and one.start < since
    )


def _recipients(stored: Any) -> tuple[str, ...]:
    found = _listed(stored, "recipients")
    for code in found:
        named = isinstance(code, str) and code.startswith(AGENT) and code.removeprefix(AGENT)
        if code not in ROLES and not (named and named.isascii() and named.isdecimal() and len(named) <= 18):
            raise Invalid("Choose who is told.", "recipients")
    if len(set(found)) != len(found) or len(found) > MOST_RECIPIENTS:
        raise Invalid(f"At most {MOST_RECIPIENTS} recipients, each once.", "recipients")
    return tuple(sorted(found))


def _action(stored: Any) -> Action:
    if not isinstance(stored, Mapping) or set(stored) != {"do", "to"}:
        raise Invalid("A change says what becomes how.", "actions")
    do, to = stored["do"], stored["to"]
    fits = {
        "priority": to in PRIORITIES,
        "queue": type(to) is int and 0 < to < 2**63,
        "tag": isinstance(to, str) and 0 < len(to.strip()) <= LONGEST_TAG,
        "assignee": to is None or (type(to) is int and 0 < to < 2**63),
    }
    if not fits.get(do, False):
        raise Invalid("A step can set the priority, move the ticket, add a tag or assign it.", "actions")
    return Action(do, "-".join(to.lower().split()) if do == "tag" else to)


def _listed(stored: Any, name: str) -> list[Any]:
    if not isinstance(stored, list | tuple):
        raise Invalid("A step lists its recipients and its changes.", name)
    return list(stored)
