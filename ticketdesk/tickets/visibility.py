"""Who sees which tickets, and how far they may go: asked by pages, counts, mails, sockets and jobs alike."""

from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, Select, bindparam, case, exists, false, func, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import LEVELS, Level
from ticketdesk.accounts.team import TeamMember
from ticketdesk.core.db import db
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.queue import Queue, QueueGrant
from ticketdesk.tickets.ticket import Ticket

_RANK = case(*((QueueGrant.level == name, number + 1) for number, name in enumerate(LEVELS)))
"""A grant's level as a number, so that the highest of several can be found."""


_Number = ColumnElement[int] | InstrumentedAttribute[int]


class Reader(Protocol):
    """Whoever the rules are about: an agent, or what of them a statement is built from."""

    @property
    def id(self) -> int:
        """Their number."""

    @property
    def is_active(self) -> bool:
        """Whether they may sign in."""

    @property
    def is_administrator(self) -> bool:
        """Whether they see everything."""


class Known(NamedTuple):
    """The same, and nothing else: it can be a key."""

    id: int
    is_active: bool
    is_administrator: bool


def reader(agent: Agent) -> Known:
    """What of an agent a statement is built from: by it one that was built can be found again."""
    return Known(agent.id, agent.is_active, agent.is_administrator)


def visible_tickets(agent: Reader) -> Select[Ticket]:
    """The tickets an agent may see: of their teams' queues, of queues granted to them, their own and the followed."""
    return select(Ticket).where(sees(agent))


def sees(agent: Reader) -> ColumnElement[bool]:
    """The same as a condition on Ticket, for queries that ask for something else."""
    if not agent.is_active:
        return false()
    if agent.is_administrator:
        return true()
    followed = select(Follower.ticket_id).where(Follower.agent_id == agent.id)
    return or_(
        Ticket.queue_id.in_(_queue_ids(agent)),
        Ticket.assignee_id == agent.id,
        Ticket.id.in_(followed),
    )


def manages(agent: Reader) -> ColumnElement[bool]:
    """Whether an agent answers for the queue: it is theirs, or granted so far; a condition on Ticket."""
    if not agent.is_active:
        return false()
    if agent.is_administrator:
        return true()
    granted = select(QueueGrant.queue_id).where(QueueGrant.team_id.in_(_team_ids(agent)), QueueGrant.level == "manage")
    theirs = select(Queue.id).where(or_(Queue.team_id.in_(_team_ids(agent)), Queue.id.in_(granted)))
    return Ticket.queue_id.in_(theirs)


def visible_queues(agent: Reader) -> Select[Queue]:
    """The queues whose tickets an agent sees, in the order in which they are shown; archived ones are left out."""
    queues = select(Queue).where(Queue.archived_at.is_(None)).order_by(Queue.position, Queue.id)
    if not agent.is_active:
        return queues.where(false())
    if agent.is_administrator:
        return queues
    return queues.where(Queue.id.in_(_queue_ids(agent)))


def level(agent: Agent, ticket: Ticket) -> Level | None:
    """How far an agent may go with a ticket, or None when they may not know of it; the highest that any rule gives."""
    if agent.is_administrator or not agent.is_active:
        return level_at(agent, ticket, 0)  # no queue changes that
    of = {"agent_id": agent.id, "queue_id": ticket.queue_id, "ticket_id": ticket.id}
    return level_at(agent, ticket, db.session.execute(_LEVEL, of).scalar_one())


def level_at(agent: Agent, ticket: Ticket, rank: int) -> Level | None:
    """The same, where `rank` was asked for beside the ticket."""
    if not agent.is_active:
        return None
    if agent.is_administrator:
        return "manage"
    best = max(rank, _ANSWERS) if ticket.assignee_id == agent.id else rank
    return LEVELS[best - 1] if best else None


def rank(agent: Reader) -> ColumnElement[int]:
    """What queues and following give an agent, as a number beside a ticket, for `level_at`."""
    return _rank(literal(agent.id), Ticket.queue_id, Ticket.id)


def rank_in(agent: Reader, queue_id: _Number) -> ColumnElement[int]:
    """The same, were the ticket in that queue."""
    return _rank(literal(agent.id), queue_id, Ticket.id)


def rank_of(agent_id: _Number, ticket: Ticket) -> ColumnElement[int]:
    """The same for one ticket and whoever a row names."""
    return _rank(agent_id, literal(ticket.queue_id), literal(ticket.id))


def seers(ticket: Ticket) -> dict[int, str]:
    """The names of the agents who see a ticket, by id: the rule of `sees`, asked the other way round."""
    of = {"ticket_id": ticket.id, "queue_id": ticket.queue_id, "assignee_id": ticket.assignee_id}
    return {row.id: row.name for row in db.session.execute(_SEERS, of)}


def seers_of_queue(queue_id: int) -> dict[int, str]:
    """The names of the agents who see whatever stands in a queue, by id."""
    of = {"ticket_id": None, "queue_id": queue_id, "assignee_id": None}
    return {row.id: row.name for row in db.session.execute(_SEERS, of)}


def _rank(agent_id: _Number, queue_id: _Number, ticket_id: _Number) -> ColumnElement[int]:
    teams = select(TeamMember.team_id).where(TeamMember.agent_id == agent_id)
    granted = select(func.max(_RANK)).where(QueueGrant.queue_id == queue_id, QueueGrant.team_id.in_(teams))
    answers = exists().where(Follower.ticket_id == ticket_id, Follower.agent_id == agent_id)
    return func.greatest(
        case((exists().where(Queue.id == queue_id, Queue.team_id.in_(teams)), LEVELS.index("manage") + 1), else_=0),
        func.coalesce(granted.scalar_subquery(), 0),
        case((answers, _ANSWERS), else_=0),
    )


# Built once: they are asked for whatever happens, and building costs more than asking.
_ANSWERS = LEVELS.index("reply") + 1
_LEVEL = select(_rank(bindparam("agent_id"), bindparam("queue_id"), bindparam("ticket_id")))
_OWNS = exists().where(Queue.id == bindparam("queue_id"), Queue.team_id == TeamMember.team_id)
_GRANTED = exists().where(QueueGrant.queue_id == bindparam("queue_id"), QueueGrant.team_id == TeamMember.team_id)
_SEERS = (
    select(Agent.id, Agent.name)
    .where(
        Agent.disabled_at.is_(None),
        or_(
            Agent.role == "administrator",
            Agent.id == bindparam("assignee_id"),
            exists().where(Follower.ticket_id == bindparam("ticket_id"), Follower.agent_id == Agent.id),
            exists().where(TeamMember.agent_id == Agent.id, _OWNS | _GRANTED),
        ),
    )
    .order_by(Agent.name)
)


def _team_ids(agent: Reader) -> Select[int]:
    return select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)


def _queue_ids(agent: Reader) -> Select[int]:
    """The queues of an agent's teams and those granted to them; archived ones still hold old tickets."""
    granted = select(QueueGrant.queue_id).where(QueueGrant.team_id.in_(_team_ids(agent)))
    return select(Queue.id).where(or_(Queue.team_id.in_(_team_ids(agent)), Queue.id.in_(granted)))
