"""A widget: the chat that stands on somebody's site, under one brand."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column

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
    position: Mapped[str] = mapped_column(default="right")
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


def with_key(key: str) -> Widget | None:
    """The widget that a site names, if it is in use."""
    return db.session.scalar(select(Widget).where(Widget.key == key, Widget.enabled))
