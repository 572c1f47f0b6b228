"""Words that agents put on tickets."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class Tag(Model):
    """One word, written one way."""

    __tablename__ = "tags"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)  # lower-case


class TicketTag(Model):
    """A tag on a ticket."""

    __tablename__ = "ticket_tags"
    __table_args__ = (Index("ix_ticket_tags_tag_id", "tag_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
