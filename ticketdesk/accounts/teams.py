"""Teams are founded and renamed."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.accounts.team import Team
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

LONGEST_NAME = 80


def create(name: str, by: Actor, at: datetime) -> Team:
    """A new team without members; raises Invalid when the name is empty or taken."""
    team = Team(name=_free_name(name, None), created_at=at)
    db.session.add(team)
    db.session.flush()
    audit.note("team_created", "team", team.id, by, at)
    return team


def rename(team: Team, name: str, by: Actor, at: datetime) -> None:
    """Call a team by another name; raises Invalid when it is empty or taken."""
    new = _free_name(name, team.id)
    if new != team.name:
        team.name = new
        audit.note("team_renamed", "team", team.id, by, at)


def _free_name(name: str, own_id: int | None) -> str:
    plain = " ".join(name.split())[:LONGEST_NAME]
    if not plain:
        raise Invalid("A team needs a name.", "name")
    if db.session.scalar(select(Team.id).where(Team.name == plain, Team.id.is_distinct_from(own_id))) is not None:
        raise Invalid("Another team has this name.", "name")
    return plain
