"""Escalation steps in plain words: whom each tells, and what it changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.sla.steps import AGENT, Action, Step
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import policy_names
from ticketdesk.web.desk import steps as moments
from ticketdesk.web.spans import listed
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Called:
    """Agents and queues by number; those who left and what is archived are still called something."""

    agents: Mapping[int, str]
    working: Mapping[int, str]
    zones: Mapping[int, str]
    queues: Mapping[int, str]
    in_use: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Plain:
    """One step in words."""

    when: str
    tells: str
    changes: list[str]
    urgent: bool


def load() -> Called:
    """All names: an administrator sees everything, and there are few."""
    agents = db.session.execute(
        select(Agent.id, Agent.name, Agent.timezone, Agent.disabled_at).order_by(Agent.name)
    ).all()
    queues = db.session.execute(
        select(Queue.id, Queue.name, Queue.archived_at).order_by(Queue.position, Queue.id)
    ).all()
    return Called(
        {row.id: row.name for row in agents},
        {row.id: row.name for row in agents if row.disabled_at is None},
        {row.id: row.timezone for row in agents},
        {row.id: row.name for row in queues},
        {row.id: row.name for row in queues if row.archived_at is None},
    )


def plain(step: Step, called: Called) -> Plain:
    """What a step does."""
    told = [_recipient(code, called) for code in step.recipients]
    tells = _("Tells %(people)s", people=listed(told)) if told else _("Tells nobody")
    return Plain(moments.offset(step.offset_s), tells, [change(one, called) for one in step.actions], step.urgent)


def roles() -> dict[str, str]:
    """Whom a step can tell by the part they play."""
    return {
        "assignee": _("whoever has the ticket; while nobody has it, the team"),
        "team": _("the team of its queue"),
        "followers": _("its followers"),
        "supervisors": _("the team's supervisors; where it has none, the administrators"),
        "administrators": _("all administrators"),
    }


def change(action: Action, called: Called) -> str:
    """One change in words."""
    if action.do == "priority":
        return _("Priority becomes %(priority)s", priority=policy_names.priority(str(action.to)).lower())
    if action.do == "tag":
        return _("Gets the tag “%(tag)s”", tag=action.to)
    number = action.to if isinstance(action.to, int) else 0
    if action.do == "queue":
        return _("Moves to %(queue)s", queue=called.queues.get(number, _("a queue that is gone")))
    if action.to is None:
        return _("Is taken from its assignee, back to the queue")
    return _("Is given to %(agent)s", agent=called.agents.get(number, _("somebody who is gone")))


def reason(code: str) -> str:
    """Why somebody is told, beside their name."""
    return {
        "assignee": _("has the ticket"),
        "team": _("of the team, while nobody has it"),
        "member": _("of the team"),
        "follower": _("follows it"),
        "supervisor": _("supervisor"),
        "administrator": _("administrator"),
        "named": _("named here"),
    }.get(code, code)


def _recipient(code: str, called: Called) -> str:
    if code.startswith(AGENT):
        return called.agents.get(int(code.removeprefix(AGENT)), _("somebody who is gone"))
    return {
        "assignee": _("whoever has the ticket"),
        "team": _("the team"),
        "followers": _("the followers"),
        "supervisors": _("the supervisors"),
        "administrators": _("the administrators"),
    }[code]
