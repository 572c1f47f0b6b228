"""Agents who want to hear of a ticket that is not theirs, and what each has read."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class Follower(Model):
    """One agent following one ticket."""

    __tablename__ = "followers"
    __table_args__ = (Index("ix_followers_agent_id", "agent_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime]


class Reading(Model):
    """How far an agent has read a ticket; newer events make it unread."""

    __tablename__ = "readings"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int]
