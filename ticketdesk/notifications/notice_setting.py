"""What an agent wants to hear of, in the desk and by mail, and when mail may come; no row means the defaults."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Json, Model


class NoticeSetting(Model):
    """One agent's own choices."""

    __tablename__ = "notice_settings"
    __table_args__ = (
        CheckConstraint("rhythm IN ('at_once', 'hourly', 'morning')", name="rhythm"),
        CheckConstraint("morning BETWEEN 0 AND 1439", name="morning"),
    )

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    choices: Mapped[Json]  # by topic: the ways on which it is told, "app" and "mail"; a topic left out is as usual
    rhythm: Mapped[str]
    morning: Mapped[int]  # the minute of the day at which the mail of the morning leaves
    quiet: Mapped[list[Any]] = mapped_column(JSONB)  # from Monday: [from, until] in minutes of the day, or None
    changed_at: Mapped[datetime]
