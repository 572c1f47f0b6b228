"""An escalation step that was taken: once per clock and step, whoever looks and however often."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class StepTaken(Model):
    """One step on one clock; what it did and whom it told stands in the ticket's event."""

    __tablename__ = "sla_steps_taken"
    __table_args__ = (UniqueConstraint("timer_id", "step"),)

    id: Mapped[Id]
    timer_id: Mapped[int] = mapped_column(ForeignKey("sla_timers.id", ondelete="CASCADE"))
    step: Mapped[str]  # `sla.steps.Step.key`: the same in every version of the policy that keeps the step
    policy_version_id: Mapped[int] = mapped_column(ForeignKey("sla_policy_versions.id"))
    due_at: Mapped[datetime]  # its moment
    taken_at: Mapped[datetime]  # when somebody came to do it
