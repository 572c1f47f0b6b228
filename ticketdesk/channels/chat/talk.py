"""A visitor's talk: what they may read of what was said, numbered for them alone."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, Subquery, and_, func, or_, select

from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.db import db
from ticketdesk.tickets import attachment, sight
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket

PAGE = 200
"""Letters that are shown at once; a longer talk shows its newest."""


@dataclass(frozen=True, slots=True)
class State:
    """How far the talk has come, and how many of our answers were not read; None where it ended or never began."""

    seq: int
    unread: int


def readable(visitor: Visitor) -> Select[int]:
    """The ids of the messages a visitor may read: what was said in public where they take part.

    Following where they take part instead of one ticket's number leads through merges and into the ticket that goes
    on from a closed one. Of what moved on from where they read it only their own words stay: a merge that is taken back
    leaves nothing of the other ticket. Notes, held and inert mail, and what others said before they came are never
    among it (`tickets.sight` has the same rule for one ticket).
    """
    return (
        select(Placement.message_id)
        .join(Participant, Participant.ticket_id == Placement.ticket_id)
        .join(Message, Message.id == Placement.message_id)
        .where(
            Participant.identity_id == visitor.identity_id,
            Participant.state == "active",
            or_(Placement.ended_at.is_(None), Message.identity_id == visitor.identity_id),
            sight.in_public(),
            or_(Participant.sees_since.is_(None), Message.written_at >= Participant.sees_since),
        )
    )


def numbered(visitor: Visitor) -> Subquery:
    """These messages as 1, 2, 3 …: the numbers say nothing of notes, of other talks or of anything else."""
    return (
        select(
            Message.id,
            func.row_number().over(order_by=Message.id).label("seq"),
            and_(
                Message.direction == "out",
                Message.channel == "chat",
                Message.redacted_at.is_(None),
                Message.id > visitor.read_id,
            ).label("is_unread"),
        )
        .where(Message.id.in_(readable(visitor)))
        .subquery()
    )


def state(visitor: Visitor) -> State:
    """Where the talk stands."""
    if visitor.identity_id is None:
        return State(0, 0)
    letters = numbered(visitor)
    row = db.session.execute(
        select(func.count().label("seq"), func.count().filter(letters.c.is_unread).label("unread")).select_from(letters)
    ).one()
    return State(row.seq, row.unread)


def unread(visitor: Visitor) -> list[int]:
    """The ids of our answers in the chat that the visitor has not read, the oldest first."""
    if visitor.identity_id is None:
        return []
    known = numbered(visitor)
    return list(db.session.scalars(select(known.c.id).where(known.c.is_unread).order_by(known.c.id)))


def letters(visitor: Visitor, after: int, message_id: int | None = None) -> list[Row[Any]]:
    """The messages after a number, or just one of them, the oldest first, each with its files; at most PAGE.

    From the beginning these are the newest ones, else the next.
    """
    if visitor.identity_id is None:
        return []
    known = numbered(visitor)
    files = attachment.listed(Attachment.message_id == Message.id)
    wanted = select(Message, known.c.seq, files.label("files")).join(known, known.c.id == Message.id)
    wanted = wanted.where(known.c.seq > after) if message_id is None else wanted.where(Message.id == message_id)
    if after:
        return list(db.session.execute(wanted.order_by(known.c.seq).limit(PAGE)))
    return list(reversed(db.session.execute(wanted.order_by(known.c.seq.desc()).limit(PAGE)).all()))


def message_at(visitor: Visitor, seq: int) -> int | None:
    """The id of the newest message up to a number of the talk."""
    if visitor.identity_id is None:
        return None
    known = numbered(visitor)
    found: int | None = db.session.scalar(select(func.max(known.c.id)).where(known.c.seq <= seq))
    return found


def file(visitor: Visitor, reference: str) -> Attachment | None:
    """A file of the talk."""
    if visitor.identity_id is None or not reference.isalnum():
        return None
    return db.session.scalar(
        select(Attachment).where(Attachment.reference == reference, Attachment.message_id.in_(readable(visitor)))
    )


def tickets(visitor: Visitor) -> list[str]:
    """The references of the tickets in which the talk stands."""
    if visitor.identity_id is None:
        return []
    return list(
        db.session.scalars(
            select(Ticket.reference)
            .join(Participant, Participant.ticket_id == Ticket.id)
            .where(Participant.identity_id == visitor.identity_id, Participant.state == "active")
        )
    )
