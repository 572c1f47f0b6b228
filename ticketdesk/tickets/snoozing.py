"""Putting a ticket away until its time: it leaves the lists, its clocks run on, and whoever writes brings it back."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import later, locking, timeline
from ticketdesk.tickets.locking import lock_one, lock_standing
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import CHAT, Ticket
from ticketdesk.tickets.timeline import Event

BATCH = 50
WHY = ("time", "customer_wrote", "by_hand", "assigned", "moved", "merged", "done", "answered_beside")
"""Codes of why a ticket is back."""

_TOUCHES = frozenset(
    ["reply_sent", "note_added", "status_changed", "priority_changed", "assigned", "queue_changed", "tagged", "snoozed"]
)
"""What, done by an agent, says that it was seen that the ticket is back."""

KINDS = _TOUCHES | {
    "message_received",
    "message_accepted",
    "merged_into",
    "merged_from",
    "marked_spam",
    "trashed",
    "side_received",
    "side_accepted",
}
"""The events that `follow` must be told of."""


class DueBefore(Conflict):
    """The ticket is due before it would be back: that must be said before it is put away."""

    def __init__(self, ticket: Ticket, due_at: datetime) -> None:
        super().__init__(f"#{ticket.number} is due before then.")
        self.due_at = due_at


def snooze(ticket: Ticket, until: datetime, by: Actor, at: datetime, *, despite_due: bool = False) -> Ticket:
    """Put a ticket away until a moment; one that is away already gets the new moment.

    Raises Invalid for a moment that is over or too far away; Conflict for a ticket that is done or a chat that goes on;
    DueBefore, unless it is `despite_due`, where its next due comes first: no clock waits for a snooze (SEMANTICS 4).
    """
    until = later.chosen(until, at)
    ticket = lock_standing(ticket.id)
    if not ticket.is_active:
        raise Conflict(f"#{ticket.number} is done. There is nothing to come back to.")
    if ticket.medium == CHAT:
        raise Conflict(f"#{ticket.number} is a chat that goes on. Let it wait as a ticket first.")
    due_at = due_before(ticket, until)
    if due_at is not None and not despite_due:
        raise DueBefore(ticket, due_at)
    was, ticket.snoozed_until = ticket.snoozed_until, until
    data = {"until": until.isoformat(), "was": None if was is None else was.isoformat()}
    timeline.record(ticket, "snoozed", by, at, data)
    return ticket


def due_before(ticket: Ticket, until: datetime) -> datetime | None:
    """When the ticket is due, where that is before a moment."""
    if ticket.next_due_at is None or ticket.next_due_state != "running" or ticket.next_due_at >= until:
        return None
    return ticket.next_due_at


def wake(ticket: Ticket, why: str, by: Actor, at: datetime) -> Ticket:
    """Bring a ticket back; `why` is one of WHY. One that is not away stays as it is."""
    ticket = lock_one(ticket.id)
    if ticket.snoozed_until is None:
        return ticket
    until, ticket.snoozed_until = ticket.snoozed_until, None
    ticket.woken_at = None if why in ("by_hand", "done") else at
    timeline.record(ticket, "woken", by, at, {"why": why, "until": until.isoformat()})
    return ticket


def wake_due(now: datetime, limit: int = BATCH) -> int:
    """Bring back the tickets whose time has come, the longest due first; returns how many.

    A ticket that somebody holds has its turn next time, and one that is back is not found again: so each wakes once,
    however many look.
    """
    tickets = db.session.scalars(
        select(Ticket)
        .where(Ticket.snoozed_until.is_not(None), Ticket.snoozed_until <= now)
        .order_by(Ticket.snoozed_until, Ticket.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for ticket in tickets:
        locking.hold(ticket)
        wake(ticket, "time", SYSTEM, now)
    return len(tickets)


def follow(event: Event) -> None:
    """Listener of now: what happens to a ticket may bring it back, or say that somebody saw that it is."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if ticket.woken_at is not None and event.kind in _TOUCHES and event.actor_kind == "agent":
        ticket.woken_at = None
    if ticket.snoozed_until is None:
        return
    why = _why(event)
    if why is not None:
        wake(ticket, why, event.actor, event.at)


def _why(event: Event) -> str | None:
    """Why a ticket that is away is back after an event; None when it stays away."""
    data = event.data
    if event.kind == "message_received":
        return None if data["held"] or data["inert"] else "customer_wrote"
    if event.kind == "message_accepted":
        return None if data["inert"] else "customer_wrote"
    if event.kind == "side_received":
        return None if data["held"] or data["inert"] else "answered_beside"
    if event.kind == "side_accepted":
        return None if data.get("inert") else "answered_beside"
    if event.kind == "assigned":
        # Who takes a ticket, or answers it, wants it where it is; who is given one must see it, and so must whoever
        # takes what was given back.
        return None if data["to"] is not None and event.actor == Actor("agent", data["to"]) else "assigned"
    if event.kind == "status_changed":
        return "done" if data["to_category"] in DONE else None
    return {
        "queue_changed": "moved",
        "merged_into": "done",
        "merged_from": "merged",
        "marked_spam": "done",
        "trashed": "done",
    }.get(event.kind)
