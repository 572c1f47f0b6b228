"""Understanding stored mail: parse it in the child, guard, match, and hand it in; or set it aside with the reason."""

import atexit
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Text, bindparam, func, select, update

from ticketdesk.channels import inbound
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email import (
    agent_mail,
    as_inbound,
    authentication,
    earlier,
    identifiers,
    matching,
    returned,
    side_mail,
)
from ticketdesk.channels.email.agent_mail import Came
from ticketdesk.channels.email.as_inbound import Found
from ticketdesk.channels.email.child import ParserChild
from ticketdesk.channels.email.earlier import Known
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.email.model import ParsedMail, Unreadable
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.email.side_mail import Beside
from ticketdesk.channels.inbound import Match, Sender
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import storage, tokens
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.side_conversation import SideMessage

WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 120))
"""Pauses before each further attempt; after the last the mail is set aside for a person to look at."""
MOST_DEATHS = 2
"""A mail that took its reader down this often is not read a third time."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a raw mail before it is read; plain values, so that no transaction is open meanwhile."""

    id: int
    sha256: str
    mailbox_id: int | None
    envelope_from: str | None
    envelope_to: tuple[str, ...]
    received_at: datetime


def understand(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: understand one stored mail; says what it became (CONTRACTS, `mail ingest`).

    A mail that was understood already stays as it is.
    """
    failpoint("claim")
    stored = _begin(claim.payload["raw_mail_id"])
    db.session.commit()
    if stored is None:
        return "done", None
    if claim.deaths >= MOST_DEATHS:
        return "done", set_aside(stored.id, "The program stopped each time while reading it.", now)
    content = storage.read(stored.sha256)
    try:
        parsed = parser().parse(content)
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
        .values(state=state, reason=reason[:1000], label=label, understood_at=now, tries=RawMail.tries + 1)
        .returning(RawMail.id),
        execution_options={"synchronize_session": False},
    )
    if done is None:
        return None
    return label or "quarantined"


@cache
def parser() -> ParserChild:
    """The warm child of this process."""
    child = ParserChild()
    atexit.register(child.close)
    return child


def _begin(raw_id: int) -> Stored | None:
    """None when there is nothing left to understand; how often it was tried is counted by its outbox row."""
    row = db.session.execute(_STORED, {"id": raw_id}).one_or_none()
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
    raw = db.session.scalar(_OURS, {"id": stored.id, "mark": parsed.fingerprint})
    if raw is None:
        return None
    if parsed.quarantine is not None:
        return set_aside(raw.id, parsed.quarantine, now)
    mailbox = _mailbox(stored)
    if mailbox is None:
        return set_aside(raw.id, "There is no mailbox yet to take mail in. Add one, then try again.", now)
    known = earlier.known(parsed, as_inbound.sender(parsed))
    if known.copy_of is not None:
        return _duplicate(raw, db.session.get_one(Message, known.copy_of), mailbox, now)
    ours = _ours(parsed, mailboxes.addresses())
    if ours is not None:
        return set_aside(raw.id, ours, now, state="inert", label="auto_reply")
    beside = _beside(raw, stored, parsed, mailbox, known, now)
    if beside is not None:
        return beside
    origin = returned.origin_of(parsed) if parsed.is_bounce else None
    found = _judge(stored, parsed, mailbox, origin)
    label = _label(parsed)
    if found.inert is not None and (found.match is None or matching.is_closed(found.match.ticket_id)):
        if origin is not None:
            returned.mark(origin, parsed, now)
        return set_aside(raw.id, found.inert, now, state="inert", label=label)
    message = _answer_of_agent(stored, parsed, found) or _hand_in(stored, parsed, mailbox, found, known)
    if origin is not None:
        returned.mark(origin, parsed, now)
    earlier.reached(message, stored.id, mailbox, stored.envelope_to, now)
    raw.state, raw.label, raw.understood_at, raw.tries = "message", label, now, raw.tries + 1
    db.session.flush()
    if label is not None:
        return label
    return "appended" if found.match is not None and message.threaded_by is not None else "created"


def _mailbox(stored: Stored) -> Mailbox | None:
    found = db.session.get(Mailbox, stored.mailbox_id) if stored.mailbox_id is not None else None
    return found if found is not None and found.disabled_at is None else mailboxes.default_mailbox()


def _duplicate(raw: RawMail, first: Message, mailbox: Mailbox, now: datetime) -> str:
    raw.state, raw.understood_at, raw.duplicate_of_id = "duplicate", now, first.raw_mail_id
    raw.tries += 1
    earlier.remember(first.id, mailbox.id, raw.id, now)
    db.session.flush()
    return "duplicate"


def _beside(
    raw: RawMail, stored: Stored, parsed: ParsedMail, mailbox: Mailbox, known: Known, now: datetime
) -> str | None:
    """Take in what belongs to a side conversation; None for what does not."""
    if known.copy_beside is not None:
        copy = db.session.get_one(SideMessage, known.copy_beside)
        raw.state, raw.duplicate_of_id, raw.understood_at, raw.tries = "duplicate", copy.raw_mail_id, now, raw.tries + 1
        db.session.flush()
        return "duplicate"
    if parsed.is_bounce:
        origin = side_mail.origin_of(parsed)
        if origin is not None and side_mail.mark(origin, parsed, now):
            why = "It tells that a mail to somebody outside came back."
            return set_aside(raw.id, why, now, state="inert", label="bounce")
        # Whom it means cannot be told, so somebody has to read it.
        found = Beside(origin.side_id, "reference_token") if origin is not None else None
    else:
        found = side_mail.find(parsed, stored.envelope_to, known.beside)
    if found is None:
        return None
    raw.state, raw.label, raw.understood_at, raw.tries = "message", _label(parsed), now, raw.tries + 1
    is_believed = _verdict(parsed, mailbox) != "failed" and not known.is_blocked
    side_mail.take(found, parsed, stored.id, stored.received_at, is_believed=is_believed)
    return raw.label or "appended"


def _ours(parsed: ParsedMail, own: set[str]) -> str | None:
    """Why a mail is one of our own that found its way back."""
    if parsed.message_id is not None and identifiers.in_message_id(parsed.message_id, tokens.signing_keys()):
        return "our own mail came back"
    if parsed.sender is not None and {parsed.sender.address, without_token(parsed.sender.address)} & own:
        return "sent by one of our own mailboxes"
    return None


def _judge(stored: Stored, parsed: ParsedMail, mailbox: Mailbox, origin: returned.Origin | None) -> Found:
    sender = as_inbound.sender(parsed)
    verdict = _verdict(parsed, mailbox)
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


def _verdict(parsed: ParsedMail, mailbox: Mailbox) -> authentication.Verdict:
    sender = as_inbound.sender(parsed)
    if sender.kind != "email":
        return "unknown"
    domain = sender.value.rpartition("@")[2]
    return authentication.judge(parsed.authentication_results, mailbox.trusted_relay, domain)


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


def _hand_in(stored: Stored, parsed: ParsedMail, mailbox: Mailbox, found: Found, known: Known) -> Message:
    delivered = inbound.deliver(as_inbound.of(parsed, stored.id, stored.received_at, mailbox, found, known))
    if delivered.created:
        # What was matched is closed or gone: the new ticket was not found by any thread.
        delivered.message.threaded_by = None
    if found.sender.kind == "email" and delivered.message.identity_id is not None:
        _reachable_again(delivered.message.identity_id)
    return delivered.message


def _answer_of_agent(stored: Stored, parsed: ParsedMail, found: Found) -> Message | None:
    """What an agent answers by mail, if everything proves that it is theirs (SEMANTICS 1); else it is a customer's."""
    if found.verdict != "proven" or found.inert is not None or found.sender.kind != "email":
        return None
    sender, at = found.sender.value, stored.received_at
    return agent_mail.take(Came(stored.id, parsed, sender, stored.envelope_to, as_inbound.files(parsed), at))


def _reachable_again(identity_id: int) -> None:
    """Who writes to us has an address that works."""
    identity = db.session.get_one(Identity, identity_id)
    if identity.undeliverable_since is not None:
        identity.undeliverable_since = None


# Built once: they are asked for every mail, and building costs more than asking.
_STORED = select(
    RawMail.id,
    RawMail.blob_sha256,
    RawMail.mailbox_id,
    RawMail.envelope_from,
    RawMail.envelope_to,
    RawMail.received_at,
).where(RawMail.id == bindparam("id"), RawMail.state == "stored")
_OURS = (
    select(RawMail, func.pg_advisory_xact_lock(func.hashtextextended(bindparam("mark", type_=Text()), 0)))
    .where(RawMail.id == bindparam("id"), RawMail.state == "stored")
    .with_for_update(of=RawMail)
    .execution_options(populate_existing=True)
)
