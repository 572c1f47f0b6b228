"""When the time of a reply for later has come: sent as its author would send it now, with the time to take it back."""

from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import belonging
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets import sending_later
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.ticket import Ticket


def leaves_at(ticket: Ticket, agent: Agent, now: datetime) -> datetime | None:
    """Until when a mail of an agent can be taken back; never where a visitor reads along (decision 0006)."""
    if not agent.undo_seconds or belonging.of_ticket(ticket) is not None:
        return None
    return now + timedelta(seconds=agent.undo_seconds)


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task."""
    row_id = claim.payload["later_reply_id"]
    found = db.session.execute(
        select(Ticket, Agent)
        .join(LaterReply, LaterReply.ticket_id == Ticket.id)
        .join(Agent, Agent.id == LaterReply.agent_id)
        .where(LaterReply.id == row_id)
    ).one_or_none()
    if found is None:
        return "cancelled", None
    ticket, author = found
    message = sending_later.send(row_id, now, leaves_at=leaves_at(ticket, author, now))
    return ("cancelled" if message is None else "done"), None


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """It was tried for too long."""
    sending_later.give_up(claim.payload["later_reply_id"], now)
