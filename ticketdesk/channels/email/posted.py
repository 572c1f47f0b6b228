"""Mail that a provider posts: for which mailbox it is, and that a repeated post is one mail."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email import envelope, intake
from ticketdesk.channels.email.addresses import normalise
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.db import db


def take(raw: bytes, mailbox_id: int | None, sender: str | None, to: Sequence[str], at: datetime) -> RawMail:
    """Keep a posted mail; the caller commits, then says that it has it.

    A provider that hears no answer posts the same again: the same mail for the same recipients is one row.
    A secret of one mailbox (`mailbox_id`) hands mail to that one, whatever else is said.
    """
    named = [normalise(address) for address in to if "@" in address] or _ours(raw)
    mailbox = db.session.get(Mailbox, mailbox_id) if mailbox_id is not None else intake.mailbox_for(named)
    words = [str(mailbox.id if mailbox else ""), *sorted(set(named))]
    mark = hashlib.sha256(hashlib.sha256(raw).digest() + "\n".join(words).encode()).hexdigest()
    return intake.store(
        raw,
        source="hook",
        mailbox=mailbox,
        envelope_from=sender,
        envelope_to=named,
        received_at=at,
        source_key=f"hook:{mark}",
    )


def _ours(raw: bytes) -> list[str]:
    """The recipients in the mail's own headers that are mailboxes of ours."""
    own = mailboxes.addresses()
    written = (normalise(address) for address in envelope.recipients_of(raw))
    return [address for address in dict.fromkeys(written) if {address, without_token(address)} & own]
