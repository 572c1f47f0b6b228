"""Who sees which tickets, and how far they may go: asked by pages, counts, mails, sockets and jobs alike."""

from sqlalchemy import ColumnElement, Select, bindparam, case, exists, false, func, or_, select, true

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import LEVELS, Level
from ticketdesk.accounts.team import TeamMember
from ticketdesk.core.db import db
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.queue import Queue, QueueGrant
from ticketdesk.tickets.ticket import Ticket

_RANK = case(*((QueueGrant.level == name, number + 1) for number, name in enumerate(LEVELS)))
"""A grant's level as a number, so that the highest of several can be found."""


def visible_tickets(agent: Agent) -> Select[Ticket]:
    """The tickets an agent may see: of their teams' queues, of queues granted to them, their own and the followed."""
    return select(Ticket).where(sees(agent))


def sees(agent: Agent) -> ColumnElement[bool]:
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


def visible_queues(agent: Agent) -> Select[Queue]:
    """The queues whose tickets an agent sees, in the order in which they are shown; archived ones are left out."""
    queues = select(Queue).where(Queue.archived_at.is_(None)).order_by(Queue.position, Queue.id)
    if not agent.is_active:
        return queues.where(false())
    if agent.is_administrator:
        return queues
    return queues.where(Queue.id.in_(_queue_ids(agent)))


def level(agent: Agent, ticket: Ticket) -> Level | None:
    """How far an agent may go with a ticket, or None when they may not know of it; the highest that any rule gives."""
    if not agent.is_active:
        return None
    if agent.is_administrator:
        return "manage"
    owns = exists().where(Queue.id == ticket.queue_id, Queue.team_id.in_(_team_ids(agent)))
    granted = (
        select(func.max(_RANK))
        .where(QueueGrant.queue_id == ticket.queue_id, QueueGrant.team_id.in_(_team_ids(agent)))
        .scalar_subquery()
    )
    follows = exists().where(Follower.ticket_id == ticket.id, Follower.agent_id == agent.id)
    answers = LEVELS.index("reply") + 1
    best = db.session.execute(
        select(
            func.greatest(
                case((owns, LEVELS.index("manage") + 1), else_=0),
                func.coalesce(granted, 0),
                case((follows, answers), else_=0),
            )
        )
    ).scalar_one()
    if ticket.assignee_id == agent.id:
        best = max(best, answers)
    return LEVELS[best - 1] if best else None


def seers(ticket: Ticket) -> dict[int, str]:
    """The names of the agents who see a ticket, by id: the rule of `sees`, asked the other way round."""
    of = {"ticket_id": ticket.id, "queue_id": ticket.queue_id, "assignee_id": ticket.assignee_id}
    return {row.id: row.name for row in db.session.execute(_SEERS, of)}


# Built once: it is asked for whatever happens, and building costs more than asking.
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


def _team_ids(agent: Agent) -> Select[int]:
    return select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)


def _queue_ids(agent: Agent) -> Select[int]:
    """The queues of an agent's teams and those granted to them; archived ones still hold old tickets."""
    granted = select(QueueGrant.queue_id).where(QueueGrant.team_id.in_(_team_ids(agent)))
    return select(Queue.id).where(or_(Queue.team_id.in_(_team_ids(agent)), Queue.id.in_(granted)))
