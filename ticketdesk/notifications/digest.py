"""One mail about several notices: what happened, by ticket."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import Row, select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.email import letters
from ticketdesk.channels.email.composing import line
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim
from ticketdesk.notifications import inbox, mailing
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket

MOST = 100
"""Tickets that one mail lists; of those beyond it says how many."""


@dataclass(slots=True)
class OfTicket:
    """What happened to one ticket: kinds of events with how often and why this agent is told."""

    number: int
    title: str
    link: str
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def told(self) -> list[dict[str, Any]]:
        """In the order in which it happened."""
        return [{"kind": kind, "reason": reason, "times": times} for (kind, reason), times in self.kinds.items()]


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: mail what was gathered, of tickets that the agent may still see; raises DeliveryFailed."""
    agent = db.session.get_one(Agent, claim.payload["agent_id"])
    gathered = (
        select(Notification.kind, Notification.reason, Ticket)
        .join(Ticket, Ticket.id == Notification.ticket_id)
        .where(Notification.mail_id == claim.id)
        .order_by(Notification.id)
    )
    rows = db.session.execute(
        gathered.where(Notification.read_at.is_(None), inbox.is_shown(), visibility.sees(visibility.reader(agent)))
    ).all()
    if not rows:
        return "cancelled", "Everything was read, or may no longer be seen."
    # Whatever was read between two attempts: an extra copy comes from the same mailbox under the same id.
    first = db.session.scalars(gathered.with_only_columns(Ticket).limit(1)).one()
    mailbox = letters.mailbox_of(first)
    tickets = _by_ticket(rows)
    words = {
        "groups": _alike(tickets[:MOST]),
        "first": tickets[0],
        "more": max(len(tickets) - MOST, 0),
        "count": len(tickets),
        "name": agent.name,
        "title": tickets[0].title,
        "brand": db.session.get_one(Brand, first.brand_id),
        "link": f"{_public_url()}/desk/notices",
        "choose": f"{_public_url()}/desk/notices/settings",
    }
    return mailing.mail(claim, agent, mailbox, "notices", words, now)


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """It was given up: what it would have told stands in the desk, whatever was chosen."""
    told = db.session.scalars(
        update(Notification)
        .where(Notification.mail_id == claim.id)
        .values(in_app=True)
        .returning(Notification.agent_id)
    ).all()
    inbox.ring(sorted(set(told)))


def _by_ticket(rows: Sequence[Row[str, str, Ticket]]) -> list[OfTicket]:
    found: dict[int, OfTicket] = {}
    for row in rows:
        ticket = row.Ticket
        of = found.setdefault(
            ticket.id,
            OfTicket(ticket.number, line(ticket.subject, 200), f"{_public_url()}/desk/tickets/{ticket.number}"),
        )
        of.kinds[row.kind, row.reason] += 1
    return list(found.values())


def _alike(tickets: Sequence[OfTicket]) -> list[list[OfTicket]]:
    """Tickets of which the same is told stand together, so that it is said once."""
    found: dict[tuple[tuple[str, str], ...], list[OfTicket]] = {}
    for of in tickets:
        found.setdefault(tuple(sorted(of.kinds.elements())), []).append(of)
    return list(found.values())


def _public_url() -> str:
    config: Config = current_app.extensions["ticketdesk.config"]
    return config.public_url
