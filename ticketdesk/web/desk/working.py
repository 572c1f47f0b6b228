"""Whether an agent takes work by mail and by chat, and how much of each they have of what they take."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, String, and_, bindparam, column, func, literal, select

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import CHANNELS, Availability
from ticketdesk.accounts.capacities import USUAL
from ticketdesk.accounts.capacity import AgentCapacity, RoleCapacity
from ticketdesk.core.db import db
from ticketdesk.routing import projection
from ticketdesk.routing.strategies import WHOLE
from ticketdesk.web.texts import _, ngettext

STATES = ("online", "away", "offline")


@dataclass(frozen=True, slots=True)
class Stated:
    """What an agent says of one channel."""

    channel: str
    state: str
    load: int  # tickets, rounded up: what is begun is a ticket
    most: int
    heard_at: datetime | None = None  # the last sign of life of a browser of theirs

    def is_silent(self, now: datetime) -> bool:
        """Whether they appear away although they say that they take work."""
        return availability.is_silent(self.state, self.heard_at, now)

    @property
    def name(self) -> str:
        """The channel as it is spoken of."""
        return _("Chat") if self.channel == "chat" else _("Mail")

    @property
    def title(self) -> str:
        """The same at its full length: what a form brings is answered by mail, so it is work of that channel."""
        return _("Chat") if self.channel == "chat" else _("Mail and forms")

    @property
    def words(self) -> str:
        """How full it is: "2 of 3 chats"."""
        if self.channel == "chat":
            return ngettext("%(load)s of one chat", "%(load)s of %(num)s chats", self.most, load=self.load)
        return ngettext("%(load)s of one mail", "%(load)s of %(num)s mails", self.most, load=self.load)


@dataclass(frozen=True, slots=True)
class Working:
    """What an agent says of every channel."""

    channels: list[Stated]

    @property
    def state(self) -> str:
        """The most present of them."""
        return min((one.state for one in self.channels), key=STATES.index)

    def is_silent(self, now: datetime) -> bool:
        """Whether they appear away on a channel on which they say that they take work."""
        return any(one.is_silent(now) for one in self.channels)

    @property
    def heard_at(self) -> datetime | None:
        """The last sign of life of all."""
        return max((one.heard_at for one in self.channels if one.heard_at is not None), default=None)

    @property
    def differs(self) -> bool:
        """Whether the channels are not all alike."""
        return len({one.state for one in self.channels}) > 1


def of(agent: Agent, counts: Mapping[str, int]) -> Working:
    """What the agent stated last, with their load, which `counts` holds; one query."""
    keys = projection.load_keys(agent.id)
    found = {}
    for channel, state, own, by_role, heard_at in db.session.execute(_STATED, {"of": agent.id, "role": agent.role}):
        most = own if own is not None else by_role if by_role is not None else USUAL[channel]
        found[channel] = Stated(channel, state or "offline", -(-counts[keys[channel]] // WHOLE), most, heard_at)
    return Working([found[channel] for channel in CHANNELS])


def _stated() -> Select[Any]:
    """What an agent stated of every channel, and how much of it they are given. Built once for all pages."""
    every = literal(list(CHANNELS), ARRAY(String))
    named = func.unnest(every).table_valued(column("channel", String), name="channels").render_derived()
    of = bindparam("of", type_=BigInteger())
    return (
        select(named.c.channel, Availability.state, AgentCapacity.most, RoleCapacity.most, Availability.heard_at)
        .select_from(named)
        .outerjoin(Availability, and_(Availability.agent_id == of, Availability.channel == named.c.channel))
        .outerjoin(AgentCapacity, and_(AgentCapacity.agent_id == of, AgentCapacity.channel == named.c.channel))
        .outerjoin(RoleCapacity, and_(RoleCapacity.role == bindparam("role"), RoleCapacity.channel == named.c.channel))
    )


_STATED = _stated()
