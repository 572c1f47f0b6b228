"""Who says they are here: the stated status of an agent for each channel."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class Availability(Model):
    """What one agent states for one channel, and when a browser of theirs was last heard of."""

    __tablename__ = "availabilities"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)  # "email" or "chat"
    state: Mapped[str]  # "online", "away" or "offline"
    stated_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]  # last heartbeat
