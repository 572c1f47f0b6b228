"""Assignment: who answers for a ticket."""

from collections.abc import Sequence
from datetime import datetime

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import Actor
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import News


def assign(ticket: Ticket, agent: Agent | None, by: Actor, at: datetime, *, sent_with: int | None = None) -> Ticket:
    """Give the ticket to an agent, or to nobody; raises Invalid for somebody who no longer works here.

    `sent_with` is the reply that does so by the way: taking it back takes this back as well. Whether the agent may see
    the ticket is for the caller to ask: assigning grants sight (SEMANTICS 5).
    """
    ticket = lock_standing(ticket.id)
    if agent is not None and not agent.is_active:
        raise Invalid(f"{agent.name} no longer works here. Choose somebody else.", "assignee")
    becomes = agent.id if agent is not None else None
    if ticket.assignee_id == becomes:
        return ticket
    was, ticket.assignee_id = ticket.assignee_id, becomes
    timeline.record(ticket, "assigned", by, at, {"from": was, "to": becomes, **timeline.along(sent_with)})
    return ticket


def assign_all(pairs: Sequence[tuple[Ticket, int]], by: Actor, at: datetime) -> None:
    """Give several locked tickets to agents by id, each in its order; cheaper than one by one.

    That the agents work here and may see the tickets is for the caller to know.
    """
    news = []
    for ticket, agent_id in pairs:
        was, ticket.assignee_id = ticket.assignee_id, agent_id
        news.append(News(ticket, "assigned", by, at, {"from": was, "to": agent_id}))
    if news:
        timeline.record_all(news)


def release(ticket: Ticket, why: str, by: Actor, at: datetime) -> Ticket:
    """Take a ticket from an agent who cannot answer it now; `why` is a code, such as "offline"."""
    ticket = lock_standing(ticket.id)
    if ticket.assignee_id is not None:
        was, ticket.assignee_id = ticket.assignee_id, None
        timeline.record(ticket, "released", by, at, {"from": was, "to": None, "why": why})
    return ticket
