"""Tags on a ticket."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.tag import Tag, TicketTag
from ticketdesk.tickets.ticket import Ticket

LONGEST = 40


def tags_of(ticket_id: int) -> list[str]:
    """The tags of a ticket in alphabetical order."""
    return list(
        db.session.scalars(
            select(Tag.name)
            .join(TicketTag, TicketTag.tag_id == Tag.id)
            .where(TicketTag.ticket_id == ticket_id)
            .order_by(Tag.name)
        )
    )


def change_tags(ticket: Ticket, add: Iterable[str], remove: Iterable[str], by: Actor, at: datetime) -> Ticket:
    """Put tags on a ticket and take others off, leaving alone what others put there meanwhile.

    Raises Invalid for one that is too long.
    """
    ticket = lock_standing(ticket.id)
    wanted, unwanted = _named(add), _named(remove)
    if any(len(name) > LONGEST for name in wanted):
        raise Invalid(f"A tag has at most {LONGEST} letters.", "tags")
    have = set(tags_of(ticket.id))
    added, removed = wanted - have, (have & unwanted) - wanted
    if not added and not removed:
        return ticket
    ids_of = _ids_of(added | removed)
    if new := sorted(added - set(ids_of)):
        for name in new:
            db.session.execute(insert(Tag).values(name=name).on_conflict_do_nothing(index_elements=[Tag.name]))
        ids_of |= _ids_of(new)
    put, taken = sorted(ids_of[name] for name in added), sorted(ids_of[name] for name in removed)
    db.session.add_all(TicketTag(ticket_id=ticket.id, tag_id=tag_id) for tag_id in put)
    if taken:
        db.session.execute(delete(TicketTag).where(TicketTag.ticket_id == ticket.id, TicketTag.tag_id.in_(taken)))
    ticket.tag_ids = sorted({*ticket.tag_ids, *put} - set(taken))
    timeline.record(ticket, "tagged", by, at, {"added": put, "removed": taken})
    return ticket


def _ids_of(names: Iterable[str]) -> dict[str, int]:
    return {row.name: row.id for row in db.session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(names)))}


def _named(names: Iterable[str]) -> set[str]:
    """Tags in the one way in which they are written."""
    return {name for name in ("-".join(given.lower().split()) for given in names) if name}
