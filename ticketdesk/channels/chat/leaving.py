"""Visitors who left while something is owed to them: it goes on by mail, and by what is promised to mail."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from ticketdesk.channels.chat import belonging, visiting
from ticketdesk.channels.chat.missed import GONE
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import medium
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket

BATCH = 100


def turn_to_mail(now: datetime) -> int:
    """Let talks go on by mail whose visitors have been gone for three minutes (SEMANTICS 8); returns how many.

    Commits after each, so that nobody's words wait for other talks.
    """
    turned = 0
    for ticket_id in db.session.scalars(
        select(Ticket.id).where(Ticket.talks(), ~_somebody_there(now)).order_by(Ticket.id).limit(BATCH)
    ).all():
        turned += _turn(ticket_id, now)
        db.session.commit()
    return turned


def _turn(ticket_id: int, now: datetime) -> bool:
    """Look at one again, the visitor locked before the ticket, as whoever writes does."""
    visitor = belonging.of_ticket(db.session.get_one(Ticket, ticket_id))
    gone = None if visitor is None else visiting.left_since(visiting.locked(visitor), now)
    if visitor is not None and (gone is None or gone + GONE > now):
        return False
    ticket = lock_one(ticket_id)
    if not ticket.is_active or ticket.medium != "chat":
        return False
    medium.turn_to_mail(ticket, SYSTEM, now)
    return True


def _somebody_there(now: datetime) -> ColumnElement[bool]:
    """Whether a visitor of the ticket is there, or has not been gone for long."""
    return (
        select(Visitor.id)
        .join(Participant, Participant.identity_id == Visitor.identity_id)
        .where(
            Participant.ticket_id == Ticket.id,
            Participant.state == "active",
            Visitor.ended_at.is_(None),
            or_(Visitor.left_at > now - GONE, and_(Visitor.left_at.is_(None), Visitor.last_seen_at > now - GONE)),
        )
        .exists()
    )
