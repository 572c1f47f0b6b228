"""Putting a message into a ticket, with its files and its place in the search."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, bindparam, func
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.core import storage, tokens
from ticketdesk.core.db import db
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import SNIPPET, Message, Placement
from ticketdesk.tickets.search_row import CLIP, SearchRow
from ticketdesk.tickets.ticket import Ticket

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
    index(message, ticket)
    return placement


def show_last_words(ticket: Ticket, message: Message, author: str) -> None:
    """Let lists show this message as the newest of its ticket."""
    ticket.last_words = message.snippet
    ticket.last_author = author
    ticket.last_channel = message.channel


def index(message: Message, ticket: Ticket) -> None:
    """Make a message findable in its ticket."""
    words = f"{ticket.subject}\n{message.subject or ''}\n{message.text}".encode()[:CLIP].decode(errors="ignore")
    with db.session.no_autoflush:  # the message and the ticket are there already
        db.session.execute(
            _INDEX,
            {
                "message_id": message.id,
                "ticket_id": ticket.id,
                "queue_id": ticket.queue_id,
                "is_public": message.kind == "public",
                "text": words,
            },
        )


# Built once: for every message, building costs more than writing.
_ROW = insert(SearchRow).values(
    message_id=bindparam("message_id"),
    ticket_id=bindparam("ticket_id"),
    queue_id=bindparam("queue_id"),
    is_public=bindparam("is_public"),
    words=func.to_tsvector("simple", bindparam("text", type_=Text())),
)
_INDEX = _ROW.on_conflict_do_update(
    index_elements=[SearchRow.message_id],
    set_={name: _ROW.excluded[name] for name in ("ticket_id", "queue_id", "is_public", "words")},
)
