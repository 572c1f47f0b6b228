"""Whether a clock that somebody is to be told of still matters."""

from ticketdesk.core.db import db
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.ticket import Ticket


def settled(ticket: Ticket, timer_id: int) -> str | None:
    """Why nobody need be told of a clock any more, in words for an administrator; None while it waits."""
    if ticket.merged_into_id is not None:
        return "The ticket was merged into another."
    if ticket.spam_at is not None:
        return "The ticket is spam."
    if ticket.trashed_at is not None:
        return "The ticket is in the trash."
    timer = db.session.get(SlaTimer, timer_id)
    if timer is None or timer.ended_reason == "not_promised":
        return "Nothing is promised any more."
    if timer.stopped_at is not None and (timer.metric == "resolution" or timer.ended_reason == "solved"):
        return "The ticket was solved meanwhile."
    if timer.ended_reason == "no_reply_needed":
        return "No answer is needed any more."
    if timer.stopped_at is not None:
        return "The customer was answered meanwhile."
    return None
