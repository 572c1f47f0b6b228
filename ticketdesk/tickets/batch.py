"""Changes of many tickets at once, remembered for as long as they can be undone."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model

KINDS = ("assignee", "status", "priority", "queue", "tags", "merge", "macro", "fields")


class Batch(Model):
    """One change that somebody made to one ticket or to many."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
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


class BatchValue(Model):
    """What a field of one's own said of a ticket before: words of people, which no event holds.

    It goes with the ticket, and with its batch when that can be undone no longer.
    """

    __tablename__ = "batch_values"
    __table_args__ = (
        ForeignKeyConstraint(
            ["batch_id", "ticket_id"], ["batch_tickets.batch_id", "batch_tickets.ticket_id"], ondelete="CASCADE"
        ),
    )

    batch_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("ticket_fields.id", ondelete="CASCADE"), primary_key=True)
    was: Mapped[list[Any]]  # in the plain form of its kind, in order; empty where it said nothing
