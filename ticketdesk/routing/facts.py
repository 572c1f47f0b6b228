"""What routing needs to know of queues and agents, read from their rows into plain values once for a batch."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Select, and_, lateral, or_, select, true

from ticketdesk.accounts import capacities, skills
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import FRESH, Availability
from ticketdesk.accounts.team import Team, TeamMember
from ticketdesk.calendars import loading
from ticketdesk.calendars.hours import is_open
from ticketdesk.core.db import db
from ticketdesk.routing import offering, projection
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.eligibility import Rules, Serving, Worker
from ticketdesk.routing.strategies import WHOLE
from ticketdesk.tickets.queue import Queue, QueueGrant, QueueSkill, QueueTeam


def rules_of(queue_ids: Collection[int], now: datetime) -> dict[int, Rules]:
    """How these queues hand out work at this moment, by id."""
    teams = _serving(queue_ids, now)
    required: dict[int, set[int]] = defaultdict(set)
    gives_way: dict[int, dict[int, int]] = defaultdict(dict)
    for row in db.session.scalars(select(QueueSkill).where(QueueSkill.queue_id.in_(queue_ids))):
        if row.required:
            required[row.queue_id].add(row.skill_id)
        if row.gives_way is not None:
            gives_way[row.queue_id][row.skill_id] = row.gives_way
    return {
        queue.id: Rules(
            queue_id=queue.id,
            strategy=queue.strategy,
            teams=tuple(teams[queue.id]),
            sticky=queue.sticky,
            required=frozenset(required[queue.id]),
            gives_way=gives_way[queue.id],
            relax_after=queue.relax_after_minutes,
            next_team_after=queue.next_team_after_minutes,
        )
        for queue in db.session.scalars(select(Queue).where(Queue.id.in_(queue_ids)))
    }


def workers_of(team_ids: Collection[int]) -> dict[int, Worker]:
    """The members of these teams, by id, with all that decides whether they get a ticket."""
    members: dict[int, set[int]] = defaultdict(set)
    for row in db.session.execute(
        select(TeamMember.agent_id, TeamMember.team_id).where(TeamMember.team_id.in_(team_ids))
    ):
        members[row.agent_id].add(row.team_id)
    return workers(members)


def worker(agent: Agent) -> Worker:
    """One agent, whatever their teams."""
    teams = set(db.session.scalars(select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)))
    return workers({agent.id: teams})[agent.id]


def workers(team_ids: dict[int, set[int]]) -> dict[int, Worker]:
    """These agents by id; `team_ids` says in which teams each is."""
    ids = sorted(team_ids)
    rows = db.session.execute(select(Agent.id, Agent.role, Agent.disabled_at).where(Agent.id.in_(ids))).all()
    most = capacities.of_agents({row.id: row.role for row in rows})
    ringing = offering.loads(ids)  # before their tickets: see there
    loads = projection.loads(ids)
    for agent_id, chats in ringing.items():
        loads[agent_id, "chat"] += chats * WHOLE
    able = skills.of_agents(ids)
    states: dict[int, dict[str, tuple[str, datetime | None]]] = defaultdict(dict)
    for one in db.session.execute(
        select(Availability.agent_id, Availability.channel, Availability.state, Availability.heard_at).where(
            Availability.agent_id.in_(ids)
        )
    ):
        states[one.agent_id][one.channel] = one.state, one.heard_at
    last = {agent_id: (at, by or 0) for agent_id, at, by in db.session.execute(_last(ids))}
    return {
        row.id: Worker(
            agent_id=row.id,
            is_active=row.disabled_at is None,
            team_ids=frozenset(team_ids[row.id]),
            states=states[row.id],
            skills=frozenset(able[row.id]),
            most={channel: number for (agent_id, channel), number in most.items() if agent_id == row.id},
            load={channel: points for (agent_id, channel), points in loads.items() if agent_id == row.id},
            last_at=last[row.id][0],
            last_id=last[row.id][1],
        )
        for row in rows
    }


def there(team_ids: Collection[int], now: datetime) -> list[int]:
    """The ids of the members of these teams who take new work on any channel now, in ascending order."""
    return list(
        db.session.scalars(
            select(TeamMember.agent_id)
            .join(Availability, Availability.agent_id == TeamMember.agent_id)
            .where(TeamMember.team_id.in_(team_ids))
            .where(Availability.state == "online", Availability.heard_at > now - FRESH)
            .distinct()
            .order_by(TeamMember.agent_id)
        )
    )


def queues_of(agent_id: int) -> list[int]:
    """The ids of the queues that an agent's teams serve, in their order, manual ones too."""
    return list(db.session.scalars(_served_by(agent_id).order_by(Queue.position, Queue.id)))


@lru_cache(maxsize=500)
def served_by(agent_id: int) -> Select[int]:
    """The same, for a question that goes on from there; always the same for one agent, so that it is known again."""
    return _served_by(agent_id)


def _served_by(agent_id: int) -> Select[int]:
    teams = select(TeamMember.team_id).where(TeamMember.agent_id == agent_id)
    ordered = select(QueueTeam.queue_id)
    return select(Queue.id).where(
        or_(
            Queue.id.in_(ordered.where(QueueTeam.team_id.in_(teams))),
            and_(Queue.team_id.in_(teams), Queue.id.not_in(ordered)),
        )
    )


def all_queues() -> list[int]:
    """The ids of all queues: those where agents choose have chats that ring."""
    return list(db.session.scalars(select(Queue.id).order_by(Queue.id)))


def _serving(queue_ids: Collection[int], now: datetime) -> dict[int, list[Serving]]:
    """The teams of each queue in their order; one that may no longer answer in it is left out."""
    rows = db.session.execute(
        select(Queue.id, QueueTeam.team_id, Team.calendar_id)
        .join(QueueTeam, QueueTeam.queue_id == Queue.id)
        .join(Team, Team.id == QueueTeam.team_id)
        .outerjoin(QueueGrant, and_(QueueGrant.queue_id == QueueTeam.queue_id, QueueGrant.team_id == QueueTeam.team_id))
        .where(Queue.id.in_(queue_ids))
        .where(or_(Queue.team_id == QueueTeam.team_id, QueueGrant.level.in_(("reply", "manage"))))
        .order_by(Queue.id, QueueTeam.position, QueueTeam.team_id)
    ).all()
    ordered = {row.id for row in rows}
    own = db.session.execute(
        select(Queue.id, Queue.team_id, Team.calendar_id)
        .join(Team, Team.id == Queue.team_id)
        .where(Queue.id.in_(set(queue_ids) - ordered))
    ).all()
    hours = loading.histories({row.calendar_id for row in (*rows, *own) if row.calendar_id is not None})
    found: dict[int, list[Serving]] = defaultdict(list)
    for row in (*rows, *own):
        cal = hours.get(row.calendar_id) if row.calendar_id is not None else None
        found[row.id].append(Serving(row.team_id, cal is None or is_open(cal, now)))
    return found


def _last(agent_ids: Sequence[int]) -> Select[int, datetime, int]:
    """When something was last given to each agent, and by which decision."""
    newest = lateral(
        select(RoutingDecision.at, RoutingDecision.id)
        .where(RoutingDecision.agent_id == Agent.id)
        .order_by(RoutingDecision.at.desc(), RoutingDecision.id.desc())
        .limit(1)
    )
    return select(Agent.id, newest.c.at, newest.c.id).outerjoin(newest, true()).where(Agent.id.in_(agent_ids))


def strategy_of(queue_id: int) -> str:
    """How one queue hands out its work."""
    return db.session.scalars(select(Queue.strategy).where(Queue.id == queue_id)).one()
