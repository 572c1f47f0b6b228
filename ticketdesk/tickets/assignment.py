"""Assignment: who answers for a ticket."""

from datetime import datetime

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import Actor
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.ticket import Ticket


def assign(ticket: Ticket, agent: Agent | None, by: Actor, at: datetime) -> Ticket:
    """Give the ticket to an agent, or to nobody; raises Invalid for somebody who no longer works here.

    Whether the agent may see the ticket is for the caller to ask: assigning grants sight (SEMANTICS 5).
    """
    ticket = lock_standing(ticket.id)
    if agent is not None and not agent.is_active:
        raise Invalid(f"{agent.name} no longer works here. Choose somebody else.", "assignee")
    becomes = agent.id if agent is not None else None
    if ticket.assignee_id == becomes:
        return ticket
    was, ticket.assignee_id = ticket.assignee_id, becomes
    timeline.record(ticket, "assigned", by, at, {"from": was, "to": becomes})
    return ticket
