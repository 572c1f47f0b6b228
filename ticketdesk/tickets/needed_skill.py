"""Skills that a ticket asks for: by its tags, or because somebody said so."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class TagSkill(Model):
    """Whatever bears this tag asks for this skill."""

    __tablename__ = "tag_skills"
    __table_args__ = (Index("ix_tag_skills_skill_id", "skill_id"),)

    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True)


class TicketSkill(Model):
    """Somebody said that this ticket asks for this skill."""

    __tablename__ = "ticket_skills"
    __table_args__ = (Index("ix_ticket_skills_skill_id", "skill_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True)
