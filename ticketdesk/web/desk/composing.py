"""The composer as it stands: the drafts of this agent, and who a reply would go to."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from markupsafe import Markup
from sqlalchemy import bindparam, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels import signing
from ticketdesk.channels.signing import Frame
from ticketdesk.core import markdown
from ticketdesk.core.db import db
from ticketdesk.tickets import attachment
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import chats, door
from ticketdesk.web.desk.chats import Chat
from ticketdesk.web.desk.conversation import Conversation
from ticketdesk.web.desk.letters import Letter
from ticketdesk.web.desk.opened import Opened
from ticketdesk.web.desk.people import People
from ticketdesk.web.files import File, listed

KINDS = ("reply", "note")


def fresh_key() -> str:
    """The name of one more message: sent twice under it, it is one."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Addressee:
    """One person a reply can go to."""

    address: str
    name: str
    is_chosen: bool = True
    is_undeliverable: bool = False


@dataclass(slots=True)
class Box:
    """One of the two sheets of paper."""

    kind: str
    text: str = ""
    saved_at: datetime | None = None
    files: list[File] = field(default_factory=list)
    to: list[Addressee] = field(default_factory=list)
    cc: list[Addressee] = field(default_factory=list)
    based_on_seq: int = 0
    revision: int = 0  # of the draft that it shows
    client_key: str = field(default_factory=fresh_key)
    chosen: tuple[list[str], list[str]] | None = None  # To and Cc as last ticked
    chat: Chat | None = None  # with whom, where a visitor takes part
    channel: str = ""  # "chat" or "email" as last chosen, where there is a choice
    to_more: str = ""
    cc_more: str = ""
    error: str | None = None
    news: Sequence[str] = ()
    signature: Markup | None = None  # what will stand below a mail
    then: str = ""  # what else was to be done, when it was not sent


@dataclass(frozen=True, slots=True)
class Leaving:
    """One's own reply that can still be taken back, for so many seconds from now."""

    message_id: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Composer:
    """Both of them, and which one lies on top."""

    reply: Box
    note: Box
    on_top: str = "reply"
    leaving: Leaving | None = None

    @property
    def boxes(self) -> list[Box]:
        """In the order in which they are shown."""
        return [self.reply, self.note]


def of(
    ticket: Ticket,
    agent: Agent,
    people: People,
    talk: Conversation | None = None,
    on_top: str = "reply",
    refused: Box | None = None,
    frame: Frame | None = None,
) -> Composer:
    """The agent's composer for a ticket; with the conversation a reply goes to whoever wrote last.

    A box that was refused lies on top as it was sent; only its files are those of the draft. `frame` is that of the
    signature, where the page knows it already.
    """
    boxes = {kind: Box(kind, based_on_seq=ticket.last_seq) for kind in KINDS}
    if refused is not None:
        boxes[refused.kind], on_top = refused, refused.kind
    for draft, files in db.session.execute(_DRAFTS, _whose(ticket, agent)):
        box = boxes[draft.kind]
        box.files = listed(files)
        box.saved_at = draft.saved_at
        if box is refused:
            continue
        box.text = draft.text
        box.revision = draft.revision
        box.based_on_seq = draft.based_on_seq or ticket.last_seq
        if draft.kind == "reply" and draft.recipients:
            box.chosen = draft.recipients.get("to", []), draft.recipients.get("cc", [])
            box.channel = draft.recipients.get("channel", "")
    reply = boxes["reply"]
    reply.chat = chats.of(ticket, people, door.now())
    if reply.chat is None:
        reply.channel = "email"
    elif not reply.channel:
        reply.channel = "chat" if reply.chat.asked_last else "email"
    reply.to, reply.cc = addressees(people, _last_author(talk), reply.chosen)
    reply.signature = markdown.render(signing.below(ticket, agent, frame))
    on_top = on_top if on_top in KINDS else "reply"
    return Composer(reply, boxes["note"], on_top, _leaving(talk, agent, door.now()))


def of_page(found: Opened, on_top: str = "reply", refused: Box | None = None) -> Composer:
    """The agent's composer beside everything else of a ticket."""
    return of(found.ticket, door.me(), found.people, found.conversation, on_top, refused, found.frame)


def _leaving(talk: Conversation | None, agent: Agent, now: datetime) -> Leaving | None:
    """The newest of one's own replies that has not left."""
    for entry in reversed(talk.entries if talk is not None else []):
        if isinstance(entry, Letter) and entry.agent_id == agent.id and entry.leaves_at is not None:
            seconds = (entry.leaves_at - now).total_seconds()
            return Leaving(entry.id, ceil(seconds)) if seconds > 0 else None
    return None


def files_of(ticket: Ticket, agent: Agent, kind: str) -> list[File]:
    """The files of one draft."""
    found = db.session.execute(_DRAFTS.where(Draft.kind == kind), _whose(ticket, agent)).one_or_none()
    return listed(found[1] if found is not None else None)


def addressees(
    people: People, last_author: str | None, chosen: tuple[list[str], list[str]] | None = None
) -> tuple[list[Addressee], list[Addressee]]:
    """Who stands in To and Cc: whoever wrote last, copies to the others who take part, or what was chosen.

    Somebody who takes part but was taken out stays in the line, unticked, so that they can be put back.
    """
    takers = {
        person.value: person
        for person in [people.requester, *people.others]
        if person.kind == "email" and person.state == "active"
    }
    first = last_author if last_author in takers else people.requester.value
    if first not in takers and takers:  # a visitor, whose address is another identity of theirs
        first = next(iter(takers))
    lines: list[list[Addressee]] = []
    for number, wanted in enumerate(([first], [address for address in takers if address != first])):
        usual = [address for address in wanted if address in takers]
        ticked = usual if chosen is None else chosen[number]
        others = [] if chosen is None else [address for line in chosen for address in line]
        shown = [*ticked, *(address for address in usual if address not in others)]
        lines.append(
            [
                Addressee(
                    address,
                    takers[address].name if address in takers else "",
                    address in ticked,
                    address in takers and takers[address].is_undeliverable,
                )
                for address in dict.fromkeys(shown)
            ]
        )
    return lines[0], lines[1]


def _last_author(talk: Conversation | None) -> str | None:
    """The address of whoever wrote last from outside and was let in."""
    for entry in reversed(talk.entries if talk is not None else []):
        if isinstance(entry, Letter) and entry.look == "in" and not entry.is_held and entry.inert is None:
            return entry.address
    return None


def _whose(ticket: Ticket, agent: Agent) -> dict[str, int]:
    return {"ticket_id": ticket.id, "agent_id": agent.id}


_DRAFTS = select(Draft, attachment.listed(Attachment.draft_id == Draft.id)).where(
    Draft.ticket_id == bindparam("ticket_id"), Draft.agent_id == bindparam("agent_id")
)
