"""Finding the other ticket: by its number, by words, or among the open ones of the same contact."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, literal, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import IdentityLink
from ticketdesk.core.db import db
from ticketdesk.core.fulltext import plain
from ticketdesk.tickets import visibility
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.ticket import Ticket

LOOKED_AT = 500
"""Messages with the wanted words that are looked at, so that a common word costs no more than a rare one."""
LONGEST = 200


def of_the_same_contact(ticket: Ticket, agent: Agent, limit: int) -> Sequence[Ticket]:
    """Other open tickets in which the requester's contact takes part, the newest first."""
    contact = select(IdentityLink.contact_id).where(
        IdentityLink.identity_id == ticket.requester_id, IdentityLink.ended_at.is_(None)
    )
    theirs = select(IdentityLink.identity_id).where(
        IdentityLink.contact_id.in_(contact), IdentityLink.ended_at.is_(None)
    )
    taking = select(Participant.ticket_id).where(Participant.identity_id.in_(theirs), Participant.state == "active")
    return db.session.scalars(_others(ticket, agent, limit).where(Ticket.id.in_(taking), Ticket.active())).all()


def found(ticket: Ticket, agent: Agent, words: str, limit: int) -> Sequence[Ticket]:
    """Other tickets with a number, or with all of these words in their subject or messages, the newest first."""
    words = words.strip()[:LONGEST]
    number = words.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        return db.session.scalars(_others(ticket, agent, limit).where(Ticket.number == int(number))).all()
    if not words:
        return []
    return db.session.scalars(_others(ticket, agent, limit).where(_has(words))).all()


def _has(words: str) -> ColumnElement[bool]:
    wanted = func.plainto_tsquery("simple", plain(literal(words)))
    rows = select(SearchRow.ticket_id).where(SearchRow.words.bool_op("@@")(wanted)).limit(LOOKED_AT).subquery()
    return Ticket.id.in_(select(rows.c.ticket_id))


def _others(ticket: Ticket, agent: Agent, limit: int) -> Select[Ticket]:
    """Tickets the agent sees that this one could be one with: whole, and neither spam nor in the trash."""
    return (
        visibility.visible_tickets(agent)
        .where(
            Ticket.id != ticket.id,
            Ticket.merged_into_id.is_(None),
            Ticket.spam_at.is_(None),
            Ticket.trashed_at.is_(None),
        )
        .order_by(Ticket.id.desc())
        .limit(limit)
    )
