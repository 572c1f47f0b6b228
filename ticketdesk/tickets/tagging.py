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
    for name in sorted(added):
        db.session.execute(insert(Tag).values(name=name).on_conflict_do_nothing(index_elements=[Tag.name]))
    if added:
        ids = db.session.scalars(select(Tag.id).where(Tag.name.in_(added)).order_by(Tag.id)).all()
        db.session.execute(insert(TicketTag), [{"ticket_id": ticket.id, "tag_id": tag_id} for tag_id in ids])
    if removed:
        gone = select(Tag.id).where(Tag.name.in_(removed))
        db.session.execute(delete(TicketTag).where(TicketTag.ticket_id == ticket.id, TicketTag.tag_id.in_(gone)))
    rows = db.session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(added | removed))).all()
    ids_of = {row.name: row.id for row in rows}
    timeline.record(
        ticket,
        "tagged",
        by,
        at,
        {"added": sorted(ids_of[name] for name in added), "removed": sorted(ids_of[name] for name in removed)},
    )
    return ticket


def _named(names: Iterable[str]) -> set[str]:
    """Tags in the one way in which they are written."""
    return {name for name in ("-".join(given.lower().split()) for given in names) if name}
