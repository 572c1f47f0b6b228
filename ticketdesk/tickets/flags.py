"""Spam and trash: flags that take a ticket out of everyone's way and can be taken back."""

from datetime import datetime

from ticketdesk.core.actor import Actor
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.ticket import Ticket


def mark_spam(ticket: Ticket, by: Actor, at: datetime) -> Ticket:
    """It is spam; its clocks end."""
    ticket = lock_one(ticket.id)
    if ticket.spam_at is None:
        ticket.spam_at = at
        timeline.record(ticket, "marked_spam", by, at)
    return ticket


def unmark_spam(ticket: Ticket, by: Actor, at: datetime) -> Ticket:
    """It is no spam after all."""
    ticket = lock_one(ticket.id)
    if ticket.spam_at is not None:
        ticket.spam_at = None
        timeline.record(ticket, "unmarked_spam", by, at)
    return ticket


def trash(ticket: Ticket, by: Actor, at: datetime) -> Ticket:
    """Nobody needs it."""
    ticket = lock_one(ticket.id)
    if ticket.trashed_at is None:
        ticket.trashed_at = at
        timeline.record(ticket, "trashed", by, at)
    return ticket


def restore(ticket: Ticket, by: Actor, at: datetime) -> Ticket:
    """Somebody needs it after all."""
    ticket = lock_one(ticket.id)
    if ticket.trashed_at is not None:
        ticket.trashed_at = None
        timeline.record(ticket, "restored", by, at)
    return ticket
