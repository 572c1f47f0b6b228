"""A ticket that is opened again goes back to the agent who had it, if they are there; else to its queue."""

from datetime import datetime, timedelta

from ticketdesk.accounts import capacities
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import FRESH, Availability
from ticketdesk.core import turns
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.turns import Turn
from ticketdesk.routing import deciding, eligibility, facts, needs, projection
from ticketdesk.routing.eligibility import Wish
from ticketdesk.tickets import assignment
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def is_return(event: Event) -> bool:
    """Whether a ticket that was done is open again, and not because an agent wanted it."""
    return (
        event.kind == "status_changed"
        and event.data["from_category"] in DONE
        and event.data["to_category"] in projection.OURS
        and event.actor_kind != "agent"
    )


def give_back(ticket_id: int, now: datetime) -> bool:
    """Leave an opened ticket with the agent who had it, or take it from one who cannot have it now; whether it stayed.

    In a queue where agents choose themselves it stays in any case, and so does that of an agent who keeps their work:
    but never with whoever no longer works here. The event by which it is taken has the queue hand it out anew.
    """
    ticket = db.session.get_one(Ticket, ticket_id)
    if ticket.assignee_id is None:
        return False
    turns.take(Turn.AGENT_WORK, ticket.assignee_id)
    ticket = lock_one(ticket_id)
    if ticket.assignee_id is None or not ticket.is_active or ticket.category not in projection.OURS:
        return False
    queue = facts.rules_of([ticket.queue_id], now)[ticket.queue_id]
    agent = db.session.get_one(Agent, ticket.assignee_id)
    if queue.strategy == "manual" and agent.is_active:
        return True
    worker = facts.worker(agent)
    channel = needs.channel_of(ticket.needs)
    # Being open, it weighs on them already: whether it fits is asked as if it did not.
    worker.load[channel] -= ticket.load_points if ticket.load_key is not None else 0
    # It does not wait in the queue: that it was theirs counts for more than whose turn it is.
    wish = Wish(channel, needs.skills_of(ticket.needs), timedelta.max)
    one = eligibility.candidate(worker, queue, wish, now - FRESH, capacities.weights())
    keeps = one.barred is not None and agent.is_active and _keeps_work(agent, channel)
    stays = one.barred is None or keeps
    made = deciding.decision(
        ticket,
        "returned" if stays else "released",
        now,
        reason="keeps_work" if keeps else one.barred or "had_it_before",
        strategy=queue.strategy,
        agent_id=agent.id if stays else None,
        from_id=None if stays else agent.id,
        ranked=[one],
    )
    if not stays:
        assignment.release(ticket, one.barred or "", SYSTEM, now)
    deciding.keep([made])
    return stays


def _keeps_work(agent: Agent, channel: str) -> bool:
    stated = db.session.get(Availability, (agent.id, channel))
    return stated is not None and stated.keeps_work
