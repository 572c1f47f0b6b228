"""Telling agents by mail: what happened, why they are told, and a way to the ticket."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import current_app

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.email import identifiers, letters
from ticketdesk.channels.email.composing import Outgoing, Person, line
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.email.sending import hand_over
from ticketdesk.core import tokens
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim, OutboxRow
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.tickets.visibility import level


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: mail one notification; raises DeliveryFailed."""
    notification = db.session.get_one(Notification, claim.payload["notification_id"])
    agent = db.session.get_one(Agent, notification.agent_id)
    ticket = db.session.get_one(Ticket, notification.ticket_id)
    if level(agent, ticket) is None:
        return "cancelled", "The agent may no longer see the ticket."
    event = db.session.get_one(Event, notification.event_id)
    mailbox = letters.mailbox_of(ticket)
    domain = mailbox.address.rpartition("@")[2]
    key = tokens.signing_keys()[0]
    subject, text, html = letters.rendered("notice", agent.locale, _words(notification, event, ticket, agent))
    outgoing = Outgoing(
        message_id=identifiers.message_id(Named("n", ticket.id, claim.id), domain, key),
        sender=Person(mailbox.address, mailbox.name),
        reply_to=Person(identifiers.address(mailbox.address, Named("a", ticket.id, agent.id), key), mailbox.name),
        to=(Person(agent.email, agent.name),),
        subject=subject,
        text=text,
        html=html,
        date=notification.created_at,
        # An id that no mail bears keeps the notices of one ticket together.
        references=(identifiers.message_id(Named("n", ticket.id, 0), domain, key),),
        automatic="auto-generated",
    )
    return hand_over(claim, outgoing, mailbox, agent.email, now)


def _words(notification: Notification, event: Event, ticket: Ticket, agent: Agent) -> dict[str, object]:
    config: Config = current_app.extensions["ticketdesk.config"]
    row_id = event.data.get("outbox_id")
    row = db.session.get(OutboxRow, row_id) if row_id is not None else None
    due = ticket.next_due_at
    return {
        "kind": event.kind,
        "reason": notification.reason,
        "metric": event.data.get("metric"),
        "due": format_datetime(due, "medium", tzinfo=ZoneInfo(agent.timezone), locale=agent.locale) if due else None,
        "undelivered": {"recipient": row.recipient, "error": row.error} if row is not None else None,
        "number": ticket.number,
        "title": line(ticket.subject, 200),
        "name": agent.name,
        "brand": db.session.get_one(Brand, ticket.brand_id),
        "link": f"{config.public_url}/desk/tickets/{ticket.number}",
        "mark": None,
    }
