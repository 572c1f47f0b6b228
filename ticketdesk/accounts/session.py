"""Signed-in sessions as rows, so that they can be listed and ended."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class AgentSession(Model):
    """One browser in which an agent is signed in; the cookie holds the secret, the row its digest."""

    __tablename__ = "agent_sessions"
    __table_args__ = (Index("ix_agent_sessions_agent_id", "agent_id"),)

    id: Mapped[Id]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the secret
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # to the minute, so that reading a page rarely writes
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str]  # where it was opened from
    browser: Mapped[str]  # the User-Agent header, clipped
