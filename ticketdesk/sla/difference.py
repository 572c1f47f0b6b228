"""A ticket whose stored clocks were found not to repeat its events."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class SlaDifference(Model):
    """What the nightly comparison found last on one ticket; gone as soon as the ticket's clocks are right again."""

    __tablename__ = "sla_differences"
    __table_args__ = (Index("ix_sla_differences_found_at", "found_at"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    first_found_at: Mapped[datetime]
    found_at: Mapped[datetime]
    said: Mapped[list[Any]]  # in words for an administrator: which column is what, and what it should be
