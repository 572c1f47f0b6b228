"""What of a mail was there before, and which mailboxes of ours it came to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.email.model import ParsedMail
from ticketdesk.channels.email.raw_mail import MailDelivery
from ticketdesk.channels.inbound import Sender
from ticketdesk.channels.mailbox import Mailbox, SenderBlock
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.side_conversation import SideMessage


@dataclass(frozen=True, slots=True)
class Known:
    """What was there before a mail came."""

    copy_of: int | None
    """The message that it is a copy of (SEMANTICS 1, step 0)."""
    same_id_as: int | None
    """An earlier, perhaps different mail with the same Message-ID."""
    is_blocked: bool
    """Whether its sender's mail is unwanted."""
    copy_beside: int | None = None
    """The message of a side conversation that it is a copy of."""
    beside: int | None = None
    """The side conversation in which somebody wrote what it answers."""


def known(parsed: ParsedMail, sender: Sender) -> Known:
    """Look for copies of a mail, and for whoever does not want its sender."""
    row = db.session.execute(
        _KNOWN,
        {
            "fingerprint": parsed.fingerprint,
            "rfc_id": parsed.message_id,
            "answered": [*parsed.references, *([parsed.in_reply_to] if parsed.in_reply_to else [])],
            "patterns": mailboxes.patterns_of(sender.value) if sender.kind == "email" else [],
        },
    ).one()
    return Known(row.copy_of, row.same_id_as, row.is_blocked, row.copy_beside, row.beside)


def reached(message: Message, raw_id: int, mailbox: Mailbox, envelope_to: Iterable[str], now: datetime) -> None:
    """Remember every mailbox of ours that this mail came to; the first decided the queue."""
    remember(message.id, mailbox.id, raw_id, now)
    own = mailboxes.addresses()
    for address in envelope_to:
        for named in (address, without_token(address)):
            if named == mailbox.address:
                break
            other = mailboxes.find(named) if named in own else None
            if other is not None:
                remember(message.id, other.id, raw_id, now)
                break


def remember(message_id: int, mailbox_id: int, raw_id: int, now: datetime) -> None:
    """A mailbox of ours had a copy of this message."""
    with db.session.no_autoflush:  # the message is there already
        db.session.execute(
            _REMEMBER, {"message_id": message_id, "mailbox_id": mailbox_id, "raw_mail_id": raw_id, "at": now}
        )


# Built once: they are asked for every mail, and building costs more than asking.
_KNOWN = select(
    select(Message.id)
    .where(
        Message.fingerprint == bindparam("fingerprint"),
        # An agent's reply by mail has our own id instead of the mail's.
        or_(Message.rfc_id.is_not_distinct_from(bindparam("rfc_id", type_=Text())), Message.direction == "out"),
    )
    .order_by(Message.id)
    .limit(1)
    .scalar_subquery()
    .label("copy_of"),
    select(func.min(Message.id))
    .where(Message.rfc_id == bindparam("rfc_id", type_=Text()))
    .scalar_subquery()
    .label("same_id_as"),
    select(SenderBlock.id)
    .where(SenderBlock.pattern.in_(bindparam("patterns", expanding=True)))
    .exists()
    .label("is_blocked"),
    select(func.min(SideMessage.id))
    .where(
        SideMessage.fingerprint == bindparam("fingerprint"),
        SideMessage.rfc_id.is_not_distinct_from(bindparam("rfc_id", type_=Text())),
        SideMessage.direction == "in",
    )
    .scalar_subquery()
    .label("copy_beside"),
    # Of several with one id, the newest is meant.
    select(SideMessage.side_id)
    .where(
        SideMessage.rfc_id.in_(bindparam("answered", expanding=True)),
        SideMessage.held.is_(False),
        SideMessage.inert.is_(None),
    )
    .order_by(SideMessage.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("beside"),
)
_REMEMBER = (
    insert(MailDelivery)
    .values({name: bindparam(name) for name in ("message_id", "mailbox_id", "raw_mail_id", "at")})
    .on_conflict_do_nothing(index_elements=[MailDelivery.message_id, MailDelivery.mailbox_id])
)
