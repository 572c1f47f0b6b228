"""A browser to which an agent's notices may be pushed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class PushSubscription(Model):
    """What a browser gave us to reach it by; it holds only while the session holds in which it was given."""

    __tablename__ = "push_subscriptions"
    __table_args__ = (
        Index("ix_push_subscriptions_agent_id", "agent_id", postgresql_where=text("revoked_at IS NULL")),
        Index("ix_push_subscriptions_session_id", "session_id"),
    )

    id: Mapped[Id]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(ForeignKey("agent_sessions.id", ondelete="CASCADE"))
    endpoint: Mapped[str] = mapped_column(unique=True)  # an address of the browser's maker; whoever knows it may push
    p256dh: Mapped[str]  # the browser's public key, in base64 for addresses
    auth: Mapped[str]  # what only the browser and we know; of no use without our own key
    browser: Mapped[str]  # the User-Agent header, clipped
    created_at: Mapped[datetime]
    last_ok_at: Mapped[datetime | None]  # when its service last took something
    revoked_at: Mapped[datetime | None]  # taken off by its agent, or unknown to its service
