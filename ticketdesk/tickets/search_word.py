"""Words that stand in messages, to compare with words that stand in none."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class SearchWord(Model):
    """One word; learnt anew each hour, so that what was erased is forgotten."""

    __tablename__ = "search_words"
    __table_args__ = (
        Index("ix_search_words_alike", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    word: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int]  # in which it was seen
