"""A suggestion that two tickets are one matter; never acted upon by itself."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class JoinSuggestion(Model):
    """A new ticket and an open one of the same people that it resembles."""

    __tablename__ = "join_suggestions"
    __table_args__ = (
        UniqueConstraint("ticket_id", "other_id"),
        CheckConstraint("why IN ('subject', 'text')", name="why"),
        Index("ix_join_suggestions_open", "ticket_id", postgresql_where=text("dismissed_at IS NULL")),
        Index("ix_join_suggestions_other_id", "other_id"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))  # the newer one
    other_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    why: Mapped[str]  # an equal subject, or similar words
    made_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]  # an agent said that they are two matters
    dismissed_by_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
