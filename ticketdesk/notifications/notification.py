"""What agents are told: one row per event and recipient, with the reason why."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class Notification(Model):
    """One agent is told of one event: in the desk, by mail, or both.

    A mail of its own is an outbox row made with it; else `mail_due_at` says when it is gathered with others.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "agent_id"),
        Index("ix_notifications_unread", "agent_id", "id", postgresql_where=text("read_at IS NULL AND in_app")),
        Index("ix_notifications_agent_id", "agent_id", "id"),
        Index("ix_notifications_mail_due_at", "mail_due_at", postgresql_where=text("mail_due_at IS NOT NULL")),
        Index("ix_notifications_mailed_at", "agent_id", "mailed_at", postgresql_where=text("mailed_at IS NOT NULL")),
        Index("ix_notifications_mail_id", "mail_id", postgresql_where=text("mail_id IS NOT NULL")),
    )

    id: Mapped[Id]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    kind: Mapped[str]  # the event's kind
    reason: Mapped[
        str
    ]  # "assignee", "follower", "mentioned", "author", "team", "invited", "owner", "supervisor", …: `rules`
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    in_app: Mapped[bool] = mapped_column(default=True, server_default=text("true"))  # shown in the desk
    mail_due_at: Mapped[datetime | None]  # while it waits to be gathered into a mail
    mailed_at: Mapped[datetime | None]  # when a mail was asked for that tells of it
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id", ondelete="SET NULL"))  # with others
