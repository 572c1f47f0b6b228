"""A team: agents who answer the same queues."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import Id, Model, db


class Team(Model):
    """A named group of agents."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[str]
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendars.id"))  # when it works; None: always
    created_at: Mapped[datetime]


class TeamMember(Model):
    """One agent in one team."""

    __tablename__ = "team_members"
    __table_args__ = (Index("ix_team_members_agent_id", "agent_id"),)

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    joined_at: Mapped[datetime]


def teams_of(agent_id: int) -> list[int]:
    """The ids of the teams an agent belongs to."""
    return list(db.session.scalars(select(TeamMember.team_id).where(TeamMember.agent_id == agent_id)))


def members_of(team_id: int) -> list[int]:
    """The ids of the agents in a team."""
    return list(db.session.scalars(select(TeamMember.agent_id).where(TeamMember.team_id == team_id)))


def supervisors_of(team_id: int) -> list[int]:
    """The ids of those who answer for a team: its supervisors, or the administrators where it has none."""
    rows = db.session.execute(
        select(Agent.id, Agent.role)
        .outerjoin(TeamMember, and_(TeamMember.agent_id == Agent.id, TeamMember.team_id == team_id))
        .where(Agent.disabled_at.is_(None), Agent.role != "agent")
        .where(or_(Agent.role == "administrator", TeamMember.team_id.is_not(None)))
        .order_by(Agent.id)
    ).all()
    own = [row.id for row in rows if row.role == "supervisor"]
    return own or [row.id for row in rows if row.role == "administrator"]
