"""Who says they are here: the stated status of an agent for each channel."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Select, and_, any_, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import audit, bell, outbox
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, Model, db
from ticketdesk.core.kept import kept

Channel = Literal["email", "chat"]
CHANNELS: tuple[Channel, ...] = ("email", "chat")
State = Literal["online", "away", "offline"]

FRESH = timedelta(seconds=90)
"""How long a heartbeat keeps an agent online."""
GRACE = timedelta(seconds=60)
"""How long after that their work stays theirs."""
RING = "availability"
"""The kind of ring that tells every tab of an agent that what they state, or how they appear, has changed."""
SEEK_TASK = "routing.seek"
"""The background task that looks whether there is work for one agent."""


class Availability(Model):
    """What one agent states for one channel, and when a browser of theirs was last heard of."""

    __tablename__ = "availabilities"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)  # "email" or "chat"
    state: Mapped[str]  # "online", "away" or "offline"
    stated_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]  # last heartbeat
    keeps_work: Mapped[bool] = mapped_column(default=False)  # their work stays theirs while they are gone


def state(agent: Agent, channel: Channel, state: State, at: datetime) -> Availability:
    """State whether an agent takes work on one channel; saying so also counts as a sign of life.

    Whoever says that they are online is looked for work in the background.
    """
    statement = insert(Availability).values(
        agent_id=agent.id, channel=channel, state=state, stated_at=at, heard_at=at, keeps_work=False
    )
    stated = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[Availability.agent_id, Availability.channel],
            set_={"state": state, "stated_at": at, "heard_at": at},
        ).returning(Availability),
        execution_options={"populate_existing": True},
    ).scalar_one()
    bell.ring(f"agent:{agent.id}", kind=RING)
    if state == "online":
        seek_work(agent.id, at)
    return stated


def put_away(agent: Agent, channel: Channel, by: Actor, at: datetime, why: Json) -> None:
    """State for an agent who takes new work on a channel that they are away; no sign of life of theirs."""
    changed = db.session.scalar(
        update(Availability)
        .where(Availability.agent_id == agent.id, Availability.channel == channel, Availability.state == "online")
        .values(state="away", stated_at=at)
        .returning(Availability.agent_id),
        execution_options={"synchronize_session": "fetch"},
    )
    if changed is not None:
        audit.note("put_away", "agent", agent.id, by, at, {"channel": channel, **why})


def heartbeats(agent_ids: Iterable[int], at: datetime, every: timedelta = timedelta()) -> None:
    """Browsers of these agents are there; noted for every channel at which they are not offline.

    Only of those who were not heard of for some time; rows that somebody holds are left. Two processes may say so at
    once: who comes second finds nothing to do, and neither waits for the other. Whoever was not heard of for so long
    that they got no work is looked for work again.
    """
    wanted = any_(literal(sorted(set(agent_ids)), ARRAY(BigInteger)))
    silent = (
        select(Availability.agent_id, Availability.channel, Availability.state, Availability.heard_at)
        .where(
            Availability.agent_id == wanted,
            Availability.state != "offline",
            or_(Availability.heard_at.is_(None), Availability.heard_at <= at - every),
        )
        .order_by(Availability.agent_id, Availability.channel)
        .with_for_update(key_share=True, skip_locked=True)
        .cte("silent")
    )
    heard = db.session.execute(
        update(Availability)
        .where(Availability.agent_id == silent.c.agent_id, Availability.channel == silent.c.channel)
        .values(heard_at=at)
        .returning(Availability.agent_id, silent.c.state, silent.c.heard_at),
        execution_options={"synchronize_session": False},
    ).all()
    for agent_id in {row[0] for row in heard if row[1] == "online" and row[2] is not None and row[2] <= at - FRESH}:
        bell.ring(f"agent:{agent_id}", kind=RING)
        seek_work(agent_id, at)


def keep_work(agent: Agent, keeps: bool, by: Actor, at: datetime) -> None:
    """Say whether the agent's unanswered work stays theirs while they are gone, on every channel."""
    if db.session.scalar(select(Availability.keeps_work).where(Availability.agent_id == agent.id)) is keeps:
        return
    for channel in CHANNELS:
        statement = insert(Availability).values(
            agent_id=agent.id, channel=channel, state="offline", stated_at=at, heard_at=None, keeps_work=keeps
        )
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=[Availability.agent_id, Availability.channel], set_={"keeps_work": keeps}
            ).returning(Availability),
            execution_options={"populate_existing": True},
        ).all()
    audit.note("work_kept" if keeps else "work_released", "agent", agent.id, by, at)


def seek_work(agent_id: int, at: datetime) -> None:
    """Have the background look whether something waits that this agent can take now; once for all that is changed."""
    asked = kept("seeking")
    if agent_id in asked:
        return
    asked[agent_id] = True
    outbox.add(SEEK_TASK, {"agent_id": agent_id}, due_at=at)


def is_silent(state: str, heard_at: datetime | None, now: datetime) -> bool:
    """Whether somebody who says that they are online appears away, having given no sign of life for too long."""
    return state == "online" and (heard_at is None or heard_at <= now - FRESH)


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
    """The ids of the agents whose work on a channel is to be given back.

    They said that they are offline, or were not heard of any more, and the grace time is over as well. Whoever never
    said anything is not gone, and whoever keeps their work is not either; whoever no longer works here always is.
    """
    silent = or_(
        and_(Availability.state == "offline", Availability.stated_at <= now - GRACE),
        and_(Availability.state != "offline", Availability.heard_at <= now - FRESH - GRACE),
    )
    return (
        select(Agent.id)
        .outerjoin(Availability, and_(Availability.agent_id == Agent.id, Availability.channel == channel))
        .where(or_(Agent.disabled_at <= now - GRACE, and_(Availability.keeps_work.is_(False), silent)))
    )
