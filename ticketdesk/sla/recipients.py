"""Whom an escalation step tells: the people who play its roles now, read for many tickets at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import TeamMember
from ticketdesk.core.db import db
from ticketdesk.sla.steps import Step
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.queue import Queue

Reasons = dict[int, str]
"""Agents by id, each with the strongest reason for telling them."""


@dataclass(frozen=True, slots=True)
class People:
    """Who works here, for whom, and who follows what; those who left are in none of it."""

    roles: Mapping[int, str]
    members: Mapping[int, Sequence[int]]  # by team
    teams: Mapping[int, int]  # by queue
    followers: Mapping[int, Sequence[int]]  # by ticket


def people(ticket_ids: Iterable[int]) -> People:
    """Everybody who may have to be told of these tickets."""
    roles = {row.id: row.role for row in db.session.execute(select(Agent.id, Agent.role).where(_WORKS_HERE))}
    members: dict[int, list[int]] = defaultdict(list)
    for team in db.session.execute(select(TeamMember.team_id, TeamMember.agent_id).order_by(TeamMember.agent_id)):
        members[team.team_id].append(team.agent_id)
    teams = {row.id: row.team_id for row in db.session.execute(select(Queue.id, Queue.team_id))}
    followers: dict[int, list[int]] = defaultdict(list)
    followed = select(Follower.ticket_id, Follower.agent_id).where(Follower.ticket_id.in_(list(ticket_ids)))
    for row in db.session.execute(followed.order_by(Follower.agent_id)):
        followers[row.ticket_id].append(row.agent_id)
    return People(roles, members, teams, followers)


def of_step(step: Step, queue_id: int, assignee_id: int | None, ticket_id: int | None, people: People) -> Reasons:
    """The agents whom a step tells of a ticket in this queue; while nobody who works here has it, its team is told.

    Agents named one by one are among them whether they may see the ticket or not: that is for the caller to ask.
    """
    team = people.members.get(people.teams.get(queue_id, 0), ())
    supervisors = [agent_id for agent_id in team if people.roles.get(agent_id) == "supervisor"]
    administrators = [agent_id for agent_id, role in people.roles.items() if role == "administrator"]
    has_it = [assignee_id] if assignee_id is not None and assignee_id in people.roles else []
    wanted: dict[str, tuple[str, Sequence[int]]] = {
        "team": ("member", team),
        "administrators": ("administrator", administrators),
        "supervisors": ("supervisor", supervisors) if supervisors else ("administrator", administrators),
        "followers": ("follower", people.followers.get(ticket_id or 0, ())),
        "assignee": ("assignee", has_it) if has_it else ("team", team),
    }
    found: Reasons = {}
    for role, (reason, agent_ids) in wanted.items():
        if role in step.recipients:
            found |= dict.fromkeys(agent_ids, reason)
    for agent_id in step.agents:
        found.setdefault(agent_id, "named")
    return {agent_id: found[agent_id] for agent_id in sorted(found) if agent_id in people.roles}


_WORKS_HERE = Agent.disabled_at.is_(None)
