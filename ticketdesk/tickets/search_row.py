"""What searching reads: one row per message, led by what decides who may see it."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model

CLIP = 64 * 1024
"""Bytes of text that are indexed; PostgreSQL refuses a vector over 1 MiB."""


class SearchRow(Model):
    """The searchable words of one message in its present ticket and queue."""

    __tablename__ = "search_rows"
    __table_args__ = (
        Index("ix_search_rows_words", "words", postgresql_using="gin"),
        Index("ix_search_rows_ticket_id", "ticket_id"),
    )

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id"))
    is_public: Mapped[bool]
    words: Mapped[str] = mapped_column(TSVECTOR)
