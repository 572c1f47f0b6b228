"""What a customer may read of a ticket: asked by the portal, the widget and the mails that quote."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, bindparam, select, true

from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket


def participant_of(ticket: Ticket, identity_id: int) -> Participant | None:
    """The part an identity takes in a ticket, or None when it may see nothing of it."""
    return db.session.scalar(_PART, {"ticket_id": ticket.id, "identity_id": identity_id})


_PART = select(Participant).where(
    Participant.ticket_id == bindparam("ticket_id"),
    Participant.identity_id == bindparam("identity_id"),
    Participant.state == "active",
)


def in_public(*, held: bool = False) -> ColumnElement[bool]:
    """As a condition on Message joined with Placement: said to customers, or kept from them only because it is held.

    Neither a note, nor held or inert mail, nor a reply that its author can still take back.
    """
    return and_(in_public_soon(held=held), Message.leaves_at.is_(None))


def in_public_soon(*, held: bool = False) -> ColumnElement[bool]:
    """The same with replies that their author can still take back: whoever may read the ticket will read them."""
    return and_(Placement.held.is_(held), Message.kind == "public", Message.inert.is_(None))


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


def leaving(ticket_ids: Collection[int]) -> frozenset[int]:
    """Those of the tickets with a reply that its author can still take back; no customer knows of it yet."""
    return frozenset(
        db.session.scalars(
            select(Placement.ticket_id)
            .join(Message, Message.id == Placement.message_id)
            .where(Placement.ticket_id.in_(ticket_ids), Placement.ended_at.is_(None), Message.leaves_at.is_not(None))
        )
    )
