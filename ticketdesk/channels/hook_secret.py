"""A secret with which a provider may post mail to us."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class HookSecret(Model):
    """One secret, for one mailbox or for all; the secret itself is stored nowhere."""

    __tablename__ = "hook_secrets"
    __table_args__ = (Index("ix_hook_secrets_mailbox_id", "mailbox_id"),)

    id: Mapped[Id]
    name: Mapped[str]  # who uses it, in an administrator's words
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailboxes.id", ondelete="CASCADE"))  # None: every one
    prefix: Mapped[str]  # its first letters, by which people tell it from others
    digest: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the secret
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # last, to within some minutes
    expires_at: Mapped[datetime | None]  # when another has taken its place: until then both are good
    revoked_at: Mapped[datetime | None]
