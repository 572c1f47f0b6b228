"""An SLA policy and its versions: what is promised, to which tickets, counted in whose hours."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model


class SlaPolicy(Model):
    """A promise with a name and a place in the order; the first policy that fits a ticket wins."""

    __tablename__ = "sla_policies"
    __table_args__ = (UniqueConstraint("name"), Index("ix_sla_policies_position", "position", "id"))

    id: Mapped[Id]
    name: Mapped[str]
    position: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class SlaPolicyVersion(Model):
    """The words of a policy at one time; never changed once written, the highest number is in force."""

    __tablename__ = "sla_policy_versions"
    __table_args__ = (
        UniqueConstraint("policy_id", "number"),
        Index("ix_sla_policy_versions_calendar_id", "calendar_id"),
        CheckConstraint("warn_percent BETWEEN 0 AND 99", name="warn_percent"),
    )

    id: Mapped[Id]
    policy_id: Mapped[int] = mapped_column(ForeignKey("sla_policies.id", ondelete="CASCADE"))
    number: Mapped[int]  # 1, 2, 3 … within the policy
    conditions: Mapped[Json] = mapped_column(default=dict)  # {"queue_id": [1, 2], "channel": ["email"]}; {} fits all
    targets: Mapped[Json]  # {"high": {"first_response": 7200, …}, …} in business seconds; a missing one is no promise
    chat_targets: Mapped[Json] = mapped_column(default=dict)  # the same while the talk is a chat; missing: as by mail
    pause_categories: Mapped[list[Any]]  # status categories in which resolution stands still
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id"))
    warn_percent: Mapped[int] = mapped_column(default=25)  # "soon" when this much of the target is left; 0 never warns
    steps: Mapped[list[Any]] = mapped_column(default=list)  # what happens before and after a due time: `sla.steps`
    tells_ahead: Mapped[bool] = mapped_column(default=False)  # customers hear before a promise passes unkept
    created_by: Mapped[int | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
