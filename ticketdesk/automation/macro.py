"""A macro: words and changes that agents use again and again."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class Macro(Model):
    """One prepared answer, for everybody or for one team."""

    __tablename__ = "macros"
    __table_args__ = (
        CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="priority"),
        CheckConstraint("category IN ('open', 'pending', 'on_hold', 'solved')", name="category"),
        Index("uq_macros_name", "name", unique=True, postgresql_where=text("archived_at IS NULL")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    text: Mapped[str] = mapped_column(default="")  # Markdown with placeholders of `tickets.placeholders`
    category: Mapped[str | None]  # the status it gives, None: leaves it
    priority: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # that it adds
    assigns: Mapped[bool] = mapped_column(default=False)  # to whoever uses it
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))  # None: for everybody
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
