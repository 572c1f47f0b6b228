"""A brand: the name, look, language and zone under which mail and pages go out."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db


class Brand(Model):
    """One face of the company towards its customers."""

    __tablename__ = "brands"
    __table_args__ = (
        UniqueConstraint("slug"),
        Index("uq_brands_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    slug: Mapped[str]  # in addresses of public pages
    locale: Mapped[str] = mapped_column(default="en")
    timezone: Mapped[str] = mapped_column(default="UTC")
    colour: Mapped[str] = mapped_column(default="#6b2c64")  # checked for contrast when saved
    host_name: Mapped[str | None] = mapped_column(unique=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    logo_sha256: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"))  # a picture, whose bytes were read
    logo_width: Mapped[int | None]  # pixels
    logo_height: Mapped[int | None]
    signature: Mapped[str] = mapped_column(default="")  # Markdown below replies, with placeholders; empty: agents' own
    created_at: Mapped[datetime]


def default_brand() -> Brand | None:
    """The brand that is used where none is named, or None before any was made."""
    return db.session.scalar(select(Brand).where(Brand.is_default))
