"""Handing a chat over: to a colleague, who hears it ring while the one who has it keeps it, or back to a queue."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.routing import deciding, offering
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.tickets import assignment, following, moving, noting, timeline
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import CHAT, Ticket


def to_agent(ticket: Ticket, agent: Agent, by: Agent, note: str, now: datetime) -> RoutingOffer:
    """Ask a colleague to take a chat over: it rings for them, and stays whose it is until they accept.

    Raises Invalid for somebody who hears no ring, and Conflict when there is no chat to hand over any more.
    """
    ticket = _held(ticket)
    if agent.id == ticket.assignee_id:
        raise Invalid(f"{agent.name} has it already.", "to")
    if agent.id not in set(db.session.scalars(availability.online("chat", now).where(Agent.id == agent.id))):
        raise Invalid(f"{agent.name} takes no chats just now. Choose somebody else, or a queue.", "to")
    ringing = _ringing(ticket)
    if ringing is not None:
        raise Conflict(f"It rings already for {db.session.get_one(Agent, ringing.agent_id).name}.")
    said = noting.note(ticket, by, note, at=now, mentioned=[agent.id]) if note.strip() else None
    made = offering.ask(ticket, agent, "transfer", by, now, said.id if said is not None else None)
    timeline.record(ticket, "chat_offered", by.actor, now, {"agents": [agent.id], "from": ticket.assignee_id})
    return made


def to_queue(ticket: Ticket, queue: Queue, by: Agent, note: str, now: datetime) -> Ticket:
    """Let a queue's rules choose who takes a chat over; whoever gave it away is not asked for a while."""
    ticket = _held(ticket)
    if note.strip():
        noting.note(ticket, by, note, at=now)
    had = ticket.assignee_id
    if queue.id != ticket.queue_id:
        ticket = moving.move(ticket, queue, by.actor, now)
    made = deciding.decision(ticket, "skipped", now, reason="handed_over", strategy=queue.strategy, from_id=had)
    deciding.keep([made])
    return assignment.assign(ticket, None, by.actor, now)


def take_back(ticket: Ticket, by: Agent, now: datetime) -> Ticket:
    """Keep a chat after all that rings for a colleague; it rings no more."""
    ticket = _held(ticket)
    offering.withdraw(ticket, RoutingOffer.purpose == "transfer", "taken_back", now)
    return ticket


def invite(ticket: Ticket, agent: Agent, by: Agent, now: datetime) -> Ticket:
    """Let a colleague read and answer as well: they follow the ticket from now on, and it rings for them.

    Raises Invalid for whoever is in it, and Conflict where there is no chat any more: what is no talk rings for nobody.
    """
    ticket = _talk(ticket)
    if agent.id == by.id or agent.id == ticket.assignee_id:
        raise Invalid(f"{agent.name} is in it already.", "agent")
    before = offering.ringing(ticket, agent)
    ticket = following.follow(ticket, agent, by.actor, now)
    offering.ask(ticket, agent, "invitation", by, now)
    if before is None or before.purpose != "invitation":
        timeline.record(ticket, "chat_invited", by.actor, now, {"agent_id": agent.id})
    return ticket


def _held(ticket: Ticket) -> Ticket:
    """The ticket, locked, while it is a chat that somebody has; raises Conflict."""
    ticket = _talk(ticket)
    if ticket.assignee_id is None:
        raise Conflict("Nobody has this chat any more.")
    return ticket


def _talk(ticket: Ticket) -> Ticket:
    """The ticket, locked, while it is a chat; raises Conflict."""
    ticket = lock_standing(ticket.id)
    if ticket.medium != CHAT or not ticket.is_active:
        raise Conflict("The chat is over: it waits as a ticket now. Assign it instead.")
    return ticket


def _ringing(ticket: Ticket) -> RoutingOffer | None:
    return db.session.scalar(
        select(RoutingOffer).where(
            RoutingOffer.ticket_id == ticket.id, RoutingOffer.state == "ringing", RoutingOffer.purpose == "transfer"
        )
    )
