"""Who says they are here: the stated status of an agent for each channel."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ForeignKey, Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import Model, db

Channel = Literal["email", "chat"]
CHANNELS: tuple[Channel, ...] = ("email", "chat")
State = Literal["online", "away", "offline"]

FRESH = timedelta(seconds=90)
"""How long a heartbeat keeps an agent online."""
GRACE = timedelta(seconds=60)
"""How long after that their work stays theirs."""


class Availability(Model):
    """What one agent states for one channel, and when a browser of theirs was last heard of."""

    __tablename__ = "availabilities"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)  # "email" or "chat"
    state: Mapped[str]  # "online", "away" or "offline"
    stated_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]  # last heartbeat


def state(agent: Agent, channel: Channel, state: State, at: datetime) -> Availability:
    """State whether an agent takes work on one channel; saying so also counts as a sign of life."""
    statement = insert(Availability).values(agent_id=agent.id, channel=channel, state=state, stated_at=at, heard_at=at)
    return db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[Availability.agent_id, Availability.channel],
            set_={"state": state, "stated_at": at, "heard_at": at},
        ).returning(Availability),
        execution_options={"populate_existing": True},
    ).scalar_one()


def heartbeat(agent: Agent, at: datetime) -> None:
    """A browser of the agent is there; noted for every channel at which they are not offline."""
    db.session.execute(
        update(Availability)
        .where(Availability.agent_id == agent.id, Availability.state != "offline")
        .values(heard_at=at),
        execution_options={"synchronize_session": False},
    )


def online(channel: Channel, now: datetime) -> Select[int]:
    """The ids of the agents who take new work on a channel: said so, and heard of within 90 s (SEMANTICS 5)."""
    return (
        select(Availability.agent_id)
        .join(Agent, Agent.id == Availability.agent_id)
        .where(
            Availability.channel == channel,
            Availability.state == "online",
            Availability.heard_at > now - FRESH,
            Agent.disabled_at.is_(None),
        )
    )


def gone(channel: Channel, now: datetime) -> Select[int]:
    """The ids of the agents who said they were online but were not heard of for the grace time either."""
    return select(Availability.agent_id).where(
        Availability.channel == channel,
        Availability.state == "online",
        Availability.heard_at <= now - FRESH - GRACE,
    )
