"""Understanding stored mail: parse it in the child, guard, match, and hand it in; or set it aside with the reason."""

import atexit
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels import inbound
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email import authentication, identifiers, matching, returned
from ticketdesk.channels.email.child import ParserChild
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.email.model import ParsedMail, Unreadable
from ticketdesk.channels.email.raw_mail import MailDelivery, RawMail
from ticketdesk.channels.inbound import Inbound, InboundFile, Match, Sender
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import storage, tokens
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint
from ticketdesk.core.outbox import Claim, OutboxRow
from ticketdesk.tickets import messages
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import level

WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 120))
"""Pauses before each further attempt; after the last the mail is set aside for a person to look at."""
MOST_DEATHS = 2
"""A mail that took its reader down this often is not read a third time."""
MOST_PEOPLE = 50
LONGEST_TEXT = 1_000_000
LONGEST_NAME = 200
UNCLEAR = "unclear"
"""The kind of identity of a sender who can be read in two ways; it never takes part in anything by itself."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a raw mail before it is read; plain values, so that no transaction is open meanwhile."""

    id: int
    sha256: str
    mailbox_id: int | None
    envelope_from: str | None
    envelope_to: tuple[str, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What the guards and the matching made of a mail."""

    match: Match | None
    sender: Sender
    verdict: authentication.Verdict
    inert: str | None
    unanswerable: str | None


def understand(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: understand one stored mail; says what it became (CONTRACTS, `mail ingest`).

    A mail that was understood already stays as it is.
    """
    failpoint("claim")
    stored = _begin(claim.payload["raw_mail_id"])
    deaths = db.session.scalar(select(OutboxRow.deaths).where(OutboxRow.id == claim.id)) or 0
    db.session.commit()
    if stored is None:
        return "done", None
    if deaths >= MOST_DEATHS:
        return "done", set_aside(stored.id, "The program stopped each time while reading it.", now)
    content = storage.read(stored.sha256)
    try:
        parsed = _parser().parse(content)
    except Unreadable as beyond:
        return "done", set_aside(stored.id, beyond.reason, now)
    failpoint("parse")
    outcome = _take(stored, parsed, now)
    failpoint("deliver")
    return "done", outcome


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """Every attempt raised: keep the mail for an administrator, with what went wrong."""
    set_aside(claim.payload["raw_mail_id"], f"It could not be understood: {reason}", now)


def set_aside(
    raw_id: int, reason: str, now: datetime, *, state: str = "quarantined", label: str | None = None
) -> str | None:
    """Keep a mail that becomes no message, with the reason; None when it has been understood meanwhile."""
    done = db.session.scalar(
        update(RawMail)
        .where(RawMail.id == raw_id, RawMail.state == "stored")
        .values(state=state, reason=reason[:1000], label=label, understood_at=now)
        .returning(RawMail.id),
        execution_options={"synchronize_session": False},
    )
    if done is None:
        return None
    return label or "quarantined"


@cache
def _parser() -> ParserChild:
    """The warm child of this process."""
    child = ParserChild()
    atexit.register(child.close)
    return child


def _begin(raw_id: int) -> Stored | None:
    """Count the try; None when there is nothing left to understand."""
    row = db.session.scalar(
        update(RawMail)
        .where(RawMail.id == raw_id, RawMail.state == "stored")
        .values(tries=RawMail.tries + 1)
        .returning(RawMail),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    if row is None:
        return None
    return Stored(
        id=row.id,
        sha256=row.blob_sha256,
        mailbox_id=row.mailbox_id,
        envelope_from=row.envelope_from,
        envelope_to=tuple(row.envelope_to),
        received_at=row.received_at,
    )


def _take(stored: Stored, parsed: ParsedMail, now: datetime) -> str | None:
    """Decide what a parsed mail is, and do it, in one transaction."""
    # Two copies of one mail may be understood at the same moment; the second waits and finds the first.
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:mark, 0))"), {"mark": parsed.fingerprint})
    raw = db.session.scalar(
        select(RawMail)
        .where(RawMail.id == stored.id, RawMail.state == "stored")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if raw is None:
        return None
    if parsed.quarantine is not None:
        return set_aside(raw.id, parsed.quarantine, now)
    mailbox = _mailbox(stored)
    if mailbox is None:
        return set_aside(raw.id, "There is no mailbox yet to take mail in. Add one, then try again.", now)
    earlier = _same_mail(parsed)
    if earlier is not None:
        return _duplicate(raw, earlier, mailbox, now)
    ours = _ours(parsed, mailboxes.addresses())
    if ours is not None:
        return set_aside(raw.id, ours, now, state="inert", label="auto_reply")
    origin = returned.origin_of(parsed) if parsed.is_bounce else None
    found = _judge(stored, parsed, mailbox, origin)
    label = _label(parsed)
    if found.inert is not None and (found.match is None or matching.is_closed(found.match.ticket_id)):
        if origin is not None:
            returned.mark(origin, parsed, now)
        return set_aside(raw.id, found.inert, now, state="inert", label=label)
    message = _answer_of_agent(stored, parsed, found, now) or _hand_in(stored, parsed, mailbox, found)
    if origin is not None:
        returned.mark(origin, parsed, now)
    _reached(message, stored, mailbox, now)
    raw.state, raw.label, raw.understood_at = "message", label, now
    db.session.flush()
    if label is not None:
        return label
    return "appended" if found.match is not None and message.threaded_by is not None else "created"


def _mailbox(stored: Stored) -> Mailbox | None:
    found = db.session.get(Mailbox, stored.mailbox_id) if stored.mailbox_id is not None else None
    return found if found is not None and found.disabled_at is None else mailboxes.default_mailbox()


def _same_mail(parsed: ParsedMail) -> Message | None:
    """The message that this mail is a copy of (SEMANTICS 1, step 0)."""
    return db.session.scalar(
        select(Message)
        .where(
            Message.fingerprint == parsed.fingerprint,
            # An agent's reply by mail has our own id instead of the mail's.
            or_(Message.rfc_id.is_not_distinct_from(parsed.message_id), Message.direction == "out"),
        )
        .order_by(Message.id)
        .limit(1)
    )


def _duplicate(raw: RawMail, earlier: Message, mailbox: Mailbox, now: datetime) -> str:
    raw.state, raw.understood_at, raw.duplicate_of_id = "duplicate", now, earlier.raw_mail_id
    _remember(earlier.id, mailbox.id, raw.id, now)
    db.session.flush()
    return "duplicate"


def _ours(parsed: ParsedMail, own: set[str]) -> str | None:
    """Why a mail is one of our own that found its way back."""
    if parsed.message_id is not None and identifiers.in_message_id(parsed.message_id, tokens.signing_keys()):
        return "our own mail came back"
    if parsed.sender is not None and {parsed.sender.address, without_token(parsed.sender.address)} & own:
        return "sent by one of our own mailboxes"
    return None


def _judge(stored: Stored, parsed: ParsedMail, mailbox: Mailbox, origin: returned.Origin | None) -> Found:
    sender = _sender(parsed)
    verdict: authentication.Verdict = "unknown"
    if sender.kind == "email":
        domain = sender.value.rpartition("@")[2]
        verdict = authentication.judge(parsed.authentication_results, mailbox.trusted_relay, domain)
    if origin is not None:
        match: Match | None = Match(origin.ticket_id, "reference_token")
    elif parsed.is_bounce:
        match = None
    else:
        match = matching.find(parsed, stored.envelope_to)
    return Found(
        match=match,
        sender=sender,
        verdict=verdict,
        inert=parsed.inert,
        unanswerable=_unanswerable(stored, parsed, sender),
    )


def _sender(parsed: ParsedMail) -> Sender:
    written = parsed.sender
    if written is None:
        return Sender(UNCLEAR, "unknown", "")
    name = written.name[:LONGEST_NAME]
    if parsed.sender_known and written.address:
        return Sender("email", written.address, name)
    return Sender(UNCLEAR, written.address or name or "unknown", name)


def _unanswerable(stored: Stored, parsed: ParsedMail, sender: Sender) -> str | None:
    if parsed.no_automatic_answer is not None:
        return parsed.no_automatic_answer
    if sender.kind != "email":
        return "nobody can say who sent it"
    if stored.envelope_from == "":
        return "an empty envelope sender"
    return None


def _label(parsed: ParsedMail) -> str | None:
    if parsed.is_bounce:
        return "bounce"
    return "auto_reply" if parsed.inert is not None else None


def _hand_in(stored: Stored, parsed: ParsedMail, mailbox: Mailbox, found: Found) -> Message:
    people = _people(parsed, mailboxes.addresses())
    delivered = inbound.deliver(
        Inbound(
            channel="email",
            brand_id=mailbox.brand_id,
            queue_id=mailbox.queue_id,
            mailbox_id=mailbox.id,
            sender=found.sender,
            subject=parsed.subject,
            text=parsed.reply_text[:LONGEST_TEXT],
            quoted_text=parsed.quoted_text[:LONGEST_TEXT],
            signature=parsed.signature[:LONGEST_TEXT],
            html=parsed.html if parsed.html is None or len(parsed.html) <= LONGEST_TEXT else None,
            cleaner_version=parsed.cleaner_version,
            files=_files(parsed),
            to=people[0],
            cc=people[1],
            received_at=stored.received_at,
            dated_at=_dated(parsed.date),
            rfc_id=parsed.message_id,
            in_reply_to=parsed.in_reply_to,
            fingerprint=parsed.fingerprint,
            same_id_as=_same_id(parsed),
            thread_topic=parsed.thread_topic,
            thread_index=parsed.thread_index,
            match=found.match,
            may_join=found.sender.kind == "email" and found.verdict != "failed",
            inert=found.inert,
            unanswerable=found.unanswerable,
            sender_proven=found.verdict == "proven",
            raw_mail_id=stored.id,
            spam=found.sender.kind == "email" and mailboxes.is_blocked(found.sender.value),
            facts={"defects": list(parsed.defects)} if parsed.defects else {},
        )
    )
    if delivered.created:
        # What was matched is closed or gone: the new ticket was not found by any thread.
        delivered.message.threaded_by = None
    if found.sender.kind == "email":
        _reachable_again(found.sender.value)
    return delivered.message


def _answer_of_agent(stored: Stored, parsed: ParsedMail, found: Found, now: datetime) -> Message | None:
    """The reply of an agent by mail, if everything proves that it is one (SEMANTICS 1); else it is a customer's."""
    if found.verdict != "proven" or found.inert is not None or found.sender.kind != "email":
        return None
    for named in matching.signed_recipients(parsed, stored.envelope_to):
        agent = db.session.get(Agent, named.second) if named.kind == "a" and named.second is not None else None
        ticket = db.session.get(Ticket, named.first)
        if agent is None or ticket is None or agent.email != found.sender.value or not _may_answer(agent, ticket):
            continue
        if not parsed.reply_text.strip() or ticket.category == "closed":
            return None
        to = db.session.execute(select(Identity).where(Identity.id == ticket.requester_id)).scalar_one()
        if to.kind not in ("email", "visitor"):
            return None
        by_mail = to.kind == "email"
        message = messages.reply(
            ticket,
            agent,
            parsed.reply_text[: messages.LONGEST_TEXT],
            # A visitor reads it in the chat, or is mailed it from there.
            to=((to.value, to.name),) if by_mail else (),
            channel="email" if by_mail else "chat",
            at=stored.received_at,
            files=_files(parsed),
            client_key=f"mail:{stored.id}",
        )
        message.raw_mail_id = stored.id
        message.threaded_by = "recipient_token"
        message.fingerprint = parsed.fingerprint
        return message
    return None


def _may_answer(agent: Agent, ticket: Ticket) -> bool:
    return agent.is_active and level(agent, ticket) in ("reply", "manage")


def _people(parsed: ParsedMail, own: set[str]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Who else is on the mail; our own addresses never are."""
    kept: list[list[tuple[str, str]]] = [[], []]
    for place, people in zip(kept, (parsed.to, parsed.cc), strict=True):
        for person in people:
            if person.address and "@" in person.address and not {person.address, without_token(person.address)} & own:
                place.append((person.address, person.name[:LONGEST_NAME]))
    to = tuple(kept[0][:MOST_PEOPLE])
    return to, tuple(kept[1][: MOST_PEOPLE - len(to)])


def _files(parsed: ParsedMail) -> tuple[InboundFile, ...]:
    return tuple(
        InboundFile(
            filename=file.filename[:LONGEST_NAME],
            content_type=file.content_type[:LONGEST_NAME],
            content=file.content,
            inline=file.inline,
            content_id=file.content_id,
        )
        for file in parsed.attachments
    )


def _dated(date: datetime | None) -> datetime | None:
    """What the mail's Date header says, unless no calendar has such a day."""
    if date is None or not 1 < date.year < 9999:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _same_id(parsed: ParsedMail) -> int | None:
    """An earlier, different mail with the same Message-ID."""
    if parsed.message_id is None:
        return None
    same: ColumnElement[bool] = Message.rfc_id == parsed.message_id
    return db.session.scalar(select(func.min(Message.id)).where(same))


def _reached(message: Message, stored: Stored, mailbox: Mailbox, now: datetime) -> None:
    """Remember every mailbox of ours that this mail came to; the first decided the queue."""
    _remember(message.id, mailbox.id, stored.id, now)
    for address in stored.envelope_to:
        other = mailboxes.find(address) or mailboxes.find(without_token(address))
        if other is not None and other.id != mailbox.id:
            _remember(message.id, other.id, stored.id, now)


def _remember(message_id: int, mailbox_id: int, raw_id: int, now: datetime) -> None:
    db.session.execute(
        insert(MailDelivery)
        .values(message_id=message_id, mailbox_id=mailbox_id, raw_mail_id=raw_id, at=now)
        .on_conflict_do_nothing(index_elements=[MailDelivery.message_id, MailDelivery.mailbox_id])
    )


def _reachable_again(address: str) -> None:
    """Who writes to us has an address that works."""
    db.session.execute(
        update(Identity)
        .where(Identity.kind == "email", Identity.value == address, Identity.undeliverable_since.is_not(None))
        .values(undeliverable_since=None)
    )
