"""A low score is somebody's work: who talks to the customer, by when, and what came of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class FollowUp(Model):
    """One unhappy customer to come back to."""

    __tablename__ = "follow_ups"
    __table_args__ = (Index("ix_follow_ups_open", "due_at", postgresql_where=text("done_at IS NULL")),)

    id: Mapped[Id]
    answer_id: Mapped[int] = mapped_column(ForeignKey("survey_answers.id", ondelete="CASCADE"), unique=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # None: any supervisor of the team
    due_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(default="")  # in the owner's words
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    created_at: Mapped[datetime]
