"""A mail that is no message of its ticket could not be delivered, and is tried no more: the ticket tells of it."""

from datetime import datetime

from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets import chain, timeline


def tell(ticket_id: int, claim: Claim, purpose: str, now: datetime, *, agent_id: int | None = None) -> None:
    """Record it, so that somebody hears of it: whoever has the ticket, or the agent whom the mail was for."""
    ticket = chain.locked_end(ticket_id)
    if ticket is not None:
        data = {"purpose": purpose, "outbox_id": claim.id, "agent_id": agent_id}
        timeline.record(ticket, "mail_failed", SYSTEM, now, data)
