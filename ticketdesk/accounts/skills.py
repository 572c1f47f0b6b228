"""Skills are named, given to agents and forgotten."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select

from ticketdesk.accounts import availability, people
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.skill import KINDS, AgentSkill, Skill
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

LONGEST_NAME = 40
MOST = 500


def create(name: str, kind: str, by: Actor, at: datetime) -> Skill:
    """Name a skill; raises Invalid for an unknown kind, an empty or a taken name, and when there are 500 already."""
    if kind not in KINDS:
        raise Invalid("Choose language or subject.", "kind")
    skill = Skill(kind=kind, name=_free_name(name, None), created_at=at)
    if len(everything()) >= MOST:
        raise Invalid(f"There are {MOST} skills already. Remove one first.", "name")
    db.session.add(skill)
    db.session.flush()
    audit.note("skill_created", "skill", skill.id, by, at, {"kind": kind})
    return skill


def rename(skill: Skill, name: str, by: Actor, at: datetime) -> None:
    """Call a skill by another name; raises Invalid for an empty or a taken one."""
    new = _free_name(name, skill.id)
    if new != skill.name:
        skill.name = new
        audit.note("skill_renamed", "skill", skill.id, by, at)


def give(agent: Agent, skill_ids: Iterable[int], by: Actor, at: datetime) -> None:
    """Say that an agent has exactly these skills, and look whether there is work for them; raises Invalid."""
    agent = people.lock(agent.id)
    wanted, present = set(skill_ids), of_agents([agent.id])[agent.id]
    if wanted == present:
        return
    if set(db.session.scalars(select(Skill.id).where(Skill.id.in_(wanted)))) != wanted:
        raise Invalid("There is no such skill.", "skills")
    gone, new = sorted(present - wanted), sorted(wanted - present)
    if gone:
        db.session.execute(
            delete(AgentSkill).where(AgentSkill.agent_id == agent.id, AgentSkill.skill_id.in_(gone)),
            execution_options={"synchronize_session": False},
        )
    if new:
        db.session.execute(insert(AgentSkill), [{"agent_id": agent.id, "skill_id": skill_id} for skill_id in new])
    audit.note("skills_given", "agent", agent.id, by, at, {"given": new, "taken": gone})
    availability.seek_work(agent.id, at)


def everything() -> list[Skill]:
    """All skills, languages first, by name."""
    return list(db.session.scalars(select(Skill).order_by(Skill.kind, Skill.name)))


def of_agents(agent_ids: Collection[int]) -> dict[int, set[int]]:
    """The ids of the skills of each of these agents."""
    found: dict[int, set[int]] = {agent_id: set() for agent_id in agent_ids}
    for row in db.session.execute(
        select(AgentSkill.agent_id, AgentSkill.skill_id).where(AgentSkill.agent_id.in_(agent_ids))
    ):
        found[row.agent_id].add(row.skill_id)
    return found


def _free_name(name: str, own_id: int | None) -> str:
    plain = " ".join(name.split())
    if not 0 < len(plain) <= LONGEST_NAME:
        raise Invalid(f"Give the skill a name of at most {LONGEST_NAME} letters.", "name")
    if db.session.scalar(select(Skill.id).where(Skill.name == plain, Skill.id.is_distinct_from(own_id))) is not None:
        raise Invalid("Another skill has this name.", "name")
    return plain
