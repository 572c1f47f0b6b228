"""What many agents see at once: the rule of `visibility.sees`, asked for all of them in one question."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ARRAY, BigInteger, Text, any_, exists, func, literal, or_, select, true, union

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import TeamMember
from ticketdesk.core.db import db
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.queue import Queue, QueueGrant
from ticketdesk.tickets.ticket import Ticket


def queues(agent_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The ids of the queues that stand on each agent's rail, ascending; agents without any are left out."""
    wanted = any_(literal(sorted(set(agent_ids)), ARRAY(BigInteger)))
    own = (
        select(TeamMember.agent_id, Queue.id)
        .join(Queue, Queue.team_id == TeamMember.team_id)
        .join(Agent, Agent.id == TeamMember.agent_id)
    )
    granted = (
        select(TeamMember.agent_id, Queue.id)
        .join(QueueGrant, QueueGrant.team_id == TeamMember.team_id)
        .join(Queue, Queue.id == QueueGrant.queue_id)
        .join(Agent, Agent.id == TeamMember.agent_id)
    )
    every = select(Agent.id, Queue.id).join(Queue, true()).where(Agent.role == "administrator")
    parts = (
        one.where(Agent.id == wanted, Agent.disabled_at.is_(None), Queue.archived_at.is_(None))
        for one in (own, granted, every)
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for agent_id, queue_id in db.session.execute(union(*parts)):
        found[agent_id].append(queue_id)
    return {agent_id: tuple(sorted(ids)) for agent_id, ids in found.items()}


def tickets(asked: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Of pairs of an agent's id and a ticket's reference those that the agent may see, each with how far it is."""
    if not asked:
        return {}
    pairs = (
        func.unnest(
            literal([agent_id for agent_id, _reference in asked], ARRAY(BigInteger)),
            literal([reference for _agent_id, reference in asked], ARRAY(Text)),
        )
        .table_valued("agent_id", "reference", name="asked")
        .render_derived()
    )
    rows = db.session.execute(
        select(pairs.c.agent_id, Ticket.reference, Ticket.last_seq)
        .select_from(pairs)
        .join(Ticket, Ticket.reference == pairs.c.reference)
        .join(Agent, Agent.id == pairs.c.agent_id)
        .where(Agent.disabled_at.is_(None), _SEES)
    )
    return {(agent_id, reference): seq for agent_id, reference, seq in rows}


# Said by name what belongs to which question: by itself only the next one around would be looked at.
_OWNS = exists().where(Queue.id == Ticket.queue_id, Queue.team_id == TeamMember.team_id).correlate(Ticket, TeamMember)
_GRANTED = (
    exists()
    .where(QueueGrant.queue_id == Ticket.queue_id, QueueGrant.team_id == TeamMember.team_id)
    .correlate(Ticket, TeamMember)
)
_SEES = or_(
    Agent.role == "administrator",
    Ticket.assignee_id == Agent.id,
    exists().where(Follower.ticket_id == Ticket.id, Follower.agent_id == Agent.id).correlate(Ticket, Agent),
    exists().where(TeamMember.agent_id == Agent.id, _OWNS | _GRANTED).correlate(Ticket, Agent),
)
