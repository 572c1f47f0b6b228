"""An offer: a chat that rings for one agent, who may take it or let it go on to somebody else."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

Purpose = Literal["chat", "transfer", "invitation"]
State = Literal["ringing", "accepted", "passed", "expired", "withdrawn"]


class RoutingOffer(Model):
    """One ring at one agent.

    chat: nobody has it, and the queue's rules chose them · transfer: a colleague who has it wants to hand it over ·
    invitation: a colleague asks them to join. ringing → accepted: they took it · passed: they said no · expired: they
    did not answer in time · withdrawn: somebody else was quicker, or there is nothing to take any more.
    """

    __tablename__ = "routing_offers"
    __table_args__ = (
        CheckConstraint("purpose IN ('chat', 'transfer', 'invitation')", name="purpose"),
        CheckConstraint("state IN ('ringing', 'accepted', 'passed', 'expired', 'withdrawn')", name="state"),
        Index(
            "ix_routing_offers_ringing",
            "ticket_id",
            "agent_id",
            unique=True,
            postgresql_where=text("state = 'ringing'"),
        ),
        Index("ix_routing_offers_until", "until", postgresql_where=text("state = 'ringing'")),
        Index("ix_routing_offers_rings_at", "agent_id", postgresql_where=text("state = 'ringing'")),
        Index("ix_routing_offers_decided", "agent_id", "decided_at"),
        Index("ix_routing_offers_handed", "from_id", "decided_at", postgresql_where=text("purpose = 'transfer'")),
        Index("ix_routing_offers_ticket_id", "ticket_id"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))  # for whom it rings
    purpose: Mapped[str]
    from_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # who hands it over, or invites
    decision_id: Mapped[int | None] = mapped_column(  # by which they were chosen
        ForeignKey("routing_decisions.id", ondelete="SET NULL")
    )
    note_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))  # what they say to it
    offered_at: Mapped[datetime]
    until: Mapped[datetime]  # so long it rings
    state: Mapped[str] = mapped_column(default="ringing")
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # passed: the agent's own words, if any · withdrawn: a code
    put_away: Mapped[bool] = mapped_column(default=False)  # expired as one too many: they take no chats since then
    told_at: Mapped[datetime | None]  # transfer: the colleague has seen that it came back


def counts() -> ColumnElement[bool]:
    """The offers that count towards how many chats their agents take."""
    return and_(RoutingOffer.state == "ringing", RoutingOffer.purpose != "invitation")
