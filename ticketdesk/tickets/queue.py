"""A queue: work waiting for a team, in order."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class Queue(Model):
    """One queue of one team, under one brand."""

    __tablename__ = "queues"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("strategy IN ('manual', 'round_robin')", name="strategy"),
    )

    id: Mapped[Id]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    name: Mapped[str]
    icon: Mapped[str] = mapped_column(default="queue")  # a name in the icon set
    position: Mapped[int] = mapped_column(default=0)
    strategy: Mapped[str] = mapped_column(default="manual")
    closes_after_days: Mapped[int] = mapped_column(default=14)  # from solving to closing
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class QueueGrant(Model):
    """What a team other than the queue's own may do in it."""

    __tablename__ = "queue_grants"
    __table_args__ = (
        CheckConstraint("level IN ('read', 'reply', 'manage')", name="level"),
        Index("ix_queue_grants_queue_id", "queue_id"),
    )

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    level: Mapped[str]
