"""Undoing a change of many tickets: each gets back what it had, unless somebody changed that since."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import Level, allowed
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import (
    assignment,
    filling,
    following,
    locking,
    merging_many,
    moving,
    priority,
    progress,
    tagging,
    visibility,
)
from ticketdesk.tickets.batch import Batch, BatchTicket, BatchValue
from ticketdesk.tickets.batch_changes import PERMISSIONS
from ticketdesk.tickets.batching import Done, Skipped, Why, why
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.field_values import Values
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import UNSOLVED, Status, default_status
from ticketdesk.tickets.tag import Tag
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

UNDONE_WITHIN = timedelta(minutes=10)

EVENTS = {
    "assignee": ("assigned", "released", "queue_changed"),  # in another queue others may have it, and see it
    "status": ("status_changed",),
    "priority": ("priority_changed",),
    "queue": ("queue_changed",),
    "tags": ("tagged",),
    "fields": ("fields_changed", "merged_from", "merge_undone"),  # what another ticket said comes and goes with it
    "macro": (),  # its parts are undone, each as what it is
    "merge": ("merged_into", "merge_undone"),  # a colleague may have separated it and merged it there again
}
"""What tells that somebody changed the same property."""

Rows = Mapping[int, Any]

_MODELS: Mapping[str, Any] = {"assignee": Agent, "status": Status, "queue": Queue}


def undo(batch_id: int, agent: Agent, at: datetime) -> Done:
    """Put back what each ticket had before the agent's batch.

    Raises NotFound for a batch of somebody else, Conflict for one that is too old or was undone before.
    """
    own = select(Batch).where(Batch.id == batch_id, Batch.agent_id == agent.id)
    batch = db.session.scalar(own.with_for_update().execution_options(populate_existing=True))
    if batch is None:
        raise NotFound("There is nothing of yours to undo here.")
    check(batch, at)
    batch.undone_at = at
    rows = {
        row.ticket_id: row for row in db.session.scalars(select(BatchTicket).where(BatchTicket.batch_id == batch.id))
    }
    # Where they were merged into is changed as well; all are locked at once, in their order.
    survivors = {row.data["survivor_id"] for row in rows.values()} if batch.kind == "merge" else set()
    locked = locking.lock([*rows, *survivors])
    tickets = [ticket for ticket in locked if ticket.id in rows]
    levels = _levels(batch, agent, tickets, rows)
    held = _held(agent, [ticket for ticket in locked if ticket.id in survivors], rows)
    later = _later(batch)
    had = _fields_said(batch) if batch.kind == "fields" else _had(batch.kind, rows.values())
    before = {ticket.id: ticket.last_seq for ticket in tickets}
    changed, skipped = [], []
    for ticket in tickets:
        since = later.get(ticket.id, [])
        refused: Why | None
        if ticket.id in held or not allowed(agent, PERMISSIONS[batch.kind], levels[ticket.id]):
            refused = "not_allowed"
        elif since and batch.kind not in ("tags", "fields"):
            refused = "changed"
        else:
            refused = _put_back(batch.kind, ticket, rows[ticket.id], since, had, agent.actor, at)
        if refused is None:
            changed.append(ticket.number)
        else:
            skipped.append(Skipped(ticket.number, refused))
    following.stay_read(agent, before)
    return Done(batch.id, changed, [], skipped)


def check(batch: Batch, at: datetime) -> None:
    """Raises Conflict for a batch that is too old or was undone before."""
    if batch.undone_at is not None:
        raise Conflict("This was undone already.")
    if at - batch.at > UNDONE_WITHIN:
        raise Conflict("This is too long ago to be undone at once.")


def _put_back(
    kind: str, ticket: Ticket, row: BatchTicket, since: Sequence[Event], had: Rows, by: Actor, at: datetime
) -> Why | None:
    """Why it stays as it is, if it does."""
    try:
        return _BACK[kind](ticket, row, since, had, by, at)
    except Conflict as refusal:
        return why(ticket, refusal)
    except Invalid:  # whoever had it works here no longer, or its queue is no longer used
        return "gone"


def _levels(
    batch: Batch, agent: Agent, tickets: Collection[Ticket], rows: Mapping[int, BatchTicket]
) -> dict[int, Level | None]:
    """How far the agent might go with each as it was before, by today's rights.

    Whoever gave a ticket away, or moved it where they may only read, could otherwise not take it back.
    """
    was_in = BatchTicket.data["from"].as_integer() if batch.kind == "queue" else Ticket.queue_id
    ranks = db.session.execute(
        select(Ticket.id, visibility.rank_in(agent, was_in))
        .join(BatchTicket, BatchTicket.ticket_id == Ticket.id)
        .where(BatchTicket.batch_id == batch.id)
    )
    rank_of = {row[0]: row[1] for row in ranks}
    found: dict[int, Level | None] = {}
    for ticket in tickets:
        level = visibility.level_at(agent, ticket, rank_of[ticket.id])
        was_theirs = batch.kind == "assignee" and rows[ticket.id].data["from"] == agent.id
        found[ticket.id] = "reply" if was_theirs and level in (None, "read") else level
    return found


def _held(agent: Agent, survivors: Collection[Ticket], rows: Mapping[int, BatchTicket]) -> set[int]:
    """Those merged into a ticket that the agent may not take anything out of any more, by today's rights."""
    if not survivors:
        return set()
    wanted = select(Ticket.id, visibility.rank(agent)).where(Ticket.id.in_([ticket.id for ticket in survivors]))
    rank_of = {row[0]: row[1] for row in db.session.execute(wanted)}
    beyond = {
        ticket.id
        for ticket in survivors
        if not allowed(agent, PERMISSIONS["merge"], visibility.level_at(agent, ticket, rank_of[ticket.id]))
    }
    return {row.ticket_id for row in rows.values() if row.data["survivor_id"] in beyond}


def _later(batch: Batch) -> dict[int, list[Event]]:
    """What happened to the same property since, by ticket."""
    found: dict[int, list[Event]] = {}
    since = (BatchTicket.ticket_id == Event.ticket_id) & (Event.seq > BatchTicket.seq)
    wanted = select(Event).join(BatchTicket, since).where(BatchTicket.batch_id == batch.id)
    for event in db.session.scalars(wanted.where(Event.kind.in_(EVENTS[batch.kind])).order_by(Event.seq)):
        found.setdefault(event.ticket_id, []).append(event)
    return found


def _had(kind: str, rows: Collection[BatchTicket]) -> Rows:
    """Whom and what the tickets had, by id, read at once."""
    if kind == "tags":
        ids = {tag_id for row in rows for tag_id in (*row.data["added"], *row.data["removed"])}
        return {row.id: row.name for row in db.session.execute(select(Tag.id, Tag.name).where(Tag.id.in_(ids)))}
    model = _MODELS.get(kind)
    if model is None:
        return {}
    wanted = {row.data["from"] for row in rows} - {None}
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(wanted)))}


def _fields_said(batch: Batch) -> Rows:
    """What fields in use said before, by ticket."""
    wanted = select(BatchValue.ticket_id, TicketField, BatchValue.was).join(
        TicketField, TicketField.id == BatchValue.field_id
    )
    found: dict[int, dict[TicketField, Values]] = {}
    for row in db.session.execute(wanted.where(BatchValue.batch_id == batch.id, TicketField.archived_at.is_(None))):
        found.setdefault(row.ticket_id, {})[row.TicketField] = tuple(row.was)
    return found


def _assign_back(ticket: Ticket, row: BatchTicket, since: Any, had: Rows, by: Actor, at: datetime) -> Why | None:
    before = row.data["from"]
    assignment.assign(ticket, None if before is None else had[before], by, at)
    return None


def _status_back(ticket: Ticket, row: BatchTicket, since: Any, had: Rows, by: Actor, at: datetime) -> Why | None:
    before: Status = had[row.data["from"]]
    if before.category == "new" and ticket.answered_at is not None:
        before = default_status("open")
    # As if it had never been, so that no clock ends by a slip. Going back to a solved ticket is a solution of its own.
    takes_back = [row.seq] if before.category in UNSOLVED else []
    progress.change_status(ticket, before, by, at, takes_back=takes_back)
    return None


def _priority_back(ticket: Ticket, row: BatchTicket, since: Any, had: Rows, by: Actor, at: datetime) -> Why | None:
    priority.change_priority(ticket, row.data["from"], by, at)
    return None


def _queue_back(ticket: Ticket, row: BatchTicket, since: Any, had: Rows, by: Actor, at: datetime) -> Why | None:
    moving.move(ticket, had[row.data["from"]], by, at)
    return None


def _tags_back(
    ticket: Ticket, row: BatchTicket, since: Sequence[Event], had: Rows, by: Actor, at: datetime
) -> Why | None:
    """Those that nobody touched since."""
    touched = {tag_id for event in since for tag_id in (*event.data["added"], *event.data["removed"])}
    on, off = ({had[one] for one in row.data[side] if one not in touched} for side in ("removed", "added"))
    if not on and not off:
        return "changed"
    tagging.change_tags(ticket, on, off, by, at)
    return None


def _fields_back(
    ticket: Ticket, row: BatchTicket, since: Sequence[Event], had: Rows, by: Actor, at: datetime
) -> Why | None:
    """Those that nobody filled in since and no merge touched, and that are still asked somewhere."""
    before: dict[TicketField, Values] = had.get(ticket.id, {})
    if not before:
        return "gone"
    touched = {field_id for event in since for field_id in _fields_of(event)}
    kept = {field: was for field, was in before.items() if field.id not in touched}
    if not kept:
        return "changed"
    filling.put_back(ticket, kept, by, at)
    return None


def _fields_of(event: Event) -> list[int]:
    """The fields that an event is about."""
    said = event.data.get("fields", [])
    return [one["id"] for one in said] if event.kind == "fields_changed" else said


def _merge_back(ticket: Ticket, row: BatchTicket, since: Any, had: Rows, by: Actor, at: datetime) -> Why | None:
    return None if merging_many.separate(ticket, row.data["survivor_id"], by, at) else "changed"


_BACK: Mapping[str, Callable[[Ticket, BatchTicket, Sequence[Event], Rows, Actor, datetime], Why | None]] = {
    "assignee": _assign_back,
    "status": _status_back,
    "priority": _priority_back,
    "queue": _queue_back,
    "tags": _tags_back,
    "fields": _fields_back,
    "merge": _merge_back,
}
