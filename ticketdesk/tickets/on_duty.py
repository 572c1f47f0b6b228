"""Who works when: the hours of agents, their own or those of their teams."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team, TeamMember
from ticketdesk.calendars import loading
from ticketdesk.calendars.rules import History
from ticketdesk.core.db import db


def hours_of(agent_ids: Collection[int]) -> dict[int, tuple[History, ...]]:
    """The working hours of these agents: an agent works while any of them is open.

    Their own calendar, else those of their teams. Who has neither works always and is missing from the result.
    """
    own = {
        row.id: [row.calendar_id]
        for row in db.session.execute(
            select(Agent.id, Agent.calendar_id).where(Agent.id.in_(agent_ids), Agent.calendar_id.is_not(None))
        )
    }
    always: set[int] = set()
    for row in db.session.execute(
        select(TeamMember.agent_id, Team.calendar_id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.agent_id.in_(set(agent_ids) - set(own)))
        .order_by(TeamMember.agent_id, Team.id)
    ):
        if row.calendar_id is None:
            always.add(row.agent_id)  # a team without hours never closes
        else:
            own.setdefault(row.agent_id, []).append(row.calendar_id)
    chosen: dict[int, Sequence[int]] = {agent_id: ids for agent_id, ids in own.items() if agent_id not in always}
    histories = loading.histories({calendar_id for ids in chosen.values() for calendar_id in ids})
    return {agent_id: tuple(histories[one] for one in ids) for agent_id, ids in chosen.items()}
