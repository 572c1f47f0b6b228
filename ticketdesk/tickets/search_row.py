"""What searching reads: one row per message, with its words and with what a search can be narrowed by."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model

CLIP = 32_000
"""Letters of a text that are indexed; PostgreSQL refuses a vector over 1 MiB."""


class SearchRow(Model):
    """The searchable words of one message in its present ticket.

    Their weight says where they stand: A the subject and the requester, B the author, C whom it went to, D the text
    and the names of files. What an ending was taken off stands there with the name of the language before it.
    """

    __tablename__ = "search_rows"
    __table_args__ = (
        Index("ix_search_rows_words", "words", postgresql_using="gin"),
        Index("ix_search_rows_ticket_id", "ticket_id", "message_id"),
    )

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    is_public: Mapped[bool]
    written_at: Mapped[datetime]  # the message's
    channel: Mapped[str]  # the message's
    has_files: Mapped[bool]  # more than pictures inside the text
    words: Mapped[str] = mapped_column(TSVECTOR)
