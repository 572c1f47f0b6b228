"""Why a ticket went to whom: every decision with its candidates and reasons."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model


class RoutingDecision(Model):
    """One look at who should take a ticket."""

    __tablename__ = "routing_decisions"
    __table_args__ = (
        Index("ix_routing_decisions_ticket_id", "ticket_id"),
        Index("ix_routing_decisions_agent_id_at", "agent_id", "at"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # None: nobody could take it
    strategy: Mapped[str]
    reason: Mapped[str]
    candidates: Mapped[Json]  # {"considered": [{"agent_id", "eligible", "why", "last_assigned_at"}]}
    at: Mapped[datetime]
