"""Putting a message into a ticket, with its files and its place in the search."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from ticketdesk.core import storage, tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.indexing import index
from ticketdesk.tickets.message import SNIPPET, Message, Placement
from ticketdesk.tickets.ticket import Ticket

# Built once: what asks it further is asked for every answer, and building costs more than asking.
STANDING = (
    select(Message.id)
    .join(Placement, Placement.message_id == Message.id)
    .where(Placement.ticket_id == bindparam("ticket_id"), Placement.ended_at.is_(None), Placement.held.is_(False))
)
"""The ids of the messages that stand in a ticket, held mail left out."""
NEWEST_FIRST = (Placement.written_at.desc(), Placement.message_id.desc())
MOST_FILES = 20
LARGEST_IN_ALL = 25_000_000
"""What one message takes along, in files and in bytes: most mail servers take no more."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file on its way into a message or a draft."""

    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str | None = None


def snippet(text: str) -> str:
    """The start of a text on one line, for lists."""
    line = " ".join(text[: SNIPPET * 4].split())
    return line if len(line) <= SNIPPET else line[: SNIPPET - 1].rstrip() + "…"


def attach(message: Message, files: Sequence[NewFile], at: datetime) -> None:
    """Store the files of a message that has just been made."""
    for position, file in enumerate(files):
        db.session.add(
            Attachment(
                reference=tokens.reference(),
                message_id=message.id,
                blob_sha256=storage.keep(file.content, at),
                filename=file.filename,
                content_type=file.content_type,
                size=len(file.content),
                inline=file.inline,
                content_id=file.content_id,
                position=position,
            )
        )


def place(message: Message, ticket: Ticket, at: datetime, *, author: str, held: bool = False) -> Placement:
    """Put a message into a locked ticket, as what its next event will tell; keeps the ticket's projections."""
    placement = Placement(
        message_id=message.id,
        ticket_id=ticket.id,
        seq=ticket.last_seq + 1,
        written_at=message.written_at,
        held=held,
        placed_at=at,
    )
    db.session.add(placement)
    ticket.message_count += 1
    if message.kind == "public" and not held and message.inert is None:
        show_last_words(ticket, message, author)
    if not held:
        index(message, ticket)
    return placement


def show_last_words(ticket: Ticket, message: Message, author: str) -> None:
    """Let lists show this message as the newest of its ticket."""
    ticket.last_words = message.snippet
    ticket.last_author = author
    ticket.last_channel = message.channel


def standing(message_id: int) -> Placement:
    """Where a message stands now; raises NotFound."""
    found = db.session.scalar(select(Placement).where(Placement.message_id == message_id, Placement.ended_at.is_(None)))
    if found is None:
        raise NotFound("There is no such message.")
    return found
