"""Messages: what customers write in, what agents answer, and what agents tell each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import assignment, drafts, participant, progress, retelling, timeline
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.placing import NewFile, attach, place, snippet
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.ticket import Ticket

LONGEST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Letter:
    """What came in, already understood: the words, and everything worth keeping about them."""

    channel: str
    text: str
    subject: str | None = None
    quoted_text: str = ""
    signature: str = ""
    html: str | None = None
    cleaner_version: int | None = None
    files: Sequence[NewFile] = ()
    to: Sequence[tuple[str, str]] = ()  # (address, name)
    cc: Sequence[tuple[str, str]] = ()
    rfc_id: str | None = None
    in_reply_to: str | None = None
    fingerprint: str | None = None
    same_id_as: int | None = None
    thread_topic: str | None = None
    thread_index: str | None = None
    threaded_by: str | None = None
    inert: str | None = None
    unanswerable: str | None = None
    sender_proven: bool = False
    raw_mail_id: int | None = None
    client_key: str | None = None
    dated_at: datetime | None = None
    facts: Json = field(default_factory=dict)


def receive(ticket: Ticket, identity: Identity, letter: Letter, at: datetime, *, may_join: bool = True) -> Message:
    """A contact wrote: put it into the ticket and, unless it is held or inert, let it move things.

    Held means that the sender takes no part yet, or cannot be believed (SEMANTICS 1); inert that a machine wrote it.
    An answered ticket opens again. Raises Conflict for a closed ticket, which takes no more messages.
    """
    ticket = lock_one(ticket.id)
    _check_whole(ticket)
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed and takes no more messages.")
    held = not _is_return(letter) and (not may_join or not participant.takes_part(ticket.id, identity.id))
    message = _incoming(identity, letter, at)
    if held:
        participant.add(ticket.id, identity.id, "third_party", "held", at, message.id)
    elif letter.inert is None:
        ticket.customer_wrote_at = at
    place(message, ticket, at, author=identity.called, held=held)
    by = Actor("contact", identity.id)
    timeline.record(
        ticket,
        "message_received",
        by,
        at,
        {"message_id": message.id, "held": held, "inert": letter.inert is not None, "channel": letter.channel},
    )
    if not held and letter.inert is None:
        _customer_wrote(ticket, by, at)
    return message


def accept(message_id: int, by: Actor, at: datetime) -> Message:
    """A held message belongs here after all: its sender takes part from now on. Raises NotFound, or Conflict."""
    placement = _placement(message_id)
    ticket = lock_one(placement.ticket_id)
    message = db.session.get_one(Message, message_id)
    if not placement.held or message.identity_id is None:
        raise Conflict("This message was accepted already.")
    placement.held = False
    participant.add(
        ticket.id, message.identity_id, "third_party", "active", at, message.id, sees_since=message.written_at
    )
    identity = db.session.get_one(Identity, message.identity_id)
    inert = message.inert is not None
    if not inert:
        ticket.customer_wrote_at = max(message.written_at, ticket.customer_wrote_at or message.written_at)
    retelling.retell_last_words(ticket)
    timeline.record(ticket, "message_accepted", by, at, {"message_id": message.id, "inert": inert})
    if not inert:
        _customer_wrote(ticket, Actor("contact", identity.id), at)
    return message


def reply(
    ticket: Ticket,
    agent: Agent,
    text: str,
    *,
    to: Sequence[tuple[str, str]],
    at: datetime,
    cc: Sequence[tuple[str, str]] = (),
    files: Sequence[NewFile] = (),
    draft: Draft | None = None,
    client_key: str | None = None,
    channel: str = "email",
) -> Message:
    """An agent answers in public; the text is Markdown. Who answers an unassigned ticket takes it.

    In a chat it goes to whoever the talk is with, so nobody is named. The same `client_key` again gives the message
    that was made the first time. Raises Invalid for an empty text or no recipient, Conflict for a closed ticket.
    """
    ticket = lock_one(ticket.id)
    made = _made_before(client_key)
    if made is not None:
        return made
    _check_whole(ticket)
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed. Write a new message to start a linked ticket.")
    if not to and channel != "chat":
        raise Invalid("Add at least one recipient.", "to")
    message = Message(
        kind="public",
        direction="out",
        channel=channel,
        agent_id=agent.id,
        text=_words(text),
        snippet=snippet(text),
        client_key=client_key,
        written_at=at,
        answers_id=_newest_incoming(ticket),
    )
    _keep(message, to, cc, files, at)
    if draft is not None:
        drafts.hand_over(draft, message.id)
    place(message, ticket, at, author=agent.name)
    ticket.answered_at = at
    timeline.record(
        ticket,
        "reply_sent",
        agent.actor,
        at,
        {"message_id": message.id, "automatic": False, "channel": channel},
    )
    if ticket.assignee_id is None:
        assignment.assign(ticket, agent, agent.actor, at)
    if ticket.category == "new":
        progress.move_to(ticket, "open", agent.actor, at)
    return message


def note(
    ticket: Ticket,
    agent: Agent,
    text: str,
    *,
    at: datetime,
    mentioned: Sequence[int] = (),
    files: Sequence[NewFile] = (),
    draft: Draft | None = None,
    client_key: str | None = None,
) -> Message:
    """An agent writes to colleagues; it never leaves the desk and stops no clock. Raises Invalid for an empty text."""
    ticket = lock_one(ticket.id)
    made = _made_before(client_key)
    if made is not None:
        return made
    _check_whole(ticket)
    message = Message(
        kind="note",
        direction="out",
        channel=ticket.channel,
        agent_id=agent.id,
        text=_words(text),
        snippet=snippet(text),
        client_key=client_key,
        written_at=at,
    )
    _keep(message, (), (), files, at)
    if draft is not None:
        drafts.hand_over(draft, message.id)
    place(message, ticket, at, author=agent.name)
    timeline.record(
        ticket, "note_added", agent.actor, at, {"message_id": message.id, "mentioned": sorted(set(mentioned))}
    )
    return message


def tell_automatically(
    ticket: Ticket,
    text: str,
    to: Sequence[tuple[str, str]],
    purpose: str,
    at: datetime,
    *,
    channel: str = "email",
) -> Message:
    """The product itself writes to the customer, for instance an acknowledgement; it stops no clock.

    In a chat nobody is named.
    """
    ticket = lock_one(ticket.id)
    message = Message(
        kind="public",
        direction="out",
        channel=channel,
        automatic=True,
        text=text,
        snippet=snippet(text),
        written_at=at,
        answers_id=_newest_incoming(ticket),
        facts={"purpose": purpose},
    )
    _keep(message, to, (), (), at)
    placement = Placement(
        message_id=message.id, ticket_id=ticket.id, seq=ticket.last_seq + 1, written_at=at, placed_at=at
    )
    db.session.add(placement)
    timeline.record(
        ticket,
        "reply_sent",
        SYSTEM,
        at,
        {"message_id": message.id, "automatic": True, "purpose": purpose, "channel": channel},
    )
    return message


def redact(message_id: int, by: Actor, at: datetime) -> Message:
    """Take the words and files of a message away for good; a tombstone stays in its place. Raises NotFound."""
    placement = _placement(message_id)
    ticket = lock_one(placement.ticket_id)
    message = db.session.get_one(Message, message_id)
    if message.redacted_at is not None:
        return message
    message.redacted_at = at
    message.text = message.quoted_text = message.signature = message.snippet = ""
    message.html = message.subject = None
    message.facts = {name: value for name, value in message.facts.items() if name != "answers"}
    _forget_files_and_words(message.id)
    retelling.retell_last_words(ticket)
    timeline.record(ticket, "message_redacted", by, at, {"message_id": message.id})
    return message


def _incoming(identity: Identity, letter: Letter, at: datetime) -> Message:
    message = Message(
        kind="public",
        direction="in",
        channel=letter.channel,
        identity_id=identity.id,
        automatic=letter.inert is not None,
        subject=letter.subject,
        text=letter.text,
        quoted_text=letter.quoted_text,
        signature=letter.signature,
        html=letter.html,
        cleaner_version=letter.cleaner_version,
        snippet=snippet(letter.text),
        rfc_id=letter.rfc_id,
        in_reply_to=letter.in_reply_to,
        fingerprint=letter.fingerprint,
        same_id_as=letter.same_id_as,
        thread_topic=letter.thread_topic,
        thread_index=letter.thread_index,
        threaded_by=letter.threaded_by,
        inert=letter.inert,
        unanswerable=letter.unanswerable,
        sender_proven=letter.sender_proven,
        raw_mail_id=letter.raw_mail_id,
        client_key=letter.client_key,
        written_at=at,
        dated_at=letter.dated_at,
        facts=letter.facts,
    )
    _keep(message, letter.to, letter.cc, letter.files, at)
    return message


def _keep(
    message: Message,
    to: Sequence[tuple[str, str]],
    cc: Sequence[tuple[str, str]],
    files: Sequence[NewFile],
    at: datetime,
) -> None:
    seen: set[str] = set()
    for role, people in (("to", to), ("cc", cc)):
        for address, name in people:
            if address not in seen:
                seen.add(address)
                message.recipients.append(Recipient(role=role, address=address, name=name))
    db.session.add(message)
    db.session.flush()
    attach(message, files, at)


def _is_return(letter: Letter) -> bool:
    """Whether a machine sends back what we signed: nobody waits for a word of ours on a bounce or absence notice."""
    return letter.inert is not None and letter.threaded_by in ("recipient_token", "reference_token")


def _customer_wrote(ticket: Ticket, by: Actor, at: datetime) -> None:
    if ticket.category in ("pending", "on_hold", "solved"):
        progress.reopen(ticket, by, at)


def _check_whole(ticket: Ticket) -> None:
    if ticket.merged_into_id is not None:
        raise Conflict(f"#{ticket.number} was merged into another ticket. Write there.")


def _words(text: str) -> str:
    words = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words:
        raise Invalid("Write something first.", "text")
    if len(words) > LONGEST_TEXT:
        raise Invalid(f"This is too long: at most {LONGEST_TEXT:,} letters fit. Attach the rest as a file.", "text")
    return words


def _made_before(client_key: str | None) -> Message | None:
    if client_key is None:
        return None
    return db.session.scalar(select(Message).where(Message.client_key == client_key))


def _newest_incoming(ticket: Ticket) -> int | None:
    return db.session.scalar(_NEWEST_INCOMING, {"ticket_id": ticket.id})


_NEWEST_INCOMING = (
    select(Message.id)
    .join(Placement, Placement.message_id == Message.id)
    .where(
        Placement.ticket_id == bindparam("ticket_id"),
        Placement.ended_at.is_(None),
        Placement.held.is_(False),
        Message.direction == "in",
        Message.inert.is_(None),
    )
    .order_by(Placement.written_at.desc(), Placement.message_id.desc())
    .limit(1)
)


def _placement(message_id: int) -> Placement:
    found = db.session.scalar(select(Placement).where(Placement.message_id == message_id, Placement.ended_at.is_(None)))
    if found is None:
        raise NotFound("There is no such message.")
    return found


def _forget_files_and_words(message_id: int) -> None:
    from_search = db.session.get(SearchRow, message_id)
    if from_search is not None:
        db.session.delete(from_search)
    db.session.execute(delete(Attachment).where(Attachment.message_id == message_id))
