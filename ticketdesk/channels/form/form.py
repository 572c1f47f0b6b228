"""A form: what customers are asked on a page of ours, or inside a page of the company's own site."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db


class Form(Model):
    """One form of a brand; what comes in by it opens tickets in its queue."""

    __tablename__ = "forms"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("asks_name IN ('required', 'optional', 'no')", name="asks_name"),
    )

    id: Mapped[Id]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id"))
    slug: Mapped[str]  # in its address
    title: Mapped[str]
    introduction: Mapped[str] = mapped_column(default="")  # Markdown, above the fields
    confirmation: Mapped[str] = mapped_column(default="")  # Markdown, when it was sent; empty: our own words
    asks_name: Mapped[str] = mapped_column(default="optional")
    subjects: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # to choose from; empty: typed freely
    takes_files: Mapped[bool] = mapped_column(default=True)
    fields: Mapped[list[Any]] = mapped_column(default=list)  # the form's own, in order: see fields.Field
    origins: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # sites that may show it in a frame
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]  # out of use: its address shows nothing


class FormUpload(Model):
    """A file of a form that could not be taken yet: kept for a while, so that nobody has to choose it again."""

    __tablename__ = "form_uploads"
    __table_args__ = (
        Index("ix_form_uploads_filling", "filling"),
        Index("ix_form_uploads_created_at", "created_at"),
        Index("ix_form_uploads_blob", "blob_sha256"),
    )

    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(unique=True)  # unguessable, in the form's page
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id", ondelete="CASCADE"))
    filling: Mapped[str]  # the one rendering of the form that it was chosen in; no other reaches it
    blob_sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]  # bytes
    created_at: Mapped[datetime]


def counter(form_id: int) -> str:
    """Under which name the messages that came in by a form are counted."""
    return f"form:{form_id}"


def find(slug: str) -> Form | None:
    """The form at an address, if it is in use."""
    return db.session.scalar(select(Form).where(Form.slug == slug, Form.disabled_at.is_(None)))
