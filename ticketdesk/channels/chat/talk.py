"""A visitor's talk: what they may read of what was said, numbered for them alone."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Row, Select, Subquery, and_, bindparam, exists, false, func, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import belonging
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.db import db
from ticketdesk.tickets import attachment, sight
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket

PAGE = 200
"""Letters that are shown at once; a longer talk shows its newest."""


@dataclass(frozen=True, slots=True)
class State:
    """How far the talk has come, how many of our answers were not read, and how far somebody of us has read."""

    seq: int
    unread: int
    seen: int = 0  # the visitor's own message up to which one of us has read; 0 for none


def readable(visitor: Visitor) -> Select[int]:
    """The ids of the messages a visitor may read: what was said in public where they take part.

    Following where they take part instead of one ticket's number leads through merges and into the ticket that goes
    on from a closed one. Of what moved on from where they read it only their own words stay: a merge that is taken back
    leaves nothing of the other ticket. Notes, held and inert mail, and what others said before they came are never
    among it (`tickets.sight` has the same rule for one ticket).
    """
    return _readable(visitor)


def _readable(who: Any) -> Select[int]:
    """Of a visitor, or of one who is named when the statement is executed."""
    return (
        select(Placement.message_id)
        .join(Participant, Participant.ticket_id == Placement.ticket_id)
        .join(Message, Message.id == Placement.message_id)
        .where(
            Participant.identity_id == who.identity_id,
            Participant.state == "active",
            or_(Placement.ended_at.is_(None), Message.identity_id == who.identity_id),
            sight.in_public(),
            or_(Participant.sees_since.is_(None), Message.written_at >= Participant.sees_since),
        )
    )


def state(visitor: Visitor) -> State:
    """Where the talk stands."""
    if visitor.identity_id is None:
        return State(0, 0)
    row = db.session.execute(_STATE, _who(visitor)).one()
    return State(row.seq, row.unread, row.seen)


def unread(visitor: Visitor) -> list[int]:
    """The ids of our answers in the chat that the visitor has not read, the oldest first."""
    if visitor.identity_id is None:
        return []
    return list(db.session.scalars(_UNREAD, _who(visitor)))


def letter(visitor: Visitor, message_id: int) -> Row[Any] | None:
    """One of the messages with its files, and as `newest` the number of the last there is."""
    if visitor.identity_id is None:
        return None
    return db.session.execute(_ONE, {**_who(visitor), "message_id": message_id}).one_or_none()


def letters(visitor: Visitor, after: int) -> list[Row[Any]]:
    """The messages after a number, the oldest first, each with its files; at most PAGE.

    From the beginning these are the newest ones, else the next.
    """
    if visitor.identity_id is None:
        return []
    who = _who(visitor)
    if after:
        return list(db.session.execute(_NEXT, {**who, "after": after}))
    return list(reversed(db.session.execute(_NEWEST, who).all()))


def message_at(visitor: Visitor, seq: int) -> int | None:
    """The id of the newest message up to a number of the talk."""
    if visitor.identity_id is None:
        return None
    found: int | None = db.session.scalar(_UP_TO, {**_who(visitor), "seq": seq})
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


def standing(visitor: Visitor) -> Ticket | None:
    """The ticket where the newest words of the talk stand, and where its visitor takes part; not locked."""
    if visitor.identity_id is None:
        return None
    return db.session.scalar(_STANDING, _who(visitor))


def asked_by(ticket: Ticket, visitor: Visitor) -> bool:
    """Whether it was the visitor who asked, also before their site said who they are."""
    if visitor.identity_id is None:
        return False
    if ticket.requester_id == visitor.identity_id:
        return True
    return ticket.requester_id in db.session.scalars(belonging.own(visitor)).all()


class _Asking:
    """A visitor who is named later: for every message, building a statement costs more than asking."""

    identity_id = bindparam("identity_id", type_=BigInteger())
    email_identity_id = bindparam("email_identity_id", type_=BigInteger())
    read_id = bindparam("read_id", type_=BigInteger())
    own = bindparam("own", type_=BigInteger(), expanding=True)


def _who(visitor: Visitor) -> dict[str, Any]:
    """Who it is, for these statements."""
    return {
        "identity_id": visitor.identity_id,
        "email_identity_id": visitor.email_identity_id,
        "read_id": visitor.read_id,
        "own": sorted(belonging.own_ids(visitor)),
    }


def _numbered(who: type[_Asking]) -> Subquery:
    """What they may read as 1, 2, 3 …: the numbers say nothing of notes, of other talks or of anything else."""
    return (
        select(
            Message.id,
            func.row_number().over(order_by=Message.id).label("seq"),
            and_(
                Message.direction == "out",
                Message.channel == "chat",
                Message.redacted_at.is_(None),
                Message.id > who.read_id,
            ).label("is_unread"),
            or_(
                Message.identity_id.in_(who.own),
                func.coalesce(Message.identity_id == who.email_identity_id, false()),
            ).label("is_own"),
        )
        .where(Message.id.in_(_readable(who)))
        .subquery()
    )


def _state() -> Select[int, int, int]:
    letters = select(_numbered(_Asking)).cte("letters")
    was_seen = exists().where(
        Placement.message_id == letters.c.id,
        Placement.ended_at.is_(None),
        Reading.ticket_id == Placement.ticket_id,
        Reading.seq >= Placement.seq,
    )
    newest_seen = select(letters.c.seq).where(letters.c.is_own, was_seen).order_by(letters.c.seq.desc()).limit(1)
    return select(
        func.count().label("seq"),
        func.count().filter(letters.c.is_unread).label("unread"),
        func.coalesce(newest_seen.scalar_subquery(), 0).label("seen"),
    ).select_from(letters)


_STATE = _state()
_KNOWN = _numbered(_Asking)
_UNREAD = select(_KNOWN.c.id).where(_KNOWN.c.is_unread).order_by(_KNOWN.c.id)
_UP_TO = select(func.max(_KNOWN.c.id)).where(_KNOWN.c.seq <= bindparam("seq"))
_FILES = attachment.listed(Attachment.message_id == Message.id).label("files")
_AGENT = select(Agent.name).where(Agent.id == Message.agent_id).scalar_subquery().label("agent_name")
_LETTERS = select(Message, _KNOWN.c.seq, _FILES, _AGENT).join(_KNOWN, _KNOWN.c.id == Message.id)
_ALL = select(_KNOWN).cte("letters")
_ONE = (
    select(Message, _ALL.c.seq, _FILES, _AGENT, select(func.max(_ALL.c.seq)).scalar_subquery().label("newest"))
    .join(_ALL, _ALL.c.id == Message.id)
    .where(Message.id == bindparam("message_id"))
)
_NEXT = _LETTERS.where(_KNOWN.c.seq > bindparam("after")).order_by(_KNOWN.c.seq).limit(PAGE)
_NEWEST = _LETTERS.order_by(_KNOWN.c.seq.desc()).limit(PAGE)
_STANDING = (
    select(Ticket)
    .join(Placement, Placement.ticket_id == Ticket.id)
    .join(Message, Message.id == Placement.message_id)
    .join(Participant, Participant.ticket_id == Placement.ticket_id)
    .where(
        Message.identity_id.in_(_Asking.own),
        Placement.ended_at.is_(None),
        Participant.identity_id == _Asking.identity_id,
        Participant.state == "active",
    )
    .order_by(Message.id.desc())
    .limit(1)
)
