"""Who may do what: one table of named rules, asked by routes, jobs and templates alike.

Rules about a ticket also take the level that `tickets.visibility.level` found for the agent and that ticket.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from ticketdesk.accounts.agent import Agent

Level = Literal["read", "reply", "manage"]
LEVELS: tuple[Level, ...] = ("read", "reply", "manage")
"""From least to most; each includes those before it."""

Rule = Callable[[Agent, Level | None], bool]


def anyone(agent: Agent, level: Level | None) -> bool:
    """Every agent."""
    return True


def supervisors(agent: Agent, level: Level | None) -> bool:
    """Supervisors and administrators."""
    return agent.is_supervisor


def administrators(agent: Agent, level: Level | None) -> bool:
    """Administrators only."""
    return agent.is_administrator


def readers(agent: Agent, level: Level | None) -> bool:
    """Whoever sees the ticket."""
    return level is not None


def answerers(agent: Agent, level: Level | None) -> bool:
    """Whoever works on the ticket, for this once or always."""
    return level in ("reply", "manage")


def owners(agent: Agent, level: Level | None) -> bool:
    """Whoever answers for the ticket's queue."""
    return level == "manage"


RULES: Mapping[str, Rule] = {
    "desk.enter": anyone,
    "ticket.open": anyone,  # into a queue they see; the verb checks which
    "ticket.read": readers,
    "ticket.follow": readers,
    "ticket.reply": answerers,
    "ticket.note": answerers,
    "ticket.ask_outside": answerers,  # in a side conversation; whoever sees the ticket reads it
    "ticket.draft": answerers,
    "ticket.status": answerers,
    "ticket.solve": answerers,
    "ticket.snooze": answerers,
    "ticket.priority": answerers,
    "ticket.checklist": answerers,
    "ticket.time": answerers,  # one's own: written down, corrected
    "ticket.measure": answerers,
    "ticket.read_time": owners,  # that of everybody
    "ticket.tag": answerers,
    "ticket.fields": answerers,
    "ticket.assign": answerers,
    "chat.transfer": answerers,  # to a queue that they see, or a colleague who works on it
    "chat.invite": answerers,  # a colleague who works on the queue; anybody else needs ticket.add_follower
    "chat.lay_aside": answerers,
    "ticket.accept_message": answerers,
    "ticket.follow_up": answerers,
    "ticket.repeat_delivery": answerers,
    "ticket.queue": owners,
    "ticket.merge": owners,  # of both tickets
    "ticket.split": owners,
    "ticket.link": answerers,  # of both tickets
    "ticket.unlink": answerers,
    "ticket.spam": owners,
    "ticket.trash": owners,
    "ticket.block_sender": owners,
    "ticket.add_follower": owners,  # gives another agent sight of it
    "view.share": supervisors,  # with a team of theirs, or with everybody
    "reports.read": supervisors,
    "settings.change": administrators,
}


def allowed(agent: Agent, permission: str, level: Level | None = None) -> bool:
    """Whether an agent may; a disabled one never may. Raises KeyError for a permission that nobody defined."""
    rule = RULES[permission]
    return agent.is_active and rule(agent, level)
