"""Taking mail in: stored and committed before anything reads it, and understood soon after."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.channels.email.addresses import normalise
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox, default_mailbox, find
from ticketdesk.core import audit, outbox, storage
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.core.failpoints import failpoint
from ticketdesk.core.outbox import OutboxRow

TASK = "mail.understand"
MOST_RECIPIENTS = 100


def store(
    raw: bytes,
    *,
    source: str,
    mailbox: Mailbox | None,
    envelope_from: str | None = None,
    envelope_to: Sequence[str] = (),
    received_at: datetime,
    source_key: str | None = None,
) -> RawMail:
    """Keep a mail as it came and leave the work of understanding it; the caller commits, then says that it has it.

    The same `source_key` again gives the row that is there, and no second work.
    """
    sha256 = storage.keep(raw, received_at)
    made: RawMail | None = db.session.scalar(
        insert(RawMail)
        .values(
            blob_sha256=sha256,
            size=len(raw),
            mailbox_id=mailbox.id if mailbox is not None else None,
            source=source,
            source_key=source_key,
            envelope_from=None if envelope_from is None else normalise(envelope_from),
            envelope_to=[normalise(address) for address in envelope_to][:MOST_RECIPIENTS],
            received_at=received_at,
            state="stored",
            tries=0,
        )
        .on_conflict_do_nothing(index_elements=[RawMail.source_key])
        .returning(RawMail)
    )
    if made is None:
        return db.session.scalars(select(RawMail).where(RawMail.source_key == source_key)).one()
    outbox.add(TASK, {"raw_mail_id": made.id}, due_at=received_at, once=_once(made.id))
    db.session.flush()
    failpoint("store")
    return made


def mailbox_for(recipients: Sequence[str]) -> Mailbox | None:
    """The mailbox that takes mail for these envelope recipients: the first that is ours, else the default one."""
    for recipient in recipients:
        found = owner(recipient)
        if found is not None:
            return found
    return default_mailbox()


def owner(address: str) -> Mailbox | None:
    """The mailbox that an address, with or without a plus part, belongs to."""
    written = normalise(address)
    return find(written) or find(without_token(written))


def retry(raw: RawMail, by: Actor, at: datetime) -> RawMail:
    """Try again to understand a mail that was set aside; raises Conflict for one that was not."""
    raw = db.session.scalars(
        select(RawMail).where(RawMail.id == raw.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if raw.state not in ("quarantined", "inert"):
        raise Conflict("This mail is not set aside any more.")
    raw.state, raw.reason, raw.label, raw.understood_at, raw.tries = "stored", None, None, None, 0
    outbox.again(work_on(raw.id), at)
    audit.note("mail_retried", "raw_mail", raw.id, by, at)
    return raw


def work_on(raw_mail_id: int) -> OutboxRow:
    """The row of background work that understands a mail."""
    return db.session.scalars(select(OutboxRow).where(OutboxRow.once == _once(raw_mail_id))).one()


def _once(raw_mail_id: int) -> str:
    return f"understand:{raw_mail_id}"
