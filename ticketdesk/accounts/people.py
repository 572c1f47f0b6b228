"""Agents come, get other rights, and go."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts import addresses, links, sessions
from ticketdesk.accounts.agent import ROLES, UNDO_CHOICES, Agent
from ticketdesk.accounts.team import Team, TeamMember, teams_of
from ticketdesk.core import audit, bell, rows
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid

LONGEST_NAME = 120


def create(email: str, name: str, role: str, by: Actor, at: datetime) -> Agent:
    """A new agent without a password; raises Invalid when the address is wrong or taken, or the role unknown."""
    address = addresses.normalised(email)
    _check_role(role)
    if db.session.scalar(select(Agent.id).where(Agent.email == address)) is not None:
        raise Invalid("Somebody has this address already.", "email")
    agent = Agent(
        email=address,
        name=_name(name) or address.partition("@")[0],
        role=role,
        password_hash=None,
        created_at=at,
        disabled_at=None,
    )
    db.session.add(agent)
    db.session.flush()
    audit.note("agent_created", "agent", agent.id, by, at, {"role": role})
    return agent


def lock(agent_id: int) -> Agent:
    """The agent, held until the end of the transaction; raises NoResultFound."""
    return rows.held(Agent, agent_id)


def rename(agent: Agent, name: str, by: Actor, at: datetime) -> None:
    """Call an agent by another name; raises Invalid for an empty one."""
    agent = lock(agent.id)
    new = _name(name)
    if not new:
        raise Invalid("A name is needed.", "name")
    if new != agent.name:
        agent.name = new
        audit.note("agent_renamed", "agent", agent.id, by, at)


def choose_undo(agent: Agent, seconds: int) -> None:
    """Let an agent's replies by mail wait so long before they leave; raises Invalid for a time that is no choice."""
    if seconds not in UNDO_CHOICES:
        raise Invalid("Choose one of these times.", "undo_seconds")
    agent.undo_seconds = seconds


def change_role(agent: Agent, role: str, by: Actor, at: datetime) -> None:
    """Give other rights and sign the agent out everywhere.

    Raises Invalid for an unknown role, Conflict when nobody would be left to administer.
    """
    _check_role(role)
    administrators = _lock_administrators()
    agent = lock(agent.id)
    if agent.role == role:
        return
    if administrators == [agent.id]:
        raise Conflict("The last administrator cannot be given another role. Make somebody else one first.")
    was, agent.role = agent.role, role
    sessions.end_all(agent.id, at)
    audit.note("role_changed", "agent", agent.id, by, at, {"from": was, "to": role})


def change_teams(agent: Agent, team_ids: Iterable[int], by: Actor, at: datetime) -> None:
    """Make an agent a member of exactly these teams; whoever leaves one is signed out everywhere.

    Raises Invalid when there is no such team.
    """
    agent = lock(agent.id)
    wanted, present = set(team_ids), set(teams_of(agent.id))
    if wanted == present:
        return
    known = set(db.session.scalars(select(Team.id).where(Team.id.in_(wanted))))
    if known != wanted:
        raise Invalid("There is no such team.", "teams")
    left, joined = sorted(present - wanted), sorted(wanted - present)
    if left:
        db.session.execute(
            delete(TeamMember).where(TeamMember.agent_id == agent.id, TeamMember.team_id.in_(left)),
            execution_options={"synchronize_session": False},
        )
        sessions.end_all(agent.id, at)
    if joined:
        db.session.execute(
            insert(TeamMember), [{"team_id": team, "agent_id": agent.id, "joined_at": at} for team in joined]
        )
    bell.ring(f"agent:{agent.id}")
    audit.note("teams_changed", "agent", agent.id, by, at, {"left": left, "joined": joined})


def disable(agent: Agent, by: Actor, at: datetime) -> None:
    """Let an agent in no longer, at once; what they did stays theirs. Raises Conflict for the last administrator."""
    administrators = _lock_administrators()
    agent = lock(agent.id)
    if agent.disabled_at is not None:
        return
    if administrators == [agent.id]:
        raise Conflict("The last administrator cannot be disabled. Make somebody else one first.")
    agent.disabled_at = at
    sessions.end_all(agent.id, at)
    links.revoke(agent.id, at)
    audit.note("agent_disabled", "agent", agent.id, by, at)


def enable(agent: Agent, by: Actor, at: datetime) -> None:
    """Let an agent in again, with the password and rights of before."""
    agent = lock(agent.id)
    if agent.disabled_at is not None:
        agent.disabled_at = None
        audit.note("agent_enabled", "agent", agent.id, by, at)


def invite(agent: Agent, by: Actor, at: datetime) -> str:
    """The secret of a new link by which the agent chooses a password; raises Conflict for a disabled one."""
    agent = lock(agent.id)
    if agent.disabled_at is not None:
        raise Conflict("A disabled agent cannot be invited.")
    audit.note("agent_invited", "agent", agent.id, by, at)
    return links.make(agent, "password", at)


def _lock_administrators() -> list[int]:
    """The ids of the active administrators, held, so that two of them cannot remove each other at once."""
    return list(
        db.session.scalars(
            select(Agent.id)
            .where(Agent.role == "administrator", Agent.disabled_at.is_(None))
            .order_by(Agent.id)
            .with_for_update(key_share=True)
        )
    )


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise Invalid(f"There is no role called {role}.", "role")


def _name(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]
