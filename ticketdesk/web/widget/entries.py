"""A visitor's talk as the widget shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from markupsafe import Markup
from sqlalchemy import Row, bindparam, select

from ticketdesk.channels.chat import belonging
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import markdown, tokens
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message
from ticketdesk.web import files, formatting
from ticketdesk.web.desk import words
from ticketdesk.web.files import File
from ticketdesk.web.texts import _
from ticketdesk.web.widget import door

Side = Literal["visitor", "agent", "system"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: what an agent wrote is markup in `markdown`, anything else is plain text in `paragraphs`."""

    seq: int
    key: str  # the browser's own name for a message of the visitor, else one that means nothing
    side: Side
    author: str
    initials: str
    at: datetime
    markdown: Markup | None
    paragraphs: list[words.Paragraph]
    files: list[File]
    is_redacted: bool = False
    by_mail: bool = False


def of(rows: Sequence[Row[Any]], visitor: Visitor) -> list[Entry]:
    """The messages of `talk.letters`."""
    own = {visitor.email_identity_id, *belonging.own_ids(visitor)} - {None}
    names = _names(rows, own)
    return [_entry(row, visitor, names, own) for row in rows]


def _entry(row: Row[Any], visitor: Visitor, names: dict[int, str], own: set[int | None]) -> Entry:
    message: Message = row.Message
    side, author = _author(row, names, own)
    is_ours = message.agent_id is not None
    text = "" if message.redacted_at is not None else message.text
    return Entry(
        seq=row.seq,
        key=_key(message, visitor),
        side=side,
        author=author,
        initials=formatting.initials(author),
        at=message.written_at,
        markdown=markdown.render(text) if is_ours else None,
        paragraphs=[] if is_ours else words.paragraphs(text),
        files=files.listed(row.files),
        is_redacted=message.redacted_at is not None,
        by_mail=message.channel == "email",
    )


def _author(row: Row[Any], names: dict[int, str], own: set[int | None]) -> tuple[Side, str]:
    """On which side it stands, and under which name."""
    message: Message = row.Message
    if message.direction == "in":
        if message.identity_id in own:
            return "visitor", _("You")
        return "agent", names.get(message.identity_id or 0) or _("Somebody who takes part")
    if message.agent_id is None:
        return "system", door.brand().name
    return "agent", row.agent_name


def _key(message: Message, visitor: Visitor) -> str:
    prefix = f"chat:{visitor.id}:"
    if message.client_key is not None and message.client_key.startswith(prefix):
        return message.client_key.removeprefix(prefix)
    return tokens.digest(f"{visitor.token_sha256}:{message.id}")[:16]


def _names(rows: Sequence[Row[Any]], own: set[int | None]) -> dict[int, str]:
    """What others who take part are called."""
    others = {row.Message.identity_id for row in rows} - own - {None}
    if not others:
        return {}
    return {row.id: row.name for row in db.session.execute(_CONTACTS, {"ids": sorted(others)})}


# Built once: it is asked for every message.
_CONTACTS = select(Identity.id, Identity.name).where(Identity.id.in_(bindparam("ids", expanding=True)))
