"""A reply for later: written and addressed, and not yet sent."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text, update
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model, db
from ticketdesk.tickets.attachment import Attachment


class LaterReply(Model):
    """One of them; when it is over, its words are elsewhere and it keeps none."""

    __tablename__ = "later_replies"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'stranded', 'sent', 'cancelled', 'handed_back')", name="state"),
        UniqueConstraint("client_key"),
        Index("ix_later_replies_open", "ticket_id", postgresql_where=text("state IN ('waiting', 'stranded')")),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    text: Mapped[str]
    recipients: Mapped[Json]  # {"to": [[address, name], …], "cc": […]}
    client_key: Mapped[str]  # of the composer; the message is sent under it, so that it is sent once
    based_on_seq: Mapped[int]  # the newest event that its author had seen
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="waiting")
    why: Mapped[str | None]  # why it was handed back, or cannot go out and waits for somebody to take it over
    ended_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))

    @property
    def is_open(self) -> bool:
        """Whether its words still stand here."""
        return self.state in ("waiting", "stranded")

    def hand_over(self, message_id: int) -> None:
        """It has become a message, and so have its files."""
        own = update(Attachment).where(Attachment.later_reply_id == self.id)
        db.session.execute(own.values(later_reply_id=None, message_id=message_id))
        self.message_id = message_id
