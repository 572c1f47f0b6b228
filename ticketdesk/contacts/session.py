"""Signed-in customers as rows, so that they can be listed and ended."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class CustomerSession(Model):
    """One browser in which a customer proved an address; the cookie holds the secret, the row its digest."""

    __tablename__ = "customer_sessions"
    __table_args__ = (Index("ix_customer_sessions_identity_id", "identity_id"),)

    id: Mapped[Id]
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the secret
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # to the minute
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str]  # where it was opened from
    browser: Mapped[str]  # the User-Agent header, clipped
