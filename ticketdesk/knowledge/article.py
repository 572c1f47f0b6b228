"""An article of the help centre, the section it stands in, and who found it helpful."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketdesk.core.db import Id, Model


class Section(Model):
    """A heading of the help centre with the articles below it."""

    __tablename__ = "article_sections"
    __table_args__ = (Index("ix_article_sections_brand_position", "brand_id", "position", "id"),)

    id: Mapped[Id]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    name: Mapped[str]
    icon: Mapped[str] = mapped_column(default="book")  # of the sprite
    position: Mapped[int]
    created_at: Mapped[datetime]


class Article(Model):
    """One article; a draft is seen by administrators alone."""

    __tablename__ = "articles"
    __table_args__ = (
        UniqueConstraint("brand_id", "slug"),
        CheckConstraint("state IN ('draft', 'published')", name="state"),
        Index("ix_articles_section_position", "section_id", "position", "id"),
        Index("ix_articles_words", "words", postgresql_using="gin", postgresql_where=text("state = 'published'")),
    )

    id: Mapped[Id]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    section_id: Mapped[int] = mapped_column(ForeignKey("article_sections.id"))
    title: Mapped[str]
    slug: Mapped[str]  # in its address; stays when the title changes, since others link to it
    summary: Mapped[str] = mapped_column(default="")  # one line below the title in lists
    body: Mapped[str] = mapped_column(default="")  # Markdown
    language: Mapped[str] = mapped_column(default="en")  # which decides how its words are found
    state: Mapped[str] = mapped_column(default="draft")
    position: Mapped[int]
    words: Mapped[str] = mapped_column(TSVECTOR)  # of title, summary and body, written with them
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]  # of its words
    published_at: Mapped[datetime | None]  # first time

    section: Mapped[Section] = relationship(lazy="raise")

    @property
    def is_published(self) -> bool:
        """Whether customers see it."""
        return self.state == "published"


class ArticleVote(Model):
    """What one browser said of an article; it may change its mind, but counts once."""

    __tablename__ = "article_votes"
    __table_args__ = (UniqueConstraint("article_id", "browser"),)

    id: Mapped[Id]
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    browser: Mapped[str]  # SHA-256 of a random word that the browser keeps
    helpful: Mapped[bool]
    at: Mapped[datetime]
