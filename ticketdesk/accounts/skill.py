"""What agents are good at: languages and subjects by name."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

Kind = Literal["language", "subject"]
KINDS: tuple[Kind, ...] = ("language", "subject")


class Skill(Model):
    """One thing that work may ask for."""

    __tablename__ = "skills"
    __table_args__ = (UniqueConstraint("name"), CheckConstraint("kind IN ('language', 'subject')", name="kind"))

    id: Mapped[Id]
    kind: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]


class AgentSkill(Model):
    """Somebody has a skill."""

    __tablename__ = "agent_skills"
    __table_args__ = (Index("ix_agent_skills_skill_id", "skill_id"),)

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True)
