"""What agents are told: one row per event and recipient, with the reason why."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class Notification(Model):
    """One agent is told of one event."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "agent_id"),
        Index("ix_notifications_unread", "agent_id", "id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notifications_agent_id", "agent_id", "id"),
    )

    id: Mapped[Id]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    kind: Mapped[str]  # the event's kind
    reason: Mapped[str]  # "assignee", "follower", "mentioned", "author", "team", "owner", "supervisor", …: `rules`
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
