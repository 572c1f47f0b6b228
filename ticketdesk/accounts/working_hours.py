"""When agents and teams work: by which calendar."""

from datetime import datetime

from ticketdesk.accounts import people
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor


def of_agent(agent: Agent, calendar_id: int | None, by: Actor, at: datetime) -> None:
    """Give an agent hours of their own, or (None) those of their team; whether the calendar exists the door asks."""
    agent = people.lock(agent.id)
    if agent.calendar_id != calendar_id:
        agent.calendar_id = calendar_id
        audit.note("agent_hours_set", "agent", agent.id, by, at, {"calendar_id": calendar_id})


def of_team(team: Team, calendar_id: int | None, by: Actor, at: datetime) -> None:
    """Say when a team works; None: always. Its queues hand out work to it only then."""
    if team.calendar_id != calendar_id:
        team.calendar_id = calendar_id
        audit.note("team_hours_set", "team", team.id, by, at, {"calendar_id": calendar_id})
