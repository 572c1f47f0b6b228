"""What an agent writes to people outside: the forms, and what of the ticket is quoted for them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from wtforms import HiddenField, MultipleFileField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity, called
from ticketdesk.core import markdown, storage
from ticketdesk.core.db import db
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.drafts import check_fits
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.placing import NewFile, snippet
from ticketdesk.tickets.side_talking import LONGEST_SUBJECT, Draft
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.desk import recipients, uploads
from ticketdesk.web.desk.forms import LONGEST_DRAFT, AnythingField
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _

MOST_QUOTED = 10
"""Messages of the ticket that are offered for quoting, the newest."""


class WriteForm(Form):
    """To whom, and the words."""

    to = AnythingField()
    to_more = StringField(validators=[Length(max=2000)])
    text = TextAreaField(validators=[Length(max=LONGEST_DRAFT)])
    files = MultipleFileField()
    client_key = HiddenField(validators=[DataRequired(), Length(max=64)])


class BeginForm(WriteForm):
    """What it is about besides, and what of the ticket goes along."""

    subject = StringField(validators=[Length(max=LONGEST_SUBJECT)])
    quote = AnythingField()  # ids of messages
    with_files = StringField(validators=[Length(max=3)])


@dataclass(slots=True)
class Box:
    """The form as it is shown: what was typed, and why it was not taken."""

    to: list[tuple[str, str, bool]]  # (address, name, ticked)
    text: str = ""
    to_more: str = ""
    subject: str = ""
    quoted: Sequence[str] = ()
    with_files: bool = False
    client_key: str = ""
    error: str | None = None
    is_sent: bool = False  # it follows what was just sent, so that its words have the focus

    def __post_init__(self) -> None:
        """A key of its own, where the browser has none yet."""
        self.client_key = self.client_key or secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Quotable:
    """A message of the ticket that can be quoted."""

    id: int
    author: str
    at: datetime
    snippet: str
    text: str
    is_ours: bool
    has_files: bool


def box_of(form: WriteForm, people: Sequence[tuple[str, str]] = ()) -> Box:
    """The form as it was sent, to be shown again."""
    known, ticked = dict(people), list(form.to.data or [])
    box = Box([(address, name, address in ticked) for address, name in known.items()])
    box.text, box.to_more, box.client_key = form.text.data or "", form.to_more.data or "", form.client_key.data or ""
    if isinstance(form, BeginForm):
        box.subject, box.quoted = form.subject.data or "", list(form.quote.data or [])
        box.with_files = form.with_files.data == "yes"
    return box


def draft_of(form: WriteForm, agent: Agent, now: datetime, quoted: Sequence[Quotable] = ()) -> Draft:
    """What is to be sent; raises Invalid for an address that is none, or files that are too many."""
    chosen = recipients.chosen(form.to.data or [], form.to_more.data)
    to, _cc = recipients.named(chosen, [])
    files = uploads.files(form.files.data)
    text = form.text.data or ""
    if isinstance(form, BeginForm) and quoted and text.strip():
        text = "\n\n".join([text.strip(), *(_quote(one) for one in quoted)])
        files += _files(quoted, [len(file.content) for file in files]) if form.with_files.data == "yes" else []
    # Unlike a reply: no visitor reads along here, so that it can be taken back in a chat's ticket as well.
    leaves_at = now + timedelta(seconds=agent.undo_seconds) if agent.undo_seconds else None
    return Draft(text, to, files, form.client_key.data, leaves_at)


def quotable(ticket: Ticket, only: Sequence[str] | None = None) -> list[Quotable]:
    """What customers and agents wrote in public in a ticket, the newest first; held mail is left out, as are notes."""
    wanted = (
        select(Message, Identity, Agent.name.label("agent_name"), _HAS_FILES.label("has_files"))
        .join(Placement, Placement.message_id == Message.id)
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .where(
            Placement.ticket_id == ticket.id,
            Placement.ended_at.is_(None),
            Placement.held.is_(False),
            Message.kind == "public",
            Message.automatic.is_(False),
            Message.redacted_at.is_(None),
            Message.leaves_at.is_(None),
        )
        .order_by(Placement.written_at.desc(), Message.id.desc())
        .limit(MOST_QUOTED)
    )
    if only is not None:
        wanted = wanted.where(Message.id.in_([int(one) for one in only if one.isdecimal() and len(one) < 18]))
    return [
        Quotable(
            row.Message.id,
            row.agent_name
            or (called(row.Identity.kind, row.Identity.name, row.Identity.value) if row.Identity else ""),
            row.Message.written_at,
            snippet(row.Message.text),
            row.Message.text,
            row.Message.agent_id is not None,
            row.has_files,
        )
        for row in db.session.execute(wanted)
    ]


def _quote(one: Quotable) -> str:
    """What an agent wrote is Markdown; the customer's name and words are not, and become none in the agent's mail."""
    said = _(
        "%(who)s wrote on %(when)s:", who=markdown.plain(" ".join(one.author.split())), when=formatting.exact(one.at)
    )
    text = one.text if one.is_ours else markdown.plain(one.text)
    return "\n".join([said, "", *(f"> {line}".rstrip() for line in text.splitlines())])


def _files(quoted: Sequence[Quotable], others: Sequence[int]) -> list[NewFile]:
    """The files of what is quoted, as new ones: what leaves has the permission of what it leaves with.

    Whether they fit beside `others`, in bytes, is known before any of them is read (SECURITY R22); raises Invalid.
    """
    rows = db.session.scalars(
        select(Attachment)
        .where(Attachment.message_id.in_([one.id for one in quoted]))
        .order_by(Attachment.message_id, Attachment.position, Attachment.id)
    ).all()
    check_fits([*others, *(row.size for row in rows)])
    return [NewFile(row.filename, row.content_type, storage.read(row.blob_sha256)) for row in rows]


_HAS_FILES = select(Attachment.id).where(Attachment.message_id == Message.id).exists()
