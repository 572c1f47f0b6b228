"""Mail that answers a side conversation: found by what we signed, and kept out of the customer's conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ticketdesk.channels import side_delivery
from ticketdesk.channels.email import as_inbound, identifiers, matching, returned
from ticketdesk.channels.email.model import ParsedMail
from ticketdesk.channels.inbound import TURNING
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import side_talking, side_withdrawing
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage
from ticketdesk.tickets.side_talking import Answer


@dataclass(frozen=True, slots=True)
class Beside:
    """The side conversation that a mail belongs to, and what led there (CONTRACTS: `threaded_by`)."""

    side_id: int
    threaded_by: str


def find(parsed: ParsedMail, envelope_to: Sequence[str], answered: int | None) -> Beside | None:
    """The side conversation of a mail, by the ways of SEMANTICS 1 that prove something; None where it has none.

    `answered` is the one in which somebody outside wrote what it answers, looked up with what else was there before.
    Nothing in the words or the subject leads here: whoever quotes us must not turn a customer's mail into an answer.
    """
    for named in matching.signed_recipients(parsed, envelope_to):
        if named.kind == "s" and (side_id := _existing(named.first)) is not None:
            return Beside(side_id, "recipient_token")
    references = (*((parsed.in_reply_to,) if parsed.in_reply_to else ()), *reversed(parsed.references))
    keys = tokens.signing_keys()
    for reference in references:
        found = identifiers.in_message_id(reference, keys)
        if found is not None and found.kind == "o" and (side_id := _of_message(found.first)) is not None:
            return Beside(side_id, "reference_token")
    # The third party chose that id freely: it counts only where nothing that we signed names a ticket (SEMANTICS 1).
    if answered is None or matching.names_a_ticket(parsed, envelope_to):
        return None
    return Beside(answered, "message_id")


def take(beside: Beside, parsed: ParsedMail, raw_id: int, at: datetime, *, is_believed: bool) -> SideMessage:
    """Put it in."""
    sender = as_inbound.sender(parsed)
    answer = Answer(
        address=sender.value,
        name=sender.name.translate(TURNING),
        text=parsed.reply_text[: as_inbound.LONGEST_TEXT],
        quoted_text=parsed.quoted_text[: as_inbound.LONGEST_TEXT],
        files=as_inbound.files(parsed),
        rfc_id=parsed.message_id,
        fingerprint=parsed.fingerprint,
        raw_mail_id=raw_id,
        threaded_by=beside.threaded_by,
        inert=parsed.inert or ("a delivery report" if parsed.is_bounce else None),
        is_believed=is_believed and sender.kind == "email",
        is_report=parsed.is_bounce,
    )
    return side_talking.receive(beside.side_id, answer, at)


def origin_of(parsed: ParsedMail) -> SideMessage | None:
    """The message of a side conversation that a report returns, known by an id that we signed; never by a guess."""
    keys = tokens.signing_keys()
    ids = (*parsed.original_message_ids, *((parsed.in_reply_to,) if parsed.in_reply_to else ()), *parsed.references)
    for found in ids:
        named = identifiers.in_message_id(found, keys)
        message = db.session.get(SideMessage, named.first) if named is not None and named.kind == "o" else None
        if message is not None:
            return message
    return None


def mark(message: SideMessage, parsed: ParsedMail, at: datetime) -> bool:
    """Write down whom a message did not reach; False where the report names nobody that it was sent to."""
    side_talking.locked(message.side_id)
    which = OutboxRow.once.in_(side_withdrawing.names(message))
    rows = returned.came_back(which, parsed, at, is_sole=len(message.recipients) == 1)
    for row in rows:
        returned.undeliverable(row, at)
        side_delivery.tell_failed(message.id, row.id, at)
    return bool(rows)


def _existing(side_id: int) -> int | None:
    return db.session.scalar(select(SideConversation.id).where(SideConversation.id == side_id))


def _of_message(message_id: int) -> int | None:
    return db.session.scalar(select(SideMessage.side_id).where(SideMessage.id == message_id))
