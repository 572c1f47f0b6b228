"""What colleagues should know of a contact; no customer ever reads it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class ContactNote(Model):
    """A few words of one agent about one contact; it stays with that contact when two are joined."""

    __tablename__ = "contact_notes"
    __table_args__ = (Index("ix_contact_notes_contact_id", "contact_id", "id"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    text: Mapped[str]
    written_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
