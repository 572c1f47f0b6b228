"""Mail of ours that came back: which message it was, and whom it did not reach."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update

from ticketdesk.channels import delivery
from ticketdesk.channels.email import identifiers, matching
from ticketdesk.channels.email.model import ParsedMail
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import tokens
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_one

REACHABLE = ("sent", "delivered", "ambiguous")


@dataclass(frozen=True, slots=True)
class Origin:
    """The message of ours that a report is about, and the ticket it stands in."""

    message_id: int
    ticket_id: int


def origin_of(parsed: ParsedMail) -> Origin | None:
    """The message a report returns, known by an id that we signed; a guess is never good enough."""
    keys = tokens.signing_keys()
    ids = (*parsed.original_message_ids, *((parsed.in_reply_to,) if parsed.in_reply_to else ()), *parsed.references)
    for found in ids:
        named = identifiers.in_message_id(found, keys)
        ticket_id = matching.ticket_of(named) if named is not None and named.kind == "m" else None
        if named is not None and ticket_id is not None:
            return Origin(named.first, ticket_id)
    return None


def mark(origin: Origin, parsed: ParsedMail, at: datetime) -> None:
    """Write on the message whom it did not reach; temporary reports change nothing, for the mail may still arrive."""
    ticket = lock_one(origin.ticket_id)
    of = and_(OutboxRow.message_id == origin.message_id, OutboxRow.channel == "email")
    for row in came_back(of, parsed, at):
        undeliverable(row, at)
        timeline.record(
            ticket,
            "reply_bounced",
            SYSTEM,
            at,
            {"message_id": origin.message_id, "outbox_id": row.id, "permanent": True},
        )
        delivery.nobody_reached(ticket, origin.message_id, row.id, at, bounced=True)


def undeliverable(row: OutboxRow, at: datetime) -> None:
    """Remember of the address that a row went to that it accepts no mail."""
    db.session.execute(
        update(Identity)
        .where(Identity.kind == "email", Identity.value == row.recipient, Identity.undeliverable_since.is_(None))
        .values(undeliverable_since=at)
    )


def came_back(
    which: ColumnElement[bool], parsed: ParsedMail, at: datetime, *, is_sole: bool = False
) -> list[OutboxRow]:
    """Mark those of some rows whose recipients, the report says, will never be reached; returns them, held.

    `is_sole`: the mail went to one recipient, so that whoever a report names is that one, whose mail is forwarded.
    """
    rows = db.session.scalars(
        select(OutboxRow).where(which, OutboxRow.state.in_(REACHABLE)).order_by(OutboxRow.id).with_for_update()
    ).all()
    permanent = {failed.address: failed for failed in parsed.failed_recipients if failed.permanent}
    forwarded = next(iter(permanent.values()), None) if is_sole else None
    found = [row for row in rows if row.recipient in permanent or forwarded is not None]
    for row in found:
        failed = permanent.get(row.recipient or "", forwarded)
        status = failed.status if failed is not None else ""
        row.state, row.finished_at = "bounced", at
        row.error = f"It came back: the address does not accept mail{f' ({status})' if status else ''}."
    return found
