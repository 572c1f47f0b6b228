"""That a macro was used on a ticket, from which others are told what fits the next one like it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class MacroUse(Model):
    """One macro on one ticket, whoever used it; what the ticket is about is read from the ticket."""

    __tablename__ = "macro_uses"
    __table_args__ = (Index("ix_macro_uses_at", "at"), Index("ix_macro_uses_ticket_id", "ticket_id"))

    macro_id: Mapped[int] = mapped_column(ForeignKey("macros.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]  # the last time
