"""A widget: the chat that stands on somebody's site, under one brand."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Text, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.brands.brand import Brand
from ticketdesk.core.db import Id, Model, db

ASKING = ("no", "optional", "required")
POSITIONS = ("right", "left")


class Widget(Model):
    """One chat on one or more sites; what is written there opens tickets in its queue."""

    __tablename__ = "widgets"
    __table_args__ = (
        CheckConstraint("ask_name IN ('no', 'optional', 'required')", name="ask_name"),
        CheckConstraint("ask_email IN ('no', 'optional', 'required')", name="ask_email"),
        CheckConstraint("position IN ('right', 'left')", name="position"),
    )

    id: Mapped[Id]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id"))
    name: Mapped[str]  # for ourselves
    key: Mapped[str] = mapped_column(unique=True)  # stands in the page of the site: public, but not to be guessed
    origins: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # sites that may embed it; none: no site
    title: Mapped[str] = mapped_column(default="")  # at its head; empty: the brand's name
    greeting: Mapped[str] = mapped_column(default="")
    away_text: Mapped[str] = mapped_column(default="")  # said instead of the greeting outside of business hours
    ask_name: Mapped[str] = mapped_column(default="optional")
    ask_email: Mapped[str] = mapped_column(default="optional")
    topics: Mapped[list[Any]] = mapped_column(default=list)  # asked first: {"name", "queue_id" or None}
    position: Mapped[str] = mapped_column(default="right")
    shows_typing_words: Mapped[bool] = mapped_column(
        default=False
    )  # to agents, before they are sent; visitors are told
    locale: Mapped[str] = mapped_column(default="")  # of its words; empty: that of the visitor's browser
    signed_only: Mapped[bool] = mapped_column(default=False)  # only visitors may write for whom the site signs
    trusts_email: Mapped[bool] = mapped_column(default=False)  # every address the site signs for counts as proven
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


def with_key(key: str) -> tuple[Widget, Brand] | None:
    """The widget that a site names, if it is in use, and under whose name it speaks."""
    found = db.session.execute(_WITH_KEY, {"key": key}).one_or_none()
    return None if found is None else (found.Widget, found.Brand)


_WITH_KEY = (
    select(Widget, Brand).join(Brand, Brand.id == Widget.brand_id).where(Widget.key == bindparam("key"), Widget.enabled)
)
