"""Changes of many tickets at once, remembered for as long as they can be undone."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model

KINDS = ("assignee", "status", "priority", "queue", "tags", "merge", "macro")


class Batch(Model):
    """One change that somebody made to one ticket or to many."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint("kind IN ('assignee', 'status', 'priority', 'queue', 'tags', 'merge', 'macro')", name="kind"),
        Index("ix_batches_at", "at"),
        Index("ix_batches_part_of_id", "part_of_id", postgresql_where=text("part_of_id IS NOT NULL")),
        Index("uq_batches_key", "agent_id", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
    )

    id: Mapped[Id]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    at: Mapped[datetime]
    kind: Mapped[str]  # the property that was changed
    undone_at: Mapped[datetime | None]
    part_of_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))  # undone with it
    key: Mapped[str | None]  # of the page that asked: the same again is no second batch; replies are sent under it


class BatchTicket(Model):
    """A ticket that was changed by it; those that were left as they were have no row."""

    __tablename__ = "batch_tickets"
    __table_args__ = (Index("ix_batch_tickets_ticket_id", "ticket_id"),)

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int]  # the event of the change
    data: Mapped[Json]  # what its event says: what was and what became, in ids and codes
