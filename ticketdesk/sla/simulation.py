"""A simulation: what somebody asked to be reckoned under a draft, how far it is, and what came of it.

It holds numbers and the ids of tickets, nothing that anybody wrote, and changes nothing but its own two tables.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model

GOING = ("waiting", "running")


class SlaSimulation(Model):
    """One question of one agent: the past under a draft of one policy, of one calendar, or of both."""

    __tablename__ = "sla_simulations"
    __table_args__ = (
        Index("ix_sla_simulations_asked_by", "asked_by", "id"),
        Index("ix_sla_simulations_created_at", "created_at"),
        Index("ix_sla_simulations_going", "id", postgresql_where=text("state IN ('waiting', 'running')")),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'cancelled', 'failed')", name="state"),
    )

    id: Mapped[Id]
    asked_by: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]  # also the moment up to which all is reckoned: later events are not read
    start_at: Mapped[datetime]  # clocks that began from here
    end_at: Mapped[datetime]  # until before this moment
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("sla_policies.id", ondelete="CASCADE"))
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendars.id", ondelete="CASCADE"))
    base_version: Mapped[int]  # the number of the version that the draft began from
    draft: Mapped[Json]  # "words" of a policy, "hours" of a calendar, and "tried": version ids in order, 0 the draft
    state: Mapped[str] = mapped_column(default="waiting")
    total: Mapped[int | None]  # tickets to look at, once they are counted
    looked_at: Mapped[int] = mapped_column(default=0)
    events: Mapped[int] = mapped_column(default=0)  # read so far
    after_id: Mapped[int] = mapped_column(default=0)  # the last ticket that was looked at
    tallies: Mapped[Json] = mapped_column(default=dict)  # `sla.tallying`
    finished_at: Mapped[datetime | None]
    adopted_version: Mapped[int | None]  # the number under which the draft was put in force

    @property
    def is_going(self) -> bool:
        """Whether it is not finished yet."""
        return self.state in GOING


class SlaFlip(Model):
    """One clock of one ticket whose verdict changes."""

    __tablename__ = "sla_flips"
    __table_args__ = (
        UniqueConstraint("simulation_id", "ticket_id", "metric", "cycle"),
        Index("ix_sla_flips_simulation_id_metric", "simulation_id", "metric", "direction", "id"),
        Index("ix_sla_flips_ticket_id", "ticket_id"),
        CheckConstraint("direction IN ('lost', 'won')", name="direction"),
    )

    id: Mapped[Id]
    simulation_id: Mapped[int] = mapped_column(ForeignKey("sla_simulations.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    metric: Mapped[str]
    cycle: Mapped[int]
    direction: Mapped[str]  # "lost": met as it was, missed under the draft; "won": the other way round
    priority: Mapped[str]  # when the clock stopped
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]  # None: still waiting
    was_due_at: Mapped[datetime | None]
    would_due_at: Mapped[datetime | None]
    was_target_s: Mapped[int]
    would_target_s: Mapped[int]
    was_used_s: Mapped[int]
    would_used_s: Mapped[int]
