"""What an agent has begun to write: one draft per ticket, author and kind, safe from whatever others do."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model


class Draft(Model):
    """One unsent text."""

    __tablename__ = "drafts"
    __table_args__ = (
        UniqueConstraint("ticket_id", "agent_id", "kind"),
        Index("ix_drafts_from_ticket_id", "from_ticket_id", postgresql_where=text("from_ticket_id IS NOT NULL")),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    # The merged ticket in whose place it is written, and with which it goes back; None: it was begun in this one.
    from_ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    kind: Mapped[str]  # "reply" or "note"
    text: Mapped[str] = mapped_column(default="")
    recipients: Mapped[Json] = mapped_column(default=dict)  # {"to": [...], "cc": [...]}
    based_on_seq: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime]
    revision: Mapped[int]  # grows with each saving, also over the end of a draft
    written_in: Mapped[str | None]  # the client key of the composer that saved it last: it tells two windows apart
