"""A side conversation: an agent asks somebody outside from inside a ticket, apart from all that the customer reads."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class SideConversation(Model):
    """One of them. Its messages are none of the ticket's: whatever shows those to customers cannot find these."""

    __tablename__ = "side_conversations"
    __table_args__ = (Index("ix_side_conversations_ticket_id", "ticket_id"),)

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))  # moves with merges
    subject: Mapped[str]
    begun_by_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    begun_at: Mapped[datetime]
    said_at: Mapped[datetime]  # when its newest message was written
    done_at: Mapped[datetime | None]  # an agent needs no more of it; an answer opens it again


class SidePerson(Model):
    """One address that a side conversation is with; "held" wrote into it without having been asked."""

    __tablename__ = "side_people"
    __table_args__ = (
        UniqueConstraint("side_id", "address"),
        CheckConstraint("state IN ('held', 'active')", name="state"),
    )

    id: Mapped[Id]
    side_id: Mapped[int] = mapped_column(ForeignKey("side_conversations.id", ondelete="CASCADE"))
    address: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="active")
    added_at: Mapped[datetime]


class SideMessage(Model):
    """One mail of it, from us or to us."""

    __tablename__ = "side_messages"
    __table_args__ = (
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        Index("ix_side_messages_side_id", "side_id", "written_at", "id"),
        Index("ix_side_messages_rfc_id", "rfc_id", postgresql_where=text("rfc_id IS NOT NULL")),
        Index("ix_side_messages_fingerprint", "fingerprint", postgresql_where=text("fingerprint IS NOT NULL")),
        Index(
            "uq_side_messages_client_key", "client_key", unique=True, postgresql_where=text("client_key IS NOT NULL")
        ),
        Index(
            "uq_side_messages_raw_mail", "raw_mail_id", unique=True, postgresql_where=text("raw_mail_id IS NOT NULL")
        ),
    )

    id: Mapped[Id]
    side_id: Mapped[int] = mapped_column(ForeignKey("side_conversations.id", ondelete="CASCADE"))
    direction: Mapped[str]  # "in": from outside; "out": from us
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # the author, when it is from us
    address: Mapped[str] = mapped_column(default="")  # the author's, when it is from outside
    name: Mapped[str] = mapped_column(default="")
    recipients: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)  # [[address, name], …] that it was sent to
    text: Mapped[str]  # the newest words; Markdown when it is from us
    quoted_text: Mapped[str] = mapped_column(default="")
    rfc_id: Mapped[str | None]  # Message-ID without angle brackets
    fingerprint: Mapped[str | None]  # SHA-256 over what makes a mail the same mail
    raw_mail_id: Mapped[int | None] = mapped_column(ForeignKey("raw_mails.id"))
    threaded_by: Mapped[str | None]  # how it found its way here
    inert: Mapped[str | None]  # why it tells nobody anything: an absence notice
    held: Mapped[bool] = mapped_column(default=False)  # from somebody who was not asked, until an agent accepts
    refused_at: Mapped[datetime | None]  # an agent wants nothing of it: held for good, and shown no more
    client_key: Mapped[str | None]  # the browser's own id for it: a repeated request makes no second message
    written_at: Mapped[datetime]
    leaves_at: Mapped[datetime | None]  # it can be taken back until then
    withdrawn_at: Mapped[datetime | None]  # its author took it back
