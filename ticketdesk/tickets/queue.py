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
        CheckConstraint("strategy IN ('manual', 'round_robin', 'fewest_open', 'most_spare')", name="strategy"),
    )

    id: Mapped[Id]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    name: Mapped[str]
    icon: Mapped[str] = mapped_column(default="queue")  # a name in the icon set
    position: Mapped[int] = mapped_column(default=0)
    strategy: Mapped[str] = mapped_column(default="manual")
    sticky: Mapped[bool] = mapped_column(default=False)  # of those who can take it, whoever knows the customer
    relax_after_minutes: Mapped[int] = mapped_column(default=0)  # of waiting until one more skill gives way; 0: never
    next_team_after_minutes: Mapped[int] = mapped_column(default=5)  # until one more open team is asked as well
    rings_for_s: Mapped[int] = mapped_column(default=30)  # a chat rings for one agent before it goes on to the next
    chat_waits_s: Mapped[int] = mapped_column(default=120)  # for somebody to accept it, then as a ticket
    missed_rings: Mapped[int] = mapped_column(default=3)  # in a row, after which an agent takes no chats; 0: never
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


class QueueTeam(Model):
    """A team that serves a queue when those before it are closed; without any row the queue's own team does."""

    __tablename__ = "queue_teams"
    __table_args__ = (Index("ix_queue_teams_team_id", "team_id"),)

    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int]  # 0 is asked first


class QueueSkill(Model):
    """What a queue thinks of a skill: whether all its work asks for it, and when it gives way to waiting."""

    __tablename__ = "queue_skills"
    __table_args__ = (Index("ix_queue_skills_skill_id", "skill_id"),)

    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True)
    required: Mapped[bool]  # false: only said when it gives way, where a ticket asks for it
    gives_way: Mapped[int | None]  # 1 is given up first; None: never
