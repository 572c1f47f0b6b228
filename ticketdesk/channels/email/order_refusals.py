"""An agent hears by mail which of their orders were not done, and why: one mail for one mail."""

from collections.abc import Sequence
from datetime import datetime

from flask import current_app

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.channels import given_up
from ticketdesk.channels.email import identifiers, letters
from ticketdesk.channels.email.composing import Outgoing, Person, line
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.email.sending import hand_over
from ticketdesk.core import outbox, tokens
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import level

TASK = "mail.orders_refused"
PURPOSE = "orders"
LANE = "mail"


def tell(agent: Agent, ticket: Ticket, refused: Sequence[tuple[str, str]], now: datetime) -> None:
    """Leave one mail in the caller's transaction; each refusal is the line as it was written, and the reason."""
    payload = {"agent_id": agent.id, "ticket_id": ticket.id, "refused": [list(one) for one in refused]}
    outbox.add(TASK, payload, due_at=now, lane=LANE)


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: mail it; raises DeliveryFailed."""
    agent = db.session.get_one(Agent, claim.payload["agent_id"])
    ticket = db.session.get_one(Ticket, claim.payload["ticket_id"])
    if not agent.is_active or level(agent, ticket) is None:
        return "cancelled", "The agent may no longer see the ticket."
    mailbox = letters.mailbox_of(ticket)
    config: Config = current_app.extensions["ticketdesk.config"]
    key, domain = tokens.signing_keys()[0], mailbox.address.rpartition("@")[2]
    words = {
        "refused": claim.payload["refused"],
        "number": ticket.number,
        "title": line(ticket.subject, 200),
        "brand": db.session.get_one(Brand, ticket.brand_id),
        "link": f"{config.public_url}/desk/tickets/{ticket.number}",
        "mark": None,
    }
    subject, text, html = letters.rendered(PURPOSE, agent.locale, words)
    outgoing = Outgoing(
        message_id=identifiers.message_id(Named("n", ticket.id, claim.id), domain, key),
        sender=Person(mailbox.address, mailbox.name),
        reply_to=Person(identifiers.address(mailbox.address, Named("a", ticket.id, agent.id), key), mailbox.name),
        to=(Person(agent.email, agent.name),),
        subject=subject,
        text=text,
        html=html,
        date=now,
        references=(identifiers.message_id(Named("n", ticket.id, 0), domain, key),),
        automatic="auto-replied",
    )
    return hand_over(claim, outgoing, mailbox, agent.email, now)


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """It was given up: the agent hears on the desk that orders of theirs were not done."""
    given_up.tell(claim.payload["ticket_id"], claim, PURPOSE, now, agent_id=claim.payload["agent_id"])
