"""Every mail as it came: stored and committed before anything reads it, and kept."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class RawMail(Model):
    """One accepted mail; it ends as message, duplicate, inert or quarantined, never as two of them."""

    __tablename__ = "raw_mails"
    __table_args__ = (
        CheckConstraint("state IN ('stored', 'message', 'duplicate', 'inert', 'quarantined')", name="state"),
        Index("ix_raw_mails_stored", "id", postgresql_where=text("state = 'stored'")),
        Index("ix_raw_mails_aside", "state", "id", postgresql_where=text("state IN ('quarantined', 'inert')")),
        Index("ix_raw_mails_blob", "blob_sha256"),
        Index("ix_raw_mails_told_at", "told_at", postgresql_where=text("told_at IS NOT NULL")),
        UniqueConstraint("source_key"),
    )

    id: Mapped[Id]
    blob_sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
    size: Mapped[int]  # bytes
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailboxes.id"))  # None before any mailbox exists
    source: Mapped[str]  # "smtp", "lmtp", "imap", "cli" or "hook"
    source_key: Mapped[str | None]  # where it came from, once: "imap:<mailbox>:<uidvalidity>:<uid>"
    envelope_from: Mapped[str | None]
    envelope_to: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="stored")
    reason: Mapped[str | None]  # why it was set aside, in plain words
    label: Mapped[str | None]  # "bounce" or "auto_reply" for inert mail
    tries: Mapped[int] = mapped_column(default=0)  # that ended; those cut short are counted by its outbox row
    understood_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when administrators were told that it is in quarantine
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("raw_mails.id"))


class MailDelivery(Model):
    """One message reached one of our mailboxes; the first decides the queue."""

    __tablename__ = "mail_deliveries"
    __table_args__ = (UniqueConstraint("message_id", "mailbox_id"),)

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailboxes.id"))
    raw_mail_id: Mapped[int | None] = mapped_column(ForeignKey("raw_mails.id"))
    at: Mapped[datetime]
