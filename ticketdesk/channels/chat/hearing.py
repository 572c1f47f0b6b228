"""Who hears what in the chat, asked for many visitors at once: the rules of `talk`, never a question for one."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, Text, and_, any_, func, literal, or_, select, update

from ticketdesk.channels.chat.visiting import SEEN_EVERY
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.db import db
from ticketdesk.tickets import sight
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket


class Standing(NamedTuple):
    """Where one visitor talks just now."""

    references: tuple[str, ...]  # of the tickets, in order
    stamp: int  # another one: something happened in them


def known(secrets: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The ids of visitors by their widget's key and the digest of their secret; who is none is left out."""
    pairs = list(secrets)
    rows = db.session.execute(
        select(Widget.key, Visitor.token_sha256, Visitor.id)
        .join(Widget, Widget.id == Visitor.widget_id)
        .where(
            Visitor.token_sha256 == any_(literal([digest for _key, digest in pairs], ARRAY(Text))),
            Visitor.ended_at.is_(None),
            Widget.enabled,
        )
    )
    found = {(key, digest): visitor_id for key, digest, visitor_id in rows}
    return {pair: found[pair] for pair in pairs if pair in found}


def standing(visitor_ids: Iterable[int]) -> dict[int, Standing]:
    """Where visitors talk; whoever is none any more is left out."""
    rows = db.session.execute(
        select(
            Visitor.id,
            func.coalesce(func.array_agg(Ticket.reference).filter(Ticket.id.is_not(None)), literal([], ARRAY(Text))),
            func.coalesce(func.sum(Ticket.last_seq), 0),
        )
        .join(Widget, and_(Widget.id == Visitor.widget_id, Widget.enabled))
        .outerjoin(Participant, and_(Participant.identity_id == Visitor.identity_id, Participant.state == "active"))
        .outerjoin(Ticket, Ticket.id == Participant.ticket_id)
        .where(Visitor.id == _any(visitor_ids), Visitor.ended_at.is_(None))
        .group_by(Visitor.id)
    )
    return {visitor_id: Standing(tuple(sorted(found)), int(stamp)) for visitor_id, found, stamp in rows}


def lengths(visitor_ids: Iterable[int]) -> dict[int, int]:
    """How many messages each may read: the number of the newest, as `talk.state` says it."""
    own = Message.identity_id == Visitor.identity_id
    rows = db.session.execute(
        select(Visitor.id, func.count(Placement.message_id.distinct()))
        .join(Participant, and_(Participant.identity_id == Visitor.identity_id, Participant.state == "active"))
        .join(Placement, Placement.ticket_id == Participant.ticket_id)
        .join(Message, Message.id == Placement.message_id)
        .where(
            Visitor.id == _any(visitor_ids),
            or_(Placement.ended_at.is_(None), own),
            sight.in_public(),
            or_(Participant.sees_since.is_(None), Message.written_at >= Participant.sees_since),
        )
        .group_by(Visitor.id)
    )
    return {row[0]: row[1] for row in rows}


def who_hears(references: Iterable[str]) -> list[int]:
    """The visitors who talk in these tickets."""
    return list(
        db.session.scalars(
            select(Visitor.id)
            .join(Participant, and_(Participant.identity_id == Visitor.identity_id, Participant.state == "active"))
            .join(Ticket, Ticket.id == Participant.ticket_id)
            .where(Ticket.reference == any_(literal(sorted(set(references)), ARRAY(Text))), Visitor.ended_at.is_(None))
            .distinct()
        )
    )


def seen(visitor_ids: Iterable[int], at: datetime) -> bool:
    """`visiting.seen` for many; rows that somebody holds are left, as whoever writes is seen anyway."""
    stale = (
        select(Visitor.id)
        .where(
            Visitor.id == _any(visitor_ids),
            or_(Visitor.last_seen_at <= at - SEEN_EVERY, Visitor.left_at.is_not(None)),
        )
        .order_by(Visitor.id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    done = db.session.execute(
        update(Visitor)
        .where(Visitor.id.in_(stale.scalar_subquery()))
        .values(last_seen_at=at, left_at=None)
        .returning(Visitor.id),
        execution_options={"synchronize_session": False},
    )
    return bool(done.all())


def _any(visitor_ids: Iterable[int]) -> object:
    return any_(literal(sorted(set(visitor_ids)), ARRAY(BigInteger)))
