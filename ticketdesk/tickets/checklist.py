"""What is to be done for a ticket: adding lines, ticking them off, putting them into order; events hold ids only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import timeline
from ticketdesk.tickets.checklist_item import ChecklistItem
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.ticket import Ticket

LONGEST = 200
MOST = 50
"""Lines in one checklist."""


def add(ticket: Ticket, text: str, by: Agent, at: datetime) -> list[ChecklistItem]:
    """Put something on the list, at its end; of several lines each is one. Raises Invalid for nothing, or too much."""
    ticket = lock_standing(ticket.id)
    lines = [_words(line) for line in text.splitlines() if line.strip()]
    if not lines:
        raise Invalid("Say what is to be done.", "text")
    standing = items_of(ticket)
    if len(standing) + len(lines) > MOST:
        raise Invalid(f"A checklist has at most {MOST} lines.", "text")
    last = max((item.position for item in standing), default=0)
    made = [
        ChecklistItem(ticket_id=ticket.id, text=line, position=last + number, added_by_id=by.id, added_at=at)
        for number, line in enumerate(lines, 1)
    ]
    db.session.add_all(made)
    db.session.flush()
    timeline.record(ticket, "checklist_added", by.actor, at, {"item_ids": [item.id for item in made]})
    return made


def tick(ticket: Ticket, item_id: int, by: Agent, at: datetime, *, done: bool) -> ChecklistItem:
    """It is done, or not after all; one that is so already stays with whoever said so first. Raises NotFound."""
    ticket, item = _held(ticket, item_id)
    if (item.done_at is not None) == done:
        return item
    item.done_at, item.done_by_id = (at, by.id) if done else (None, None)
    timeline.record(ticket, "checklist_ticked", by.actor, at, {"item_id": item.id, "done": done})
    return item


def rename(ticket: Ticket, item_id: int, text: str, by: Actor, at: datetime) -> ChecklistItem:
    """Say it in other words. Raises NotFound, or Invalid for none."""
    ticket, item = _held(ticket, item_id)
    words = _words(text)
    if words != item.text:
        item.text = words
        timeline.record(ticket, "checklist_changed", by, at, {"item_id": item.id})
    return item


def move(ticket: Ticket, item_id: int, by: Actor, at: datetime, *, up: bool) -> ChecklistItem:
    """Change places with the line above or below; the first and the last stay. Raises NotFound."""
    ticket, item = _held(ticket, item_id)
    standing = items_of(ticket)
    here = standing.index(item)
    there = here - 1 if up else here + 1
    if 0 <= there < len(standing):
        order = list(standing)
        order[here], order[there] = order[there], order[here]
        for position, one in enumerate(order, 1):
            one.position = position
        timeline.record(ticket, "checklist_changed", by, at, {"item_id": item.id})
    return item


def remove(ticket: Ticket, item_id: int, by: Actor, at: datetime) -> ChecklistItem:
    """Take it off the list. Raises NotFound."""
    ticket, item = _held(ticket, item_id)
    item.removed_at = at
    timeline.record(ticket, "checklist_removed", by, at, {"item_id": item.id})
    return item


def put_back(ticket: Ticket, item_id: int, by: Actor, at: datetime) -> ChecklistItem:
    """What was taken off stands where it stood. Raises NotFound, or Conflict where the list is full by now."""
    ticket, item = _held(ticket, item_id, removed=True)
    if item.removed_at is None:
        return item
    if len(items_of(ticket)) >= MOST:
        raise Conflict(f"A checklist has at most {MOST} lines.")
    item.removed_at = None
    timeline.record(ticket, "checklist_added", by, at, {"item_ids": [item.id]})
    return item


def items_of(ticket: Ticket) -> Sequence[ChecklistItem]:
    """The lines of a ticket in their order."""
    return db.session.scalars(
        select(ChecklistItem)
        .where(ChecklistItem.ticket_id == ticket.id, ChecklistItem.removed_at.is_(None))
        .order_by(ChecklistItem.position, ChecklistItem.id)
    ).all()


def carry(source: Ticket, survivor: Ticket, only: Sequence[int] | None = None) -> list[int]:
    """Both are locked: the lines of the one stand below those of the other from now on; returns which moved."""
    last = select(func.coalesce(func.max(ChecklistItem.position), 0)).where(ChecklistItem.ticket_id == survivor.id)
    moved = update(ChecklistItem).where(ChecklistItem.ticket_id == source.id)
    if only is not None:
        moved = moved.where(ChecklistItem.id.in_(only))
    values = {"ticket_id": survivor.id, "position": ChecklistItem.position + db.session.execute(last).scalar_one()}
    return sorted(db.session.scalars(moved.values(values).returning(ChecklistItem.id)))


def _held(ticket: Ticket, item_id: int, *, removed: bool = False) -> tuple[Ticket, ChecklistItem]:
    ticket = lock_standing(ticket.id)
    item = db.session.get(ChecklistItem, item_id, populate_existing=True)
    if item is None or item.ticket_id != ticket.id or (item.removed_at is not None and not removed):
        raise NotFound("There is no such line.")
    return ticket, item


def _words(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise Invalid("Say what is to be done.", "text")
    if len(words) > LONGEST:
        raise Invalid(f"A line has at most {LONGEST} letters.", "text")
    return words
