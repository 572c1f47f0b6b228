"""Moving a ticket on: its status, solving, reopening and closing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import filling, timeline
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import Status, default_status
from ticketdesk.tickets.ticket import Ticket


def change_status(
    ticket: Ticket,
    status: Status,
    by: Actor,
    at: datetime,
    *,
    sent_with: int | None = None,
    takes_back: Sequence[int] = (),
) -> Ticket:
    """Give the ticket a status; raises Conflict for a closed or merged ticket, which stays as it is.

    `sent_with` is the reply that does so by the way; `takes_back` are the numbers of such changes, which never were.
    """
    ticket = lock_one(ticket.id)
    if ticket.status_id == status.id:
        return ticket
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed and stays closed. A new message opens a linked ticket.")
    if ticket.merged_into_id is not None:
        raise Conflict(f"#{ticket.number} was merged into another ticket; change that one.")
    was_id, was = ticket.status_id, ticket.category
    ticket.status_id, ticket.category = status.id, status.category
    if status.category == "solved":
        ticket.solved_at = at
        ticket.closes_at = at + _rest(ticket)
    elif status.category == "closed":
        ticket.solved_at = ticket.solved_at or at
        ticket.closed_at, ticket.closes_at = at, None
    else:
        ticket.solved_at = ticket.closes_at = None
    data: Json = {"from": was_id, "to": status.id, "from_category": was, "to_category": status.category}
    data |= timeline.along(sent_with)
    if takes_back:
        data["takes_back"] = list(takes_back)
    timeline.record(ticket, "status_changed", by, at, data)
    return ticket


def move_to(ticket: Ticket, category: str, by: Actor, at: datetime, *, sent_with: int | None = None) -> Ticket:
    """Give the ticket the default status of a category; `sent_with` is the reply that does so by the way."""
    if ticket.category == category:
        return lock_one(ticket.id)
    return change_status(ticket, default_status(category), by, at, sent_with=sent_with)


def choose(ticket: Ticket, status: Status, by: Actor, at: datetime, *, sent_with: int | None = None) -> Ticket:
    """Give the ticket the status that an agent chose for it; besides, raises Unfilled for solving before all is said.

    What machines, customers and steps back do is not held up by that.
    """
    ticket = lock_one(ticket.id)
    if status.category == "solved" and ticket.category != "solved":
        filling.check_filled(ticket)
    return change_status(ticket, status, by, at, sent_with=sent_with)


def solve(ticket: Ticket, by: Actor, at: datetime) -> Ticket:
    """The matter is done; the ticket closes by itself when nobody writes for the queue's days."""
    return move_to(ticket, "solved", by, at)


def reopen(ticket: Ticket, by: Actor, at: datetime) -> Ticket:
    """The matter is not done after all; raises Conflict for a closed ticket."""
    return move_to(ticket, "open", by, at)


def close_due(now: datetime, limit: int = 100) -> int:
    """Close the tickets that rested solved for their queue's days, oldest first; returns how many."""
    ids = db.session.scalars(
        select(Ticket.id)
        .where(Ticket.category == "solved", Ticket.merged_into_id.is_(None), Ticket.closes_at <= now)
        .order_by(Ticket.closes_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for ticket_id in sorted(ids):
        ticket = lock_one(ticket_id)
        if ticket.merged_into_id is not None:
            continue
        if ticket.category == "solved" and ticket.closes_at is not None and ticket.closes_at <= now:
            move_to(ticket, "closed", SYSTEM, now)
    return len(ids)


def _rest(ticket: Ticket) -> timedelta:
    return timedelta(days=db.session.get_one(Queue, ticket.queue_id).closes_after_days)
