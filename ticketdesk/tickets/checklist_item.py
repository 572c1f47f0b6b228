"""A checklist: what is to be done for a ticket, in a line each."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class ChecklistItem(Model):
    """One line of it."""

    __tablename__ = "checklist_items"
    __table_args__ = (Index("ix_checklist_items_ticket_id", "ticket_id", "position", "id"),)

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))  # moves with merges
    text: Mapped[str]
    position: Mapped[int]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    added_at: Mapped[datetime]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    done_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]  # taken off; it can be put back
