"""A promise: by when a customer was told to have an answer, and what became of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model
from ticketdesk.sla.judging import Standing


class SlaPromise(Model):
    """One time that was said to a customer; every column repeats the ticket's events and can be rebuilt.

    `made` and `moved` are open, the other states carry the verdict. A promise is made once for each clock.
    """

    __tablename__ = "sla_promises"
    __table_args__ = (
        UniqueConstraint("ticket_id", "metric", "cycle"),
        Index("ix_sla_promises_open", "promised_for", "id", postgresql_where=text("state IN ('made', 'moved')")),
        Index("ix_sla_promises_made_at", "made_at"),
        CheckConstraint("metric IN ('first_response', 'next_response')", name="metric"),
        CheckConstraint("state IN ('made', 'moved', 'kept', 'broken', 'ended')", name="state"),
        CheckConstraint("said_in IN ('acknowledgement', 'form', 'chat', 'portal')", name="said_in"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    metric: Mapped[str]
    cycle: Mapped[int]  # of the clock that it was read from
    made_at: Mapped[datetime]
    said_in: Mapped[str]  # where the customer read it first
    first_for: Mapped[datetime]  # the time that was said first
    promised_for: Mapped[datetime]  # the time that holds
    state: Mapped[str]
    moved_at: Mapped[datetime | None]  # last
    told_at: Mapped[datetime | None]  # when the customer was told of a later time, before the one that held passed
    decided_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None]  # why it ended undecided: merged, spam, trash, solved …
    tell_at: Mapped[datetime | None]  # when the customer is told unless they are answered; None: not
    retry_at: Mapped[datetime | None]  # one that could not be judged rests until then

    @property
    def standing(self) -> Standing:
        """The same as plain values."""
        return Standing(
            self.metric,
            self.cycle,
            self.made_at,
            self.said_in,
            self.first_for,
            self.promised_for,
            self.state,
            self.moved_at,
            self.told_at,
            self.decided_at,
            self.ended_reason,
        )

    def follow(self, standing: Standing) -> None:
        """Repeat what it has become."""
        self.promised_for, self.state = standing.promised_for, standing.state
        self.moved_at, self.told_at = standing.moved_at, standing.told_at
        self.decided_at, self.ended_reason = standing.decided_at, standing.ended_reason
