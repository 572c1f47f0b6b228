"""Linking tickets that have to do with each other and stay two; a link lets nobody see more than before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import timeline, visibility
from ticketdesk.tickets.locking import lock
from ticketdesk.tickets.relation import ROLES, Relation
from ticketdesk.tickets.ticket import Ticket

MOST = 500
"""Links of one ticket: so many incidents has a large problem."""
KINDS = {"related": "related", "duplicate": "duplicate", "original": "duplicate"} | {
    "incident": "incident",
    "problem": "incident",
}


def link(ticket: Ticket, other: Ticket, role: str, by: Actor, at: datetime) -> Relation:
    """Say what another ticket is to this one, one of ROLES; the same again gives the link that stands.

    What is a duplicate or an incident belongs to one ticket, which itself is none, so that no circle can close. Raises
    Conflict for that, for tickets that are linked otherwise, and for merged ones; Invalid for an unknown role.
    """
    if role not in ROLES:
        raise Invalid("Choose one of the things offered.", "role")
    if ticket.id == other.id:
        raise Conflict("A ticket cannot be linked to itself.")
    found = {one.id: one for one in lock([ticket.id, other.id])}
    ticket, other = found[ticket.id], found[other.id]
    for one in (ticket, other):
        if one.merged_into_id is not None:
            raise Conflict(f"#{one.number} was merged into another ticket; link that one.")
    standing = _standing(ticket.id, other.id)
    below, above = (ticket, other) if role in ("related", "original", "problem") else (other, ticket)
    kind = KINDS[role]
    if standing is not None:
        if standing.kind == kind and standing.role_of_other(ticket.id) == role:
            return standing
        raise Conflict(f"#{ticket.number} and #{other.number} are linked already. Take that link off first.")
    if kind != "related":
        _check_flat(below, above, kind)
    relation = Relation(kind=kind, ticket_id=below.id, other_id=above.id, made_at=at, made_by_id=by.id)
    db.session.add(relation)
    _tell("linked", ticket, other, role, by, at)
    return relation


def unlink(ticket: Ticket, other: Ticket, by: Actor, at: datetime) -> str:
    """Take the link between two tickets off; returns what the other was. Raises NotFound when there is none."""
    lock([ticket.id, other.id])
    standing = _standing(ticket.id, other.id)
    if standing is None:
        raise NotFound(f"#{ticket.number} and #{other.number} are not linked.")
    standing.ended_at = at
    role = standing.role_of_other(ticket.id)
    _tell("unlinked", ticket, other, role, by, at)
    return role


def links_of(ticket: Ticket, agent: Agent) -> Sequence[tuple[str, Ticket]]:
    """The linked tickets that an agent may see, each with what it is to this one; the newest links first."""
    rows = db.session.execute(
        visibility.visible_tickets(agent)
        .add_columns(Relation)
        .join(Relation, _between(ticket.id))
        .where(Relation.ended_at.is_(None), Ticket.id != ticket.id)
        .order_by(Relation.id.desc())
        .limit(MOST)
    ).all()
    return [(relation.role_of_other(ticket.id), other) for other, relation in rows]


def is_linked() -> ScalarSelect[int]:
    """Whether a ticket has any link, beside its row."""
    either = or_(Relation.ticket_id == Ticket.id, Relation.other_id == Ticket.id)
    return select(Relation.id).where(either, Relation.ended_at.is_(None)).limit(1).scalar_subquery()


def _between(ticket_id: int) -> ColumnElement[bool]:
    return or_(
        and_(Relation.ticket_id == ticket_id, Relation.other_id == Ticket.id),
        and_(Relation.other_id == ticket_id, Relation.ticket_id == Ticket.id),
    )


def _standing(one_id: int, other_id: int) -> Relation | None:
    return db.session.scalar(
        select(Relation).where(
            Relation.ended_at.is_(None),
            or_(
                and_(Relation.ticket_id == one_id, Relation.other_id == other_id),
                and_(Relation.ticket_id == other_id, Relation.other_id == one_id),
            ),
        )
    )


def _check_flat(below: Ticket, above: Ticket, kind: str) -> None:
    """Both are locked, and every link that could contradict hangs on one of them."""
    rows = db.session.scalars(
        select(Relation).where(
            Relation.ended_at.is_(None),
            Relation.kind == kind,
            or_(
                Relation.ticket_id.in_([below.id, above.id]),
                Relation.other_id == below.id,
            ),
        )
    ).all()
    words = {"duplicate": ("a duplicate", "duplicates"), "incident": ("an incident", "incidents")}[kind]
    for row in rows:
        if row.ticket_id == below.id:
            raise Conflict(f"#{below.number} is {words[0]} of another ticket already.")
        if row.ticket_id == above.id:
            raise Conflict(f"#{above.number} is itself {words[0]} of another ticket. Link to that one.")
        raise Conflict(f"#{below.number} has {words[1]} of its own and cannot be one.")


def _tell(kind: str, ticket: Ticket, other: Ticket, role: str, by: Actor, at: datetime) -> None:
    for one, that, what in ((ticket, other, role), (other, ticket, ROLES[role])):
        timeline.record(one, kind, by, at, {"other_id": that.id, "other": that.number, "role": what})
