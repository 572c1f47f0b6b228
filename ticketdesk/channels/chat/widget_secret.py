"""A secret with which a site signs who its visitors are."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class WidgetSecret(Model):
    """One secret of one widget; it must be read back, because signatures are made anew to compare them."""

    __tablename__ = "widget_secrets"
    __table_args__ = (Index("ix_widget_secrets_widget_id", "widget_id"),)

    id: Mapped[Id]
    widget_id: Mapped[int] = mapped_column(ForeignKey("widgets.id", ondelete="CASCADE"))
    prefix: Mapped[str]  # its first letters, by which people tell it from the other
    sealed: Mapped[str]  # encrypted (core.secrets)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # last, to within some minutes
    revoked_at: Mapped[datetime | None]
