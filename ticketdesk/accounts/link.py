"""One-time links that let a person sign in or choose a password."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class SignInLink(Model):
    """A mailed or printed link, good once and until its time is over."""

    __tablename__ = "sign_in_links"

    id: Mapped[Id]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str]  # "sign_in" or "password"
    digest: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the secret
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
