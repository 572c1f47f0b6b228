"""How much each agent takes at once: their own number, else that of their role, else the product's."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select

from ticketdesk.accounts import availability, people
from ticketdesk.accounts.agent import ROLES, Agent
from ticketdesk.accounts.availability import CHANNELS
from ticketdesk.accounts.capacity import AgentCapacity, ChannelWeight, RoleCapacity
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

USUAL: Mapping[str, int] = {"email": 20, "chat": 3}
"""Tickets of each channel that one agent is given while nobody said otherwise."""
USUAL_WEIGHTS: Mapping[str, int] = {"email": 1, "chat": 3}
"""A talk needs its agent at once, so it weighs as much as three letters."""
MOST = 500
HEAVIEST = 100


def set_own(agent: Agent, channel: str, most: int | None, by: Actor, at: datetime) -> None:
    """Give an agent a number of their own for a channel, or none (None); raises Invalid outside 0 to 500."""
    _check(channel, most)
    agent = people.lock(agent.id)
    row = db.session.get(AgentCapacity, (agent.id, channel))
    if most == (None if row is None else row.most):
        return
    if row is not None and most is None:
        db.session.delete(row)
    elif row is not None and most is not None:
        row.most = most
    elif most is not None:
        db.session.add(AgentCapacity(agent_id=agent.id, channel=channel, most=most))
    db.session.flush()
    audit.note("capacity_set", "agent", agent.id, by, at, {"channel": channel, "most": most})
    availability.seek_work(agent.id, at)


def set_of_role(role: str, channel: str, most: int, by: Actor, at: datetime) -> None:
    """Say how much agents of a role take of a channel; raises Invalid for another role or outside 0 to 500."""
    if role not in ROLES:
        raise Invalid("There is no such role.", "role")
    _check(channel, most)
    db.session.merge(RoleCapacity(role=role, channel=channel, most=most))
    db.session.flush()
    audit.note("role_capacity_set", "role", None, by, at, {"role": role, "channel": channel, "most": most})


def set_weight(channel: str, weight: int, by: Actor, at: datetime) -> None:
    """Say what a ticket of a channel weighs when agents are compared; raises Invalid outside 1 to 100."""
    if channel not in CHANNELS or not 1 <= weight <= HEAVIEST:
        raise Invalid(f"Between 1 and {HEAVIEST}.", "weight")
    db.session.merge(ChannelWeight(channel=channel, weight=weight))
    db.session.flush()
    audit.note("channel_weight_set", "channel", None, by, at, {"channel": channel, "weight": weight})


def of_roles() -> dict[tuple[str, str], int]:
    """What each role takes of each channel, by (role, channel)."""
    found: dict[tuple[str, str], int] = {(role, channel): USUAL[channel] for role in ROLES for channel in CHANNELS}
    for row in db.session.scalars(select(RoleCapacity)):
        found[row.role, row.channel] = row.most
    return found


def own(agent_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """The numbers that agents have of their own, by (agent id, channel)."""
    rows = db.session.scalars(select(AgentCapacity).where(AgentCapacity.agent_id.in_(agent_ids)))
    return {(row.agent_id, row.channel): row.most for row in rows}


def of_agents(roles: Mapping[int, str]) -> dict[tuple[int, str], int]:
    """What each of these agents takes of each channel, by (agent id, channel); `roles` are theirs by id."""
    by_role, by_agent = of_roles(), own(roles.keys())
    return {
        (agent_id, channel): by_agent.get((agent_id, channel), by_role[role, channel])
        for agent_id, role in roles.items()
        for channel in CHANNELS
    }


def weights() -> dict[str, int]:
    """What a ticket of each channel weighs."""
    return {**USUAL_WEIGHTS, **{row.channel: row.weight for row in db.session.scalars(select(ChannelWeight))}}


def _check(channel: str, most: int | None) -> None:
    if channel not in CHANNELS:
        raise Invalid("There is no such channel.", "channel")
    if most is not None and not 0 <= most <= MOST:
        raise Invalid(f"Between 0 and {MOST}.", "most")
