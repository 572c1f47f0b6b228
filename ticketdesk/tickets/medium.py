"""Medium: whether the customer is talked with at once, in a chat, or by letters."""

from datetime import datetime

from ticketdesk.core.actor import Actor
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.ticket import CHAT, MAIL, Ticket


def turn_to_mail(ticket: Ticket, by: Actor, at: datetime, why: str | None = None) -> Ticket:
    """Whoever was chatting is answered by letters from now on; `why` is a code, None when they have gone."""
    return _turn(ticket, MAIL, by, at, why)


def turn_to_chat(ticket: Ticket, by: Actor, at: datetime) -> Ticket:
    """The visitor is there again. Only what began as a chat is one: a letter with which a chat was merged is none."""
    return _turn(ticket, CHAT, by, at) if ticket.channel == CHAT else ticket


def _turn(ticket: Ticket, medium: str, by: Actor, at: datetime, why: str | None = None) -> Ticket:
    ticket = lock_one(ticket.id)
    if ticket.medium == medium:
        return ticket
    was, ticket.turned_to = ticket.medium, medium
    data = {"from": was, "to": medium}
    timeline.record(ticket, "medium_changed", by, at, data if why is None else {**data, "why": why})
    return ticket
