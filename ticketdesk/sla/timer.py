"""One target running on one ticket; every column repeats what the ticket's events say and can be rebuilt."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class SlaTimer(Model):
    """A clock; `running` and `paused` are undecided, the other states carry the verdict.

    A breached clock without `stopped_at` is still waiting for its answer.
    """

    __tablename__ = "sla_timers"
    __table_args__ = (
        UniqueConstraint("ticket_id", "metric", "cycle"),
        Index("ix_sla_timers_due", "due_at", "id", postgresql_where=text("state = 'running'")),
        Index(
            "ix_sla_timers_warn",
            "warn_at",
            "id",
            postgresql_where=text("state = 'running' AND warned_at IS NULL"),
        ),
        Index(
            "ix_sla_timers_undecided_calendar_version_id",
            "calendar_version_id",
            postgresql_where=text("state IN ('running', 'paused')"),
        ),
        Index("ix_sla_timers_step", "step_at", "id", postgresql_where=text("step_at IS NOT NULL")),
        Index("ix_sla_timers_metric_started_at", "metric", "started_at"),
        CheckConstraint("metric IN ('first_response', 'next_response', 'resolution')", name="metric"),
        CheckConstraint("state IN ('running', 'paused', 'met', 'breached', 'ended')", name="state"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    metric: Mapped[str]
    cycle: Mapped[int]  # 1, 2, 3 … per ticket and metric: each answer and each reopening begins a new one
    policy_version_id: Mapped[int] = mapped_column(ForeignKey("sla_policy_versions.id"))
    calendar_version_id: Mapped[int] = mapped_column(ForeignKey("calendar_versions.id"))  # newest known when reckoned
    target_s: Mapped[int]  # business seconds promised
    started_at: Mapped[datetime]
    state: Mapped[str]
    consumed_s: Mapped[int]  # business seconds used up to resumed_at while running, in all when not
    resumed_at: Mapped[datetime | None]  # since when it runs at a stretch; None when it does not run
    due_at: Mapped[datetime | None]  # None while paused, or when the hours never reach the target
    warn_at: Mapped[datetime | None]  # when little enough is left to say so
    warned_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]  # the due time that was missed, never taken back
    late_at_change: Mapped[bool] = mapped_column(default=False)  # a change made it late: reported apart
    stopped_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None]  # why it ended without an answer: solved, no_reply_needed, merged, spam …
    step_at: Mapped[datetime | None]  # when its next escalation step comes, while it runs: `sla.steps`
    failures: Mapped[int] = mapped_column(default=0)  # sweeps in a row that could not decide it
    retry_at: Mapped[datetime | None]  # a timer that failed rests until then
