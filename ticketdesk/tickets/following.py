"""Following a ticket that is not one's own, and remembering how far one has read."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, select, tuple_, update
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


def follow_all(ticket: Ticket, agent_ids: Iterable[int], by: Actor, at: datetime) -> list[int]:
    """Let several agents hear of it, who see it already; returns those who did not follow it yet."""
    ticket = lock_one(ticket.id)
    known = set(followers_of(ticket.id))
    fresh = sorted(set(agent_ids) - known)
    if not fresh:
        return []
    db.session.add_all(Follower(ticket_id=ticket.id, agent_id=agent_id, since=at) for agent_id in fresh)
    timeline.record_all([timeline.News(ticket, "followed", by, at, {"agent_id": agent_id}) for agent_id in fresh])
    return fresh


def unfollow(ticket: Ticket, agent: Agent, by: Actor, at: datetime) -> Ticket:
    """Let an agent hear no more of it."""
    ticket = lock_one(ticket.id)
    if agent.id not in followers_of(ticket.id):
        return ticket
    db.session.execute(delete(Follower).where(Follower.ticket_id == ticket.id, Follower.agent_id == agent.id))
    timeline.record(ticket, "unfollowed", by, at, {"agent_id": agent.id})
    return ticket


def read_up_to(ticket: Ticket, agent: Agent, seq: int) -> bool:
    """Remember how far an agent has read; tells whether that is further than before. No event: nothing changes."""
    statement = insert(Reading).values(ticket_id=ticket.id, agent_id=agent.id, seq=seq)
    moved = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[Reading.ticket_id, Reading.agent_id],
            set_={"seq": statement.excluded.seq},
            where=Reading.seq < statement.excluded.seq,
        ).returning(Reading.agent_id)
    )
    return moved.scalar_one_or_none() is not None


def stay_read(agent: Agent, before: Mapping[int, int]) -> None:
    """What an agent had read to its end stays read after the agent's own changes.

    `before` are the last events before those, by ticket; the tickets are locked.
    """
    if not before:
        return
    to_the_end = tuple_(Reading.ticket_id, Reading.seq).in_(list(before.items()))
    db.session.execute(
        update(Reading)
        .where(Reading.agent_id == agent.id, to_the_end, Ticket.id == Reading.ticket_id)
        .values(seq=Ticket.last_seq)
        .execution_options(synchronize_session=False)
    )
