"""The conversation as a customer sees it: what was said in public, the newest last."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from markupsafe import Markup
from sqlalchemy import Row, func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import markdown, tokens
from ticketdesk.core.db import db
from ticketdesk.tickets import attachment, sight
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.web import files
from ticketdesk.web.desk import words
from ticketdesk.web.files import File
from ticketdesk.web.portal import door, progress
from ticketdesk.web.portal.looking import Looking
from ticketdesk.web.texts import _

PAGE = 40
"""Letters shown at first; earlier ones on demand, so many more at a time."""
MOST = 1_000
CLIP = 60_000
"""Characters shown of one letter, and of what it quotes."""
DECORATION = 20_000
"""Bytes up to which a picture inside an HTML letter is taken for the sender's ornaments."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message."""

    mark: str
    at: datetime
    when: str  # the same in words
    is_ours: bool
    is_mine: bool
    author: str
    by: str  # how it came
    paragraphs: list[words.Paragraph]
    markdown: Markup | None
    quoted: list[words.Paragraph]
    is_clipped: bool
    is_gone: bool
    is_automatic: bool
    purpose: str  # of an automatic one
    files: list[File]


@dataclass(frozen=True, slots=True)
class Letters:
    """Some of them in order; `more` is how many to ask for to see earlier ones, `version` changes with any of them."""

    letters: list[Letter]
    more: int | None
    version: str


def newest(looking: Looking, brand: Brand, many: int = PAGE) -> Letters:
    """The newest letters that this person may read."""
    many = max(PAGE, min(many, MOST))
    rows = db.session.execute(_letters(looking).limit(many + 1)).all()
    shown = [_letter(row, looking, brand) for row in reversed(rows[:many])]
    seen = "".join(f"{letter.mark}{letter.is_gone:d}" for letter in shown)
    more = min(many + PAGE, MOST) if len(rows) > many and many < MOST else None
    return Letters(shown, more, digest(seen))


def digest(*parts: str) -> str:
    """A short word that stands for some others."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


def file_of(looking: Looking, reference: str) -> Attachment | None:
    """A file of a letter that this person may read: it has its letter's permission (SECURITY R08)."""
    return db.session.scalar(
        select(Attachment)
        .join(Message, Message.id == Attachment.message_id)
        .join(Placement, Placement.message_id == Message.id)
        .where(sight.may_read(looking.participant), Attachment.reference == reference)
    )


def _letters(looking: Looking) -> Any:
    return (
        select(
            Message.id,
            Message.direction,
            Message.channel,
            Message.automatic,
            Message.written_at,
            Message.identity_id,
            Message.facts,
            Message.redacted_at,
            func.left(Message.text, CLIP).label("text"),
            (func.length(Message.text) > CLIP).label("is_clipped"),
            func.left(Message.quoted_text, CLIP).label("quoted"),
            Message.html.is_not(None).label("has_html"),
            Identity.name.label("contact_name"),
            Identity.value.label("contact_address"),
            Identity.kind.label("contact_kind"),
            Agent.name.label("agent_name"),
            attachment.listed(Attachment.message_id == Message.id).label("files"),
        )
        .join(Placement, Placement.message_id == Message.id)
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .where(sight.may_read(looking.participant))
        .order_by(Placement.written_at.desc(), Placement.seq.desc())
    )


def _letter(row: Row[Any], looking: Looking, brand: Brand) -> Letter:
    is_ours = row.direction == "out"
    is_markdown = is_ours and not row.automatic
    key: str = current_app.config["SECRET_KEY"]
    return Letter(
        mark=tokens.sign(key, "letter", str(row.id))[:12],
        at=row.written_at,
        when=progress.moment(row.written_at, door.now()),
        is_ours=is_ours,
        is_mine=row.identity_id == looking.identity.id,
        author=(row.agent_name or brand.name) if is_ours else _called(row),
        by=_way(row.channel, row.facts or {}, is_ours=is_ours),
        paragraphs=[] if is_markdown else words.paragraphs(row.text),
        markdown=markdown.render(row.text) if is_markdown else None,
        quoted=words.paragraphs(row.quoted),
        is_clipped=row.is_clipped,
        is_gone=row.redacted_at is not None,
        is_automatic=is_ours and row.automatic,
        purpose=str((row.facts or {}).get("purpose", "")),
        files=[
            file for file in files.listed(row.files) if not (file.is_inline and row.has_html and file.size < DECORATION)
        ],
    )


def _called(row: Row[Any]) -> str:
    """The name of somebody who takes part; of a bare address no more than what stands before the sign."""
    if row.contact_name:
        return str(row.contact_name)
    return str(row.contact_address).partition("@")[0] if row.contact_kind == "email" else _("A visitor")


def _way(channel: str, facts: dict[str, Any], *, is_ours: bool) -> str:
    if channel == "chat":
        return _("in the chat")
    if channel == "form":
        return _("on this page") if facts.get("page") == "ticket" and not is_ours else _("by form")
    return _("by mail")
