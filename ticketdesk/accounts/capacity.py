"""How much an agent takes at once: a number of tickets for each channel, and what a ticket of each channel weighs."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class AgentCapacity(Model):
    """So many tickets of a channel are given to one agent, whatever their role says."""

    __tablename__ = "agent_capacities"
    __table_args__ = (CheckConstraint("most BETWEEN 0 AND 500", name="most"),)

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)  # "email" or "chat"
    most: Mapped[int]  # 0: none of this channel


class RoleCapacity(Model):
    """So many tickets of a channel are given to agents of a role who have no number of their own."""

    __tablename__ = "role_capacities"
    __table_args__ = (CheckConstraint("most BETWEEN 0 AND 500", name="most"),)

    role: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    most: Mapped[int]


class ChannelWeight(Model):
    """What a ticket of a channel weighs when the work of two agents is compared."""

    __tablename__ = "channel_weights"
    __table_args__ = (CheckConstraint("weight BETWEEN 1 AND 100", name="weight"),)

    channel: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[int]  # a letter is 1 unless said otherwise
