"""The conversation of one ticket as the desk shows it: days, letters, notes, and what happened between them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from markupsafe import Markup
from sqlalchemy import Row, Select, func, literal, or_, select, tuple_

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity, called
from ticketdesk.core import markdown
from ticketdesk.core.db import Instant, db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import attachment
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web import files, formatting
from ticketdesk.web.desk import delivery, happenings, words
from ticketdesk.web.desk.names import Names
from ticketdesk.web.files import File
from ticketdesk.web.texts import _

PAGE = 40
"""Letters shown at first; older ones on demand."""
CLIP = 20_000
"""Characters of one letter shown in the conversation; the whole of it is one click away."""
MANY_EVENTS = 400
MANY_NAMES = 8
PATIENCE = ((3, 60), (30, 3600))
"""How often a page asks after a message on its way, in seconds, up to which age."""


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
    deliveries: list[delivery.Delivery]
    answers: list[tuple[str, str]] = field(default_factory=list)  # of a form
    markdown: Markup | None = None
    entry: Literal["letter"] = "letter"

    def look_again(self, now: datetime) -> int | None:
        """Seconds after which it is worth asking whether the message has left; None when nothing moves."""
        if not any(sent.is_moving for sent in self.deliveries):
            return None
        age = (now - self.at).total_seconds()
        return next((pause for pause, until in PATIENCE if age < until), None)

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


@dataclass(frozen=True, slots=True)
class Fold:
    """What happened between two letters."""

    happenings: list[happenings.Happening]
    entry: Literal["fold"] = "fold"

    @property
    def seq(self) -> int:
        """The number of its last event."""
        return self.happenings[-1].seq


@dataclass(frozen=True, slots=True)
class Talk:
    """Chat messages that follow each other, as bubbles."""

    letters: list[Letter]
    entry: Literal["talk"] = "talk"

    @property
    def who(self) -> Letter:
        """Whose picture stands beside them: the customer's, else the first author's."""
        return next((letter for letter in self.letters if letter.look == "in"), self.letters[0])


@dataclass(frozen=True, slots=True)
class Day:
    """A new day begins."""

    at: datetime
    entry: Literal["day"] = "day"


Entry = Letter | Talk | Fold | Day


@dataclass(frozen=True, slots=True)
class Conversation:
    """Some entries in order; `before` is the oldest letter when there are older ones, `seq` the newest event.

    `is_whole` says of news that letters came or went in between, so that the page must show all of it anew.
    """

    entries: list[Entry] = field(default_factory=list)
    before: int | None = None
    seq: int = 0
    is_whole: bool = False


def newest(ticket: Ticket, names: Names, before: int | None = None) -> Conversation:
    """The newest letters by the time at which they were written, or those before one, with what happened meanwhile."""
    order = (Placement.written_at, Placement.message_id)
    query = _letters(ticket).order_by(*(column.desc() for column in order)).limit(PAGE + 1)
    events = select(Event).where(Event.ticket_id == ticket.id, Event.kind.in_(happenings.KINDS))
    if before is not None:
        end = _written_at(ticket, before)
        query = query.where(tuple_(*order) < tuple_(literal(end, Instant()), literal(before)))
        events = events.where(Event.at < end)
    rows = db.session.execute(query).all()
    has_more, rows = len(rows) > PAGE, list(reversed(rows[:PAGE]))
    if has_more:
        events = events.where(Event.at >= rows[0].written_at)
    told = db.session.scalars(events.order_by(Event.at.desc(), Event.seq.desc()).limit(MANY_EVENTS)).all()
    entries = _woven([_letter(row) for row in rows], _happenings(reversed(told), names))
    return Conversation(entries, rows[0].id if has_more else None, ticket.last_seq)


def since(ticket: Ticket, names: Names, after: int) -> Conversation:
    """What came after an event that the reader has already; no day is repeated for it.

    Where tickets became one or two meanwhile, letters came or went in between: then it is all of it anew.
    """
    told = db.session.scalars(
        select(Event)
        .where(Event.ticket_id == ticket.id, Event.seq > after, Event.kind.in_(happenings.KINDS))
        .order_by(Event.seq)
        .limit(MANY_EVENTS)
    ).all()
    if any(event.kind in happenings.MERGES for event in told):
        return replace(newest(ticket, names), is_whole=True)
    rows = db.session.execute(_letters(ticket).where(Placement.seq > after).order_by(Placement.seq).limit(PAGE)).all()
    entries = _woven([_letter(row) for row in rows], _happenings(told, names), is_news=True)
    return Conversation(entries, None, ticket.last_seq)


def _written_at(ticket: Ticket, message_id: int) -> datetime:
    """The time of a letter of this ticket; raises Invalid for one that does not stand here."""
    found = db.session.scalar(
        select(Placement.written_at).where(
            Placement.message_id == message_id, Placement.ticket_id == ticket.id, Placement.ended_at.is_(None)
        )
    )
    if found is None:
        raise Invalid(_("This is not a place in a conversation."))
    return found


def one(ticket: Ticket, message_id: int) -> Letter | None:
    """One letter of this ticket."""
    row = db.session.execute(_letters(ticket).where(Message.id == message_id)).one_or_none()
    return None if row is None else _letter(row)


def _letters(ticket: Ticket) -> Select[Any]:
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
                    OutboxRow.id, OutboxRow.recipient, OutboxRow.state, OutboxRow.error, OutboxRow.response
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
            Message.html.is_not(None).label("has_html"),
            Message.threaded_by,
            Message.inert,
            Message.redacted_at,
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
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
    )


def _letter(row: Row[Any]) -> Letter:
    recipients = row.recipients or []
    answers, text = _filled_in([(label, value) for label, value in row.answers or []], row.text)
    contact = called(row.contact_kind, row.contact_name, row.contact_address) if row.contact_kind else ""
    is_ours = row.direction == "out" and not row.automatic
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
        is_held=row.held,
        is_redacted=row.redacted_at is not None,
        is_automatic=row.automatic,
        inert=row.inert,
        threaded_by=row.threaded_by,
        files=[file for file in files.listed(row.files) if not (file.is_inline and row.has_html)],
        deliveries=[delivery.of(*sent) for sent in row.sent or []],
    )


def _filled_in(answers: list[tuple[str, str]], text: str) -> tuple[list[tuple[str, str]], str]:
    """The answers of a form and what was written below them; its text begins with the same answers."""
    lines = [f"{label}: {value}" if "\n" not in value else f"{label}:\n{value}" for label, value in answers]
    head = "\n".join(lines)
    return (answers, text[len(head) :].lstrip()) if answers and text.startswith(head) else ([], text)


def _happenings(events: Iterable[Event], names: Names) -> list[happenings.Happening]:
    return [happenings.tell(event, names) for event in events]


def _woven(letters: list[Letter], told: list[happenings.Happening], *, is_news: bool = False) -> list[Entry]:
    """Letters and happenings by their time, with a heading for each day; side by side happenings are folded into one.

    News come in the order of their numbers, under the day that stands there already, each chat message alone.
    """
    entries: list[Entry] = []
    day: date | None = None
    items: list[Letter | happenings.Happening] = [*letters, *told]
    for item in sorted(items, key=lambda item: (item.seq,) if is_news else (item.at, item.seq)):
        today = formatting.local(item.at).date()
        if not is_news and today != day:
            entries.append(Day(item.at))
        day = today
        last = entries[-1] if entries else None
        if isinstance(item, Letter):
            if item.is_talk and isinstance(last, Talk) and not is_news:
                last.letters.append(item)
            else:
                entries.append(Talk([item]) if item.is_talk else item)
        elif isinstance(last, Fold) and item.source is None and last.happenings[-1].source is None:
            last.happenings.append(item)
        else:
            entries.append(Fold([item]))
    return entries
