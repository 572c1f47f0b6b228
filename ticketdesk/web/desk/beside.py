"""Side conversations as the desk shows them: the list beside a ticket, and one of them in the pane."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from markupsafe import Markup
from sqlalchemy import Row, ScalarSelect, bindparam, case, func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import markdown
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import attachment, side_withdrawing
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage, SidePerson
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.desk import delivery, words
from ticketdesk.web.files import File, listed
from ticketdesk.web.texts import _

MOST = 200
"""Messages of one that are shown, the newest."""
MOST_HELD = 20
"""Held messages of one that are shown besides, the newest: whoever floods it hides nothing of what was said."""
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One of them beside the ticket."""

    id: int
    subject: str
    people: str
    said_at: datetime
    state: str  # "done", "held", "answered", "waits" or "empty"

    @property
    def is_open(self) -> bool:
        """Whether more of it is needed."""
        return self.state != "done"

    @property
    def says(self) -> str:
        """Its state in a word."""
        return {
            "done": _("Done"),
            "held": _("Held"),
            "answered": _("Answered"),
            "waits": _("Waiting"),
            "empty": _("Not sent"),
        }[self.state]


@dataclass(frozen=True, slots=True)
class Said:
    """One message."""

    id: int
    is_ours: bool
    author: str
    address: str
    to: str
    at: datetime
    markdown: Markup | None
    paragraphs: list[words.Paragraph]
    quoted: list[words.Paragraph]
    files: list[File]
    deliveries: list[delivery.Delivery]
    is_held: bool
    inert: str | None
    threaded_by: str | None

    @property
    def label(self) -> str:
        """What it is and who wrote it, for whoever cannot see its form."""
        return _("Sent by %(who)s", who=self.author) if self.is_ours else _("Message from %(who)s", who=self.author)

    @property
    def about(self) -> str:
        """Where it went, or what it came from."""
        return _("to %(to)s", to=self.to) if self.is_ours else self.address

    @property
    def threading(self) -> str:
        """When exactly, and how it found its way here."""
        when = formatting.exact(self.at)
        ways = {
            "recipient_token": _("threaded by: signed address"),
            "reference_token": _("threaded by: signed reference"),
            "message_id": _("threaded by: the message it answers"),
        }
        return f"{when}, {ways[self.threaded_by]}" if self.threaded_by in ways else when


@dataclass(frozen=True, slots=True)
class Leaving:
    """One's own newest message that can still be taken back, for so many seconds from now."""

    message_id: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Talk:
    """One side conversation with all that its pane shows."""

    id: int
    subject: str
    is_done: bool
    people: list[tuple[str, str]]  # (address, name) of those who take part
    entries: list[Said]
    more_held: int  # held messages that are not among them
    leaving: Leaving | None


def is_begun() -> ScalarSelect[int]:
    """Whether anybody was asked beside a ticket, as a column beside its row."""
    return select(SideConversation.id).where(SideConversation.ticket_id == Ticket.id).limit(1).scalar_subquery()


def of(ticket: Ticket) -> list[Listed]:
    """Those of a ticket: what goes on first, the newest of each first."""
    rows = db.session.execute(_LISTED, {"ticket_id": ticket.id}).all()
    found = [Listed(row.id, row.subject, ", ".join(row.people or []), row.said_at, _state(row)) for row in rows]
    return sorted(found, key=lambda one: not one.is_open)


def _state(row: Row[Any]) -> str:
    if row.done_at is not None:
        return "done"
    return {"held": "held", "in": "answered", "out": "waits"}.get(row.newest, "empty")


def read(side: SideConversation, agent: Agent, now: datetime) -> Talk:
    """One of them, its newest messages in the order in which they were written."""
    said = db.session.execute(_SAID, {"side_id": side.id, "held": False, "most": MOST}).all()
    held = db.session.execute(_SAID, {"side_id": side.id, "held": True, "most": MOST_HELD}).all()
    rows = sorted([*said, *held], key=lambda row: (row.SideMessage.written_at, row.SideMessage.id))
    sent = _sent(row.SideMessage for row in rows)
    people = db.session.execute(_PEOPLE, {"side_id": side.id})
    return Talk(
        side.id,
        side.subject,
        side.done_at is not None,
        [(row.address, row.name) for row in people],
        [_said(row, sent, now) for row in rows],
        held[0].of_all - len(held) if held else 0,
        _leaving([row.SideMessage for row in rows], agent, now),
    )


def _said(row: Row[Any], sent: dict[str, OutboxRow], now: datetime) -> Said:
    message: SideMessage = row.SideMessage
    is_ours = message.direction == "out"
    outbox = [sent[name] for name in side_withdrawing.names(message) if name in sent]
    return Said(
        id=message.id,
        is_ours=is_ours,
        author=row.agent_name if is_ours else message.name or message.address,
        address=message.address,
        to=", ".join(name or address for address, name in message.recipients),
        at=message.written_at,
        markdown=markdown.render(message.text) if is_ours else None,
        paragraphs=[] if is_ours else words.paragraphs(message.text),
        quoted=words.paragraphs(message.quoted_text) if message.quoted_text.strip() else [],
        files=listed(row.files),
        deliveries=[
            delivery.of(
                one.id,
                one.recipient,
                one.state,
                one.error,
                leaves=message.leaves_at is not None and message.leaves_at > now,
            )
            for one in outbox
        ],
        is_held=message.held,
        inert=message.inert,
        threaded_by=message.threaded_by,
    )


def _sent(messages: Iterable[SideMessage]) -> dict[str, OutboxRow]:
    """The outbox rows of messages by their names, in one question."""
    names = [name for message in messages for name in side_withdrawing.names(message)]
    if not names:
        return {}
    rows = db.session.scalars(select(OutboxRow).where(OutboxRow.once.in_(names)).order_by(OutboxRow.id))
    return {row.once: row for row in rows if row.once is not None}


def _leaving(messages: list[SideMessage], agent: Agent, now: datetime) -> Leaving | None:
    for message in reversed(messages):
        if message.agent_id == agent.id and message.leaves_at is not None:
            seconds = (message.leaves_at - now).total_seconds()
            return Leaving(message.id, ceil(seconds)) if seconds > 0 else None
    return None


# Built once: building costs more than asking.
_NEWEST = (
    select(case((SideMessage.held, "held"), else_=SideMessage.direction))
    .where(
        SideMessage.side_id == SideConversation.id,
        SideMessage.withdrawn_at.is_(None),
        SideMessage.refused_at.is_(None),
        SideMessage.inert.is_(None),
    )
    .order_by(SideMessage.written_at.desc(), SideMessage.id.desc())
    .limit(1)
    .scalar_subquery()
)
_NAMES = (
    select(func.array_agg(func.coalesce(func.nullif(SidePerson.name, ""), SidePerson.address)))
    .where(SidePerson.side_id == SideConversation.id, SidePerson.state == "active")
    .scalar_subquery()
)
_LISTED = (
    select(
        SideConversation.id,
        SideConversation.subject,
        SideConversation.said_at,
        SideConversation.done_at,
        _NEWEST.label("newest"),
        _NAMES.label("people"),
    )
    .where(SideConversation.ticket_id == bindparam("ticket_id"))
    .order_by(SideConversation.said_at.desc(), SideConversation.id.desc())
    .limit(MOST_LISTED)
)
_PEOPLE = (
    select(SidePerson.address, SidePerson.name)
    .where(SidePerson.side_id == bindparam("side_id"), SidePerson.state == "active")
    .order_by(SidePerson.id)
)
_SAID = (
    select(
        SideMessage,
        Agent.name.label("agent_name"),
        attachment.listed(Attachment.side_message_id == SideMessage.id).label("files"),
        func.count().over().label("of_all"),
    )
    .outerjoin(Agent, Agent.id == SideMessage.agent_id)
    .where(
        SideMessage.side_id == bindparam("side_id"),
        SideMessage.held == bindparam("held"),
        SideMessage.withdrawn_at.is_(None),
        SideMessage.refused_at.is_(None),
    )
    .order_by(SideMessage.written_at.desc(), SideMessage.id.desc())
    .limit(bindparam("most"))
)
