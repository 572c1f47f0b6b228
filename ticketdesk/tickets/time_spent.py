"""Time that agents spent on tickets: measured while they sat at the page, or written down by hand."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

MEASURED = "measured"
BY_HAND = "by_hand"


class TimeSpent(Model):
    """One sitting of one agent at one ticket, or one line that they wrote down."""

    __tablename__ = "time_spent"
    __table_args__ = (
        CheckConstraint("kind IN ('measured', 'by_hand')", name="kind"),
        CheckConstraint("seconds >= 0 AND measured_s >= 0", name="seconds"),
        CheckConstraint(
            "(kind = 'measured') = (sitting IS NOT NULL AND measured_s IS NOT NULL AND heard_at IS NOT NULL)",
            name="sitting",
        ),
        Index(
            "uq_time_spent_sitting", "agent_id", "sitting", unique=True, postgresql_where=text("sitting IS NOT NULL")
        ),
        Index("ix_time_spent_counts_for_id", "counts_for_id"),
        Index("ix_time_spent_ticket_id", "ticket_id"),
        Index("ix_time_spent_agent_id_day", "agent_id", "day"),
        Index("ix_time_spent_day", "day"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))  # where it was spent: stays
    counts_for_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))  # that, or its survivor
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    kind: Mapped[str]  # MEASURED or BY_HAND
    sitting: Mapped[str | None]  # the name of the sitting, from the page that was sat at
    day: Mapped[date] = mapped_column(Date())  # on the agent's clock; a sitting belongs to the day on which it began
    began_at: Mapped[datetime]  # the sitting; or when it was written down
    heard_at: Mapped[datetime | None]  # when its time last grew: no second before is counted again, here or elsewhere
    seconds: Mapped[int]  # what counts
    measured_s: Mapped[int | None]  # what was measured, whatever the agent made of it
    corrected_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")  # of the agent's words; they stand here and in no event
    removed_at: Mapped[datetime | None]  # counts no longer; it can be put back
