"""Following a ticket that is not one's own, and remembering how far one has read."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.tickets import timeline
from ticketdesk.tickets.follower import Follower, Reading
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.ticket import Ticket


def followers_of(ticket_id: int) -> list[int]:
    """The ids of the agents who follow a ticket."""
    return list(db.session.scalars(_FOLLOWERS, {"ticket_id": ticket_id}))


_FOLLOWERS = select(Follower.agent_id).where(Follower.ticket_id == bindparam("ticket_id")).order_by(Follower.since)


def follow(ticket: Ticket, agent: Agent, by: Actor, at: datetime) -> Ticket:
    """Let an agent hear of whatever happens to the ticket."""
    ticket = lock_one(ticket.id)
    if agent.id in followers_of(ticket.id):
        return ticket
    db.session.add(Follower(ticket_id=ticket.id, agent_id=agent.id, since=at))
    timeline.record(ticket, "followed", by, at, {"agent_id": agent.id})
    return ticket


def unfollow(ticket: Ticket, agent: Agent, by: Actor, at: datetime) -> Ticket:
    """Let an agent hear no more of it."""
    ticket = lock_one(ticket.id)
    if agent.id not in followers_of(ticket.id):
        return ticket
    db.session.execute(delete(Follower).where(Follower.ticket_id == ticket.id, Follower.agent_id == agent.id))
    timeline.record(ticket, "unfollowed", by, at, {"agent_id": agent.id})
    return ticket


def read_up_to(ticket: Ticket, agent: Agent, seq: int) -> None:
    """Remember how far an agent has read; no event, because it concerns nobody else."""
    statement = insert(Reading).values(ticket_id=ticket.id, agent_id=agent.id, seq=seq)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[Reading.ticket_id, Reading.agent_id],
            set_={"seq": statement.excluded.seq},
            where=Reading.seq < statement.excluded.seq,
        )
    )
