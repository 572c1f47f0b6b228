"""What a customer may read of a ticket: asked by the portal, the widget and the mails that quote."""

from sqlalchemy import ColumnElement, and_, select, true

from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket


def participant_of(ticket: Ticket, identity_id: int) -> Participant | None:
    """The part an identity takes in a ticket, or None when it may see nothing of it."""
    return db.session.scalar(
        select(Participant).where(
            Participant.ticket_id == ticket.id,
            Participant.identity_id == identity_id,
            Participant.state == "active",
        )
    )


def in_public() -> ColumnElement[bool]:
    """As a condition on Message joined with Placement: said to customers. Neither a note, nor held or inert mail."""
    return and_(Placement.held.is_(False), Message.kind == "public", Message.inert.is_(None))


def may_read(participant: Participant) -> ColumnElement[bool]:
    """As a condition on Message joined with Placement: what was said in public since this person takes part.

    Whoever joined later sees nothing earlier (SECURITY R03).
    """
    since = true() if participant.sees_since is None else Message.written_at >= participant.sees_since
    return and_(
        Placement.ticket_id == participant.ticket_id,
        Placement.ended_at.is_(None),
        in_public(),
        since,
    )
