"""Who would read more than before if two tickets became one; asked before a merge, and shown in its preview."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets import sight, visibility
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.uniting import earlier


@dataclass(frozen=True, slots=True)
class Gain:
    """Somebody who would newly see messages of one of the tickets."""

    name: str
    is_agent: bool
    number: int  # of the ticket whose messages they would see
    messages: int


def gains(source: Ticket, survivor: Ticket) -> list[Gain]:
    """Who would newly see what: customers first, then agents, each with the number of messages."""
    db.session.flush()
    return [*_customers(source, survivor), *_agents(source, survivor)]


def _customers(source: Ticket, survivor: Ticket) -> list[Gain]:
    """Customers read what was said in public since they take part; in the survivor, since the earlier of two views."""
    parts: dict[int, dict[int, datetime | None]] = {}
    identities: dict[int, Identity] = {}
    for row, identity in db.session.execute(
        select(Participant, Identity)
        .join(Identity, Identity.id == Participant.identity_id)
        .where(Participant.ticket_id.in_([source.id, survivor.id]), Participant.state == "active")
        .order_by(Participant.id)
    ):
        parts.setdefault(identity.id, {})[row.ticket_id] = row.sees_since
        identities[identity.id] = identity
    letters = {ticket.id: _readable(ticket) for ticket in (source, survivor)}
    found = []
    for identity_id, views in parts.items():
        first, *more = views.values()
        since = earlier(first, more[0]) if more else first
        for ticket in (source, survivor):
            seen = _seen(letters[ticket.id], views[ticket.id]) if ticket.id in views else 0
            new = _seen(letters[ticket.id], since) - seen
            if new > 0:
                found.append(Gain(identities[identity_id].called, False, ticket.number, new))
    return found


def _agents(source: Ticket, survivor: Ticket) -> list[Gain]:
    """Agents read whatever stands in a ticket they see; those who follow the source will follow the survivor."""
    of_source, of_survivor = visibility.seers(source), visibility.seers(survivor)
    following = [agent_id for agent_id in followers_of(source.id) if agent_id in of_source]
    counts = dict(
        db.session.execute(
            select(Placement.ticket_id, func.count())
            .where(Placement.ticket_id.in_([source.id, survivor.id]), Placement.ended_at.is_(None))
            .group_by(Placement.ticket_id)
        ).all()
    )
    new_in_source = [name for agent_id, name in of_survivor.items() if agent_id not in of_source]
    new_in_survivor = [of_source[agent_id] for agent_id in following if agent_id not in of_survivor]
    return [
        Gain(name, True, ticket.number, counts[ticket.id])
        for ticket, names in ((source, new_in_source), (survivor, new_in_survivor))
        if counts.get(ticket.id)
        for name in names
    ]


def _readable(ticket: Ticket) -> Sequence[datetime]:
    """When each message was written that a customer who sees everything reads."""
    return db.session.scalars(
        select(Placement.written_at)
        .join(Message, Message.id == Placement.message_id)
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None), sight.in_public())
    ).all()


def _seen(letters: Sequence[datetime], since: datetime | None) -> int:
    return sum(since is None or written_at >= since for written_at in letters)
