"""Whether somebody who has less to do now could take nothing before, so that work may wait for them."""

from sqlalchemy import bindparam, func, literal, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.capacities import USUAL
from ticketdesk.accounts.capacity import AgentCapacity, RoleCapacity
from ticketdesk.core.counters import Counter, CounterDelta
from ticketdesk.core.db import db
from ticketdesk.routing.offer import RoutingOffer, counts
from ticketdesk.routing.strategies import WHOLE


def was_full(agent_id: int, channel: str, load_key: str, less: int) -> bool:
    """Whether an agent had room for no whole ticket of a channel before their load there sank by `less` hundredths.

    Whoever had room was given whatever they could take when it came. What another transaction changes at this moment is
    not seen; the look of every minute finds what that leaves.
    """
    asked = {"agent_id": agent_id, "of_channel": channel, "load_key": load_key}
    with db.session.no_autoflush:  # counts are written at once
        most, load, rings = db.session.execute(_ROOM, asked).one()
    if most is None:
        most = USUAL[channel]
    if channel == "chat":
        load += rings * WHOLE
    return bool(most * WHOLE - (load + less) < WHOLE)


# Built once: it is asked for most answers, and building costs more than asking.
_OWN = select(AgentCapacity.most).where(
    AgentCapacity.agent_id == bindparam("agent_id"), AgentCapacity.channel == bindparam("of_channel")
)
_OF_ROLE = (
    select(RoleCapacity.most)
    .join(Agent, Agent.role == RoleCapacity.role)
    .where(Agent.id == bindparam("agent_id"), RoleCapacity.channel == bindparam("of_channel"))
)
_FOLDED = select(Counter.value).where(Counter.key == bindparam("load_key"))
_FRESH = select(func.sum(CounterDelta.delta)).where(CounterDelta.key == bindparam("load_key"))
_RINGS = select(func.count()).where(RoutingOffer.agent_id == bindparam("agent_id"), counts())
_NONE = literal(0)
_ROOM = select(
    func.coalesce(_OWN.scalar_subquery(), _OF_ROLE.scalar_subquery()),
    func.coalesce(_FOLDED.scalar_subquery(), _NONE) + func.coalesce(_FRESH.scalar_subquery(), _NONE),
    _RINGS.scalar_subquery(),
)
