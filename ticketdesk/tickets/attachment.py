"""Files: each belongs to one message, draft, reply for later or mail beside the ticket, and has its permission."""

from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, ScalarSelect, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class Attachment(Model):
    """One file; its bytes are a blob."""

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("num_nonnulls(message_id, draft_id, later_reply_id, side_message_id) = 1", name="one_owner"),
        Index("ix_attachments_message_id", "message_id"),
        Index("ix_attachments_draft_id", "draft_id"),
        Index("ix_attachments_later_reply_id", "later_reply_id", postgresql_where=text("later_reply_id IS NOT NULL")),
        Index(
            "ix_attachments_side_message_id", "side_message_id", postgresql_where=text("side_message_id IS NOT NULL")
        ),
        Index("ix_attachments_blob", "blob_sha256"),
    )

    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(unique=True)  # unguessable, for its address
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"))
    later_reply_id: Mapped[int | None] = mapped_column(ForeignKey("later_replies.id", ondelete="CASCADE"))
    side_message_id: Mapped[int | None] = mapped_column(ForeignKey("side_messages.id", ondelete="CASCADE"))
    blob_sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
    filename: Mapped[str]  # as given, for display only
    content_type: Mapped[str]  # as declared; what we serve is decided by the bytes
    size: Mapped[int]  # bytes
    inline: Mapped[bool] = mapped_column(default=False)
    content_id: Mapped[str | None]
    position: Mapped[int] = mapped_column(default=0)


def listed(whose: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The files of an owner beside its row, in their order: [reference, filename, size, declared type, inline]."""
    file = func.json_build_array(
        Attachment.reference, Attachment.filename, Attachment.size, Attachment.content_type, Attachment.inline
    )
    in_order = aggregate_order_by(file, Attachment.position, Attachment.id)
    return select(func.json_agg(in_order)).where(whose).scalar_subquery()
