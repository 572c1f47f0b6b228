"""Who and what is called how: names for the numbers in events and for the menus, read once a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, and_, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import TeamMember
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue, QueueGrant
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Choice:
    """A status that can be chosen."""

    id: int
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id. People who left are kept, since the past names them; queues only when the reader sees them."""

    agents: dict[int, str]
    queues: dict[int, str]
    statuses: list[Choice]
    fields: Mapping[int, str] = field(default_factory=dict)  # those that the page shows

    def agent(self, agent_id: int | None) -> str:
        """The name of an agent, or a dash."""
        return self.agents.get(agent_id, "–") if agent_id is not None else "–"

    def queue(self, queue_id: int | None) -> str:
        """The name of a queue, or a dash for one that is gone or not the reader's to know."""
        return self.queues.get(queue_id, "–") if queue_id is not None else "–"

    def status(self, status_id: int | None) -> str:
        """The name of a status, or a dash."""
        return next((status.name for status in self.statuses if status.id == status_id), "–")


def load(
    queues: list[Queue], ticket: Ticket, statuses: list[Choice], fields: Mapping[int, str] | None = None
) -> tuple[Names, list[tuple[int, str]]]:
    """Everything an event of a ticket may name, and the agents that can be given the ticket.

    Those are the ones who see its queue anyway, so that assigning shows it to nobody new.
    """
    rows = db.session.execute(_AGENTS, {"queue_id": ticket.queue_id}).all()
    names = Names(
        {row.id: row.name for row in rows}, {queue.id: queue.name for queue in queues}, statuses, fields or {}
    )
    return names, [(row.id, row.name) for row in rows if row.works_here]


def colleagues(queues: list[Queue]) -> list[tuple[int, str]]:
    """Who works on any of these queues: the rule of `works_on` for several at once."""
    ids = [queue.id for queue in queues]
    granted = select(QueueGrant.team_id).where(QueueGrant.queue_id.in_(ids), QueueGrant.level != "read")
    teams = or_(TeamMember.team_id.in_({queue.team_id for queue in queues}), TeamMember.team_id.in_(granted))
    works = or_(Agent.id.in_(select(TeamMember.agent_id).where(teams)), Agent.role == "administrator")
    wanted = select(Agent.id, Agent.name).where(Agent.disabled_at.is_(None), works).order_by(Agent.name)
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def works_in(agent: Agent) -> frozenset[int] | None:
    """The queues on which an agent works: the rule of `works_on` asked the other way round; None is all of them."""
    if agent.is_administrator:
        return None
    teams = select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)
    granted = select(QueueGrant.queue_id).where(QueueGrant.team_id.in_(teams), QueueGrant.level != "read")
    return frozenset(db.session.scalars(select(Queue.id).where(or_(Queue.team_id.in_(teams), Queue.id.in_(granted)))))


def choices() -> ScalarSelect[Any]:
    """All statuses in order, as one value beside another row."""
    row = func.json_build_array(Status.id, Status.name, Status.category)
    return select(func.json_agg(aggregate_order_by(row, Status.position))).scalar_subquery()


def works_on(queue_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """A condition on Agent: who may answer in a queue, being of its team, granted to it, or an administrator."""
    owns = exists().where(Queue.id == queue_id, Queue.team_id == TeamMember.team_id)
    granted = exists().where(
        QueueGrant.queue_id == queue_id, QueueGrant.team_id == TeamMember.team_id, QueueGrant.level != "read"
    )
    works_there = exists().where(TeamMember.agent_id == Agent.id, owns | granted)
    return and_(Agent.disabled_at.is_(None), or_(works_there, Agent.role == "administrator"))


_AGENTS = select(Agent.id, Agent.name, works_on(bindparam("queue_id")).label("works_here")).order_by(Agent.name)
