"""A parsed mail as the one door for messages takes it: within our bounds, and without our own addresses."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email import authentication, forwarding
from ticketdesk.channels.email.earlier import Known
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.email.model import ParsedMail
from ticketdesk.channels.inbound import Inbound, Match, Sender
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.db import Json
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter

MOST_PEOPLE = 50
LONGEST_TEXT = 1_000_000
LONGEST_NAME = 200
UNCLEAR = "unclear"
"""The kind of identity of a sender who can be read in two ways; it never takes part in anything by itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the guards and the matching made of a mail."""

    match: Match | None
    sender: Sender
    verdict: authentication.Verdict
    inert: str | None
    unanswerable: str | None


def sender(parsed: ParsedMail) -> Sender:
    """Who wrote it, as far as that can be said."""
    written = parsed.sender
    if written is None:
        return Sender(UNCLEAR, "unknown", "")
    name = written.name[:LONGEST_NAME]
    if parsed.sender_known and written.address:
        return Sender("email", written.address, name)
    return Sender(UNCLEAR, written.address or name or "unknown", name)


def of(parsed: ParsedMail, raw_id: int, received_at: datetime, mailbox: Mailbox, found: Found, known: Known) -> Inbound:
    """What is handed in."""
    people = _people(parsed, mailboxes.addresses())
    return Inbound(
        brand_id=mailbox.brand_id,
        queue_id=mailbox.queue_id,
        mailbox_id=mailbox.id,
        sender=found.sender,
        letter=Letter(
            channel="email",
            subject=parsed.subject,
            text=parsed.reply_text[:LONGEST_TEXT],
            quoted_text=parsed.quoted_text[:LONGEST_TEXT],
            signature=parsed.signature[:LONGEST_TEXT],
            html=parsed.html if parsed.html is None or len(parsed.html) <= LONGEST_TEXT else None,
            html_new=parsed.html_new,
            cleaner_version=parsed.cleaner_version,
            files=files(parsed),
            to=people[0],
            cc=people[1],
            dated_at=_dated(parsed.date),
            rfc_id=parsed.message_id,
            in_reply_to=parsed.in_reply_to,
            fingerprint=parsed.fingerprint,
            same_id_as=known.same_id_as,
            thread_topic=parsed.thread_topic,
            thread_index=parsed.thread_index,
            inert=found.inert,
            unanswerable=found.unanswerable,
            sender_proven=found.verdict == "proven",
            raw_mail_id=raw_id,
            facts=_facts(parsed, found),
        ),
        received_at=received_at,
        match=found.match,
        may_join=found.sender.kind == "email" and found.verdict != "failed",
        spam=known.is_blocked,
    )


def shown(parsed: ParsedMail) -> Json:
    """How the HTML of a mail looks, as facts of its message."""
    facts = {"rich": parsed.is_rich, "pictures": parsed.remote_pictures, "traces": parsed.traces}
    return {name: value for name, value in facts.items() if value}


def _facts(parsed: ParsedMail, found: Found) -> Json:
    """What is worth showing beside the words."""
    facts: Json = shown(parsed) if parsed.html is not None else {}
    if parsed.defects:
        facts["defects"] = list(parsed.defects)
    # Forwarded into a conversation that goes on, a mail is a part of that.
    if found.match is None and (offer := forwarding.offered(parsed)) is not None:
        facts["forwarded"] = offer
    return facts


def _people(parsed: ParsedMail, own: set[str]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Who else is on the mail; our own addresses never are."""
    kept: list[list[tuple[str, str]]] = [[], []]
    for place, people in zip(kept, (parsed.to, parsed.cc), strict=True):
        for person in people:
            if person.address and "@" in person.address and not {person.address, without_token(person.address)} & own:
                place.append((person.address, person.name[:LONGEST_NAME]))
    to = tuple(kept[0][:MOST_PEOPLE])
    return to, tuple(kept[1][: MOST_PEOPLE - len(to)])


def files(parsed: ParsedMail) -> tuple[NewFile, ...]:
    """Its attachments."""
    return tuple(
        NewFile(
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
