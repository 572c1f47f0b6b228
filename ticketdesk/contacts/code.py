"""A code mailed to a customer, good once and for a few minutes, in the browser that asked for it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class EntryCode(Model):
    """One code of one address; known only by what a secret key makes of it, since eight digits are soon guessed."""

    __tablename__ = "entry_codes"
    __table_args__ = (Index("ix_entry_codes_identity_id", "identity_id"), Index("ix_entry_codes_asked", "asked"))

    id: Mapped[Id]
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"))
    asked: Mapped[str]  # SHA-256 of a secret that only the browser has which asked
    digest: Mapped[str]  # HMAC of the code
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
