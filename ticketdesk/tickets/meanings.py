"""What placeholders stand for in one ticket."""

from collections.abc import Collection

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets.placeholders import NAMES
from ticketdesk.tickets.ticket import Ticket


def of(
    ticket: Ticket, agent: Agent, names: Collection[str] = NAMES, *, brand_name: str | None = None
) -> dict[str, str]:
    """The values when this agent writes in this ticket; the database is asked only for what some of `names` need."""
    found = {
        "ticket.number": str(ticket.number),
        "ticket.subject": ticket.subject,
        "agent.first_name": _first(agent.name),
        "agent.name": agent.name,
    }
    if any(name.startswith("customer.") for name in names):
        customer = db.session.get_one(Identity, ticket.requester_id)
        name = customer.name or (customer.value.partition("@")[0] if customer.kind == "email" else "")
        found |= {"customer.first_name": _first(name), "customer.name": name}
    if "brand.name" in names:
        found["brand.name"] = brand_name or db.session.get_one(Brand, ticket.brand_id).name
    return found


def _first(name: str) -> str:
    return name.split()[0] if name.split() else ""
