"""Why a ticket went to whom: every decision with its candidates and reasons."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model

Kind = Literal["dispatched", "returned", "next", "offered", "accepted", "nobody", "released", "skipped"]
GIVING: tuple[Kind, ...] = ("dispatched", "returned", "next", "accepted")
"""Those by which somebody got the ticket."""


class RoutingDecision(Model):
    """One look at who should take a ticket.

    dispatched: given by the queue's strategy · returned: came back to its agent when it was opened again · next: an
    agent asked for the next one · offered: a chat rings for the agent chosen by the strategy, or for all who can take
    it where agents choose · accepted: they took it · nobody: no one could take it (looking again updates the row) ·
    released: taken from an agent who was gone · skipped: an agent was shown it and passed it on, or did not answer.
    """

    __tablename__ = "routing_decisions"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('dispatched', 'returned', 'next', 'offered', 'accepted', 'nobody', 'released', 'skipped')",
            name="kind",
        ),
        Index("ix_routing_decisions_ticket_id", "ticket_id", "id"),
        Index("ix_routing_decisions_agent_id_at", "agent_id", "at"),
        Index("ix_routing_decisions_skipped", "from_id", "at", postgresql_where=text("kind = 'skipped'")),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    kind: Mapped[str]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # who got it, or for whom it rings
    from_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # released, skipped: who had it
    queue_id: Mapped[int | None] = mapped_column(ForeignKey("queues.id"))  # where it lay
    strategy: Mapped[str]
    reason: Mapped[str]  # a code: routing.strategies.WHY, releasing.WHY, next_ticket.SKIPS, offering.WHY, or a bar
    relaxed: Mapped[list[Any]] = mapped_column(default=list)  # ids of the skills that had given way by then, in order
    teams: Mapped[list[Any]] = mapped_column(default=list)  # ids of the teams that were asked, in their order
    candidates: Mapped[Json]  # {"considered": [routing.deciding.considered], "more": how many were left out}
    note: Mapped[str | None]  # skipped: the agent's own words, if any
    looks: Mapped[int] = mapped_column(default=1)  # nobody: how often it was looked at
    since: Mapped[datetime]  # nobody: the first look
    at: Mapped[datetime]
