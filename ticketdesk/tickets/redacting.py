"""Taking words out of a ticket for good."""

from datetime import datetime

from sqlalchemy import delete

from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.tickets import placing, retelling, timeline
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.search_row import SearchRow

WORDS = ("answers", "forwarded")
"""Facts of a message that hold somebody's words."""


def redact(message_id: int, by: Actor, at: datetime) -> Message:
    """Take the words and files of a message away for good; a tombstone stays in its place. Raises NotFound."""
    placement = placing.standing(message_id)
    ticket = lock_one(placement.ticket_id)
    message = db.session.get_one(Message, message_id)
    if message.redacted_at is not None:
        return message
    message.redacted_at = at
    message.text = message.quoted_text = message.signature = message.snippet = ""
    message.html = message.html_new = message.subject = None
    message.facts = {name: value for name, value in message.facts.items() if name not in WORDS}
    _forget_files_and_words(message.id)
    retelling.retell_last_words(ticket)
    timeline.record(ticket, "message_redacted", by, at, {"message_id": message.id})
    return message


def _forget_files_and_words(message_id: int) -> None:
    from_search = db.session.get(SearchRow, message_id)
    if from_search is not None:
        db.session.delete(from_search)
    db.session.execute(delete(Attachment).where(Attachment.message_id == message_id))
