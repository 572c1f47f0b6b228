"""Letters and notes as the desk shows them, with all that hangs on each, read in one query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from markupsafe import Markup
from sqlalchemy import BindParameter, Row, Select, and_, bindparam, func, or_, select, tuple_

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.email import picture_choice
from ticketdesk.contacts.contact import Identity, called
from ticketdesk.core import markdown
from ticketdesk.core.db import Instant, db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import attachment
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import files, formatting
from ticketdesk.web.desk import delivery, door, words
from ticketdesk.web.files import File
from ticketdesk.web.texts import _

CLIP = 20_000
"""Characters of one letter shown in the conversation; the whole of it is one click away."""
MANY_NAMES = 8


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, from either side, or a note."""

    id: int
    seq: int
    at: datetime
    look: str  # "in", "out" or "note"
    channel: str
    author: str
    address: str | None
    to: list[str]
    cc: list[str]
    paragraphs: list[words.Paragraph]
    snippet: str
    is_clipped: bool
    has_quoted: bool
    has_html: bool
    is_held: bool
    is_redacted: bool
    is_automatic: bool
    inert: str | None
    threaded_by: str | None
    files: list[File]
    inline_files: list[File]  # pictures that its HTML shows
    deliveries: list[delivery.Delivery]
    answers: list[tuple[str, str]] = field(default_factory=list)  # of a form
    agent_id: int | None = None
    leaves_at: datetime | None = None  # its author can take it back until then
    has_new_html: bool = False  # the newest words stand apart as HTML
    is_rich: bool = False  # its HTML shows more than its words say
    pictures: int = 0  # from the internet
    traces: int = 0  # pictures that only tell their owner that somebody looked
    shows_pictures: bool = False  # to whoever asks
    forwarded: dict[str, str] | None = None  # what an agent forwarded in it, and whose ticket that made it
    has_signature: bool = False  # one of ours, below the words
    markdown: Markup | None = None
    entry: Literal["letter"] = "letter"

    @property
    def is_sheet(self) -> bool:
        """Whether it is shown as it was sent, instead of its words alone."""
        return self.has_html and self.is_rich and not (self.is_held or self.is_redacted)

    @property
    def is_moving(self) -> bool:
        """Whether more will become of it soon, as a rule."""
        return any(sent.is_moving for sent in self.deliveries)

    @property
    def is_talk(self) -> bool:
        """Whether it is shown as a bubble: what was said in a chat, and needs no more than its words and files."""
        return (
            self.channel == "chat"
            and self.look != "note"
            and not (self.is_held or self.is_redacted or self.is_clipped or self.has_quoted or self.has_html)
            and not (self.is_automatic or self.inert)
            and not any(sent.can_repeat for sent in self.deliveries)
        )

    @property
    def label(self) -> str:
        """What it is and who wrote it, for whoever cannot see its form."""
        if self.look == "note":
            return _("Internal note by %(who)s", who=self.author)
        if self.look == "out":
            return _("Reply by %(who)s", who=self.author or _("TicketDesk"))
        return _("Message from %(who)s", who=self.author)

    @property
    def about(self) -> str:
        """Where it went."""
        if self.look == "note":
            return _("internal note, never leaves the desk")
        if self.channel == "form" and self.look == "in":
            return _("filled in a form")
        to, cc = ", ".join(self.to[:MANY_NAMES]), ", ".join(self.cc[:MANY_NAMES])
        if to and cc:
            return _("to %(to)s, copy to %(cc)s", to=to, cc=cc)
        return _("to %(to)s", to=to) if to else ""

    @property
    def threading(self) -> str:
        """When exactly, and how it found this ticket."""
        when = formatting.exact(self.at)
        ways = {
            "recipient_token": _("threaded by: signed address"),
            "reference_token": _("threaded by: signed reference"),
            "message_id": _("threaded by: the message it answers"),
            "body_marker": _("threaded by: mark in the text"),
            "subject": _("threaded by: number in the subject"),
        }
        return f"{when}, {ways[self.threaded_by]}" if self.threaded_by in ways else when


def one(ticket: Ticket, message_id: int) -> Letter | None:
    """One letter of this ticket."""
    found = some(ticket, [message_id])
    return found[0] if found else None


def some(ticket: Ticket, message_ids: Iterable[int]) -> list[Letter]:
    """Those of these letters that stand in this ticket."""
    return [of_row(row) for row in db.session.execute(of_ticket(ticket).where(Message.id.in_(message_ids)))]


def those(ticket: Ticket, message_ids: Sequence[int]) -> dict[int, Letter]:
    """Some letters of this ticket by their ids; those that stand elsewhere by now are left out."""
    if not message_ids:
        return {}
    return {row.id: of_row(row) for row in db.session.execute(of_ticket(ticket).where(Message.id.in_(message_ids)))}


def of_ticket(ticket: Ticket) -> Select[Any]:
    """The question for all letters of a ticket; each row of its answer is for `of_row`."""
    return _question(ticket.id, door.me().id)


@lru_cache(maxsize=1000)
def newest(agent_id: int, limit: int, *, is_older: bool) -> Select[Any]:
    """The question for the letters up to the event `end`, or those `before` one that was written `at`, newest first.

    Built once for each who asks, as the next one.
    """
    order = (Placement.written_at, Placement.message_id)
    wanted = _question(bindparam("ticket_id"), agent_id).where(Placement.seq <= bindparam("end"))
    if is_older:
        wanted = wanted.where(tuple_(*order) < tuple_(bindparam("at", type_=Instant()), bindparam("before")))
    return wanted.order_by(*(column.desc() for column in order)).limit(limit)


@lru_cache(maxsize=500)
def since(agent_id: int, limit: int) -> Select[Any]:
    """The question for what came between `after` and `end`, oldest first.

    Built once for each who asks: building costs more than asking.
    """
    came = _question(bindparam("ticket_id"), agent_id).where(
        Placement.seq > bindparam("after"), Placement.seq <= bindparam("end")
    )
    return came.order_by(Placement.seq).limit(limit)


def of_row(row: Row[Any]) -> Letter:
    """What a question for letters found."""
    recipients = row.recipients or []
    answers, text = _filled_in([(label, value) for label, value in row.answers or []], row.text)
    contact = called(row.contact_kind, row.contact_name, row.contact_address) if row.contact_kind else ""
    is_ours = row.direction == "out" and not row.automatic
    given = files.listed(row.files)
    return Letter(
        id=row.id,
        seq=row.seq,
        at=row.written_at,
        look="note" if row.kind == "note" else row.direction,
        channel=row.channel,
        author=row.agent_name or contact,
        address=row.contact_address,
        answers=answers,
        to=[name or address for role, name, address in recipients if role == "to"],
        cc=[name or address for role, name, address in recipients if role == "cc"],
        paragraphs=[] if is_ours else words.paragraphs(text),
        markdown=markdown.render(row.text) if is_ours else None,
        snippet=row.snippet,
        is_clipped=row.is_clipped,
        has_quoted=row.has_quoted,
        has_html=row.has_html,
        has_new_html=row.has_new_html,
        is_rich=bool(row.rich),
        pictures=row.pictures or 0,
        traces=row.traces or 0,
        shows_pictures=row.shows_pictures,
        forwarded=row.forwarded,
        is_held=row.held,
        is_redacted=row.redacted_at is not None,
        is_automatic=row.automatic,
        inert=row.inert,
        threaded_by=row.threaded_by,
        files=[file for file in given if not (file.is_inline and row.has_html)],
        inline_files=[file for file in given if file.is_inline and row.has_html],
        deliveries=[delivery.of(*sent, leaves=row.leaves_at is not None) for sent in row.sent or []],
        agent_id=row.agent_id,
        leaves_at=row.leaves_at,
        has_signature=row.has_signature,
    )


def _filled_in(answers: list[tuple[str, str]], text: str) -> tuple[list[tuple[str, str]], str]:
    """The answers of a form and what was written below them; its text begins with the same answers."""
    lines = [f"{label}: {value}" if "\n" not in value else f"{label}:\n{value}" for label, value in answers]
    head = "\n".join(lines)
    return (answers, text[len(head) :].lstrip()) if answers and text.startswith(head) else ([], text)


def _question(ticket_id: int | BindParameter[int], agent_id: int) -> Select[Any]:
    """Messages with author, recipients, files and deliveries in one query, whatever their number."""
    recipients = (
        select(func.json_agg(func.json_build_array(Recipient.role, Recipient.name, Recipient.address)))
        .where(Recipient.message_id == Message.id)
        .scalar_subquery()
    )
    sent = (
        select(
            func.json_agg(
                func.json_build_array(
                    OutboxRow.id,
                    OutboxRow.recipient,
                    OutboxRow.state,
                    OutboxRow.error,
                    OutboxRow.response,
                    OutboxRow.finished_at,
                )
            )
        )
        .where(OutboxRow.message_id == Message.id, or_(OutboxRow.recipient.is_not(None), OutboxRow.channel == "chat"))
        .scalar_subquery()
    )
    return (
        select(
            Message.id,
            Placement.seq,
            Placement.held,
            Message.kind,
            Message.direction,
            Message.channel,
            Message.automatic,
            Message.written_at,
            func.left(Message.text, CLIP).label("text"),
            (func.length(Message.text) > CLIP).label("is_clipped"),
            Message.snippet,
            (Message.quoted_text != "").label("has_quoted"),
            and_(Message.direction == "out", Message.signature != "").label("has_signature"),
            Message.html.is_not(None).label("has_html"),
            Message.html_new.is_not(None).label("has_new_html"),
            Message.facts["rich"].label("rich"),
            Message.facts["pictures"].label("pictures"),
            Message.facts["traces"].label("traces"),
            Message.facts["forwarded"].label("forwarded"),
            picture_choice.has_chosen(agent_id).label("shows_pictures"),
            Message.threaded_by,
            Message.inert,
            Message.redacted_at,
            Message.agent_id,
            Message.leaves_at,
            Message.facts["answers"].label("answers"),
            Identity.kind.label("contact_kind"),
            Identity.name.label("contact_name"),
            Identity.value.label("contact_address"),
            Agent.name.label("agent_name"),
            recipients.label("recipients"),
            attachment.listed(Attachment.message_id == Message.id).label("files"),
            sent.label("sent"),
        )
        .join(Message, Message.id == Placement.message_id)
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .where(Placement.ticket_id == ticket_id, Placement.ended_at.is_(None))
    )
