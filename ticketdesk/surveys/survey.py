"""What customers are asked, and whom: the settings of one survey of one brand."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db

KINDS = ("csat", "nps", "ces")
SCALES = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}
"""The scores of each kind (SEMANTICS 9)."""
DIRECTION = "higher_is_better"
"""Which end of the scale is the good one; stored with each score, because a reworded question may turn it."""


class Survey(Model):
    """One question to the customers of one brand, and the rules by which it is asked."""

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("brand_id", "kind"),
        CheckConstraint("kind IN ('csat', 'nps', 'ces')", name="kind"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("follow_up_owner IN ('supervisor', 'agent')", name="follow_up_owner"),
    )

    id: Mapped[Id]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    kind: Mapped[str]  # "csat", "nps" or "ces"; only csat is asked so far
    question: Mapped[str]
    words: Mapped[list[Any]]  # one for each score, the lowest first
    direction: Mapped[str] = mapped_column(default=DIRECTION)
    delay_minutes: Mapped[int] = mapped_column(default=60)  # from solving to asking
    percent: Mapped[int] = mapped_column(default=100)  # of the contacts, drawn anew each quarter
    days_between: Mapped[int] = mapped_column(default=90)  # before the same contact is asked again
    low_score: Mapped[int] = mapped_column(default=2)  # this score and less opens a follow-up
    follow_up_owner: Mapped[str] = mapped_column(default="supervisor")  # of the team, or the "agent" who answered
    follow_up_days: Mapped[int] = mapped_column(default=2)
    enabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


def survey_of(brand_id: int, kind: str = "csat") -> Survey | None:
    """The survey of a brand, switched on or not; None before any was set up."""
    return db.session.scalar(select(Survey).where(Survey.brand_id == brand_id, Survey.kind == kind))
