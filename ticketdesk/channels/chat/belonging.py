"""Where a visitor's words stand, which words are theirs, and who the visitor of a ticket is."""

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core.db import db
from ticketdesk.tickets import chain, participant
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket

TRIES = 3
"""So often a talk is looked for that is just being merged, or separated."""


def place_of(visitor: Visitor) -> Ticket | None:
    """The ticket where the newest words of a locked visitor stand, locked as well; None where they take no part.

    Words move with a merge and back when it is undone; what was written down when they were said does not.
    """
    if visitor.identity_id is None:
        return None
    who = {"own": sorted(own_ids(visitor)), "identity_id": visitor.identity_id}
    for _try in range(TRIES):
        ticket_id = db.session.scalar(_STANDS, who)
        ticket = chain.locked_end(ticket_id) if ticket_id is not None else None
        if ticket is None or participant.takes_part(ticket.id, visitor.identity_id):
            return ticket
    return None


def own(visitor: Visitor) -> Select[int]:
    """The identities whose words are the visitor's own: what they said unsigned stays theirs when the site signs."""
    if visitor.external_id is None:
        return select(Identity.id).where(Identity.id == visitor.identity_id)
    mine, theirs = aliased(IdentityLink), aliased(IdentityLink)
    joined = (
        select(theirs.identity_id)
        .join(mine, mine.contact_id == theirs.contact_id)
        .where(mine.identity_id == visitor.identity_id, mine.ended_at.is_(None), theirs.ended_at.is_(None))
    )
    return select(Identity.id).where(
        or_(Identity.id == visitor.identity_id, and_(Identity.kind == "visitor", Identity.id.in_(joined)))
    )


def own_ids(visitor: Visitor) -> set[int]:
    """The same as ids; nothing is asked where only one can be meant."""
    if visitor.external_id is None:
        return {visitor.identity_id} if visitor.identity_id is not None else set()
    return set(db.session.scalars(own(visitor)))


def of_ticket(ticket: Ticket) -> Visitor | None:
    """The visitor with whom a ticket is being talked over, the latest to be seen when there are several."""
    return db.session.scalar(_OF_TICKET, {"ticket_id": ticket.id})


# Built once: they are asked for every message, and building costs more than asking.
_OF_TICKET = (
    select(Visitor)
    .join(participant.Participant, participant.Participant.identity_id == Visitor.identity_id)
    .where(
        participant.Participant.ticket_id == bindparam("ticket_id"),
        participant.Participant.state == "active",
        or_(Visitor.ended_at.is_(None), Visitor.external_id.is_not(None)),  # who signed out comes back to it
    )
    .order_by(Visitor.ended_at.is_not(None), Visitor.last_seen_at.desc(), Visitor.id.desc())
    .limit(1)
)
_STANDS = (
    select(Placement.ticket_id)
    .join(Message, Message.id == Placement.message_id)
    .join(participant.Participant, participant.Participant.ticket_id == Placement.ticket_id)
    .where(
        Message.identity_id.in_(bindparam("own", expanding=True)),
        Placement.ended_at.is_(None),
        participant.Participant.identity_id == bindparam("identity_id"),
        participant.Participant.state == "active",
    )
    .order_by(Message.id.desc())
    .limit(1)
)
