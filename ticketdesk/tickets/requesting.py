"""Who a ticket is for: somebody else than the agent who forwarded the mail, and back again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from ticketdesk.contacts.contact import Identity
from ticketdesk.core import tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import participant, retelling, timeline
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.indexing import index_ticket
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.opening import LONGEST_SUBJECT
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.placing import place, snippet
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.ticket import Ticket

MOMENT = timedelta(microseconds=1)
"""What somebody sees begins after the mail in which they were forwarded, however quickly that was decided."""


@dataclass(frozen=True, slots=True)
class Original:
    """What somebody else had written, found inside a mail that was forwarded to us.

    Nobody can tell which of the mail's files were theirs and which the forwarder's, so an agent says it.
    """

    sender: Identity
    subject: str
    text: str
    dated_at: datetime | None = None
    files: frozenset[str] = frozenset()  # the references of those files of the mail that were theirs


def change(ticket: Ticket, forwarded: Message, original: Original, by: Actor, at: datetime) -> Message:
    """The ticket is for the original sender from now on, and what they wrote stands in it as theirs.

    They see that and what comes later; the mail in which it was forwarded, with whatever the forwarder said of it,
    they never see (SECURITY R12). Clocks go on from when the forwarded mail came. Nobody is told. Raises Conflict for
    a ticket that is for somebody else already, is merged, or is closed.
    """
    ticket = lock_standing(ticket.id)
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed.")
    if ticket.requester_id != forwarded.identity_id or original.sender.id == ticket.requester_id:
        raise Conflict(f"#{ticket.number} is for somebody else by now.")
    since = max(at, forwarded.written_at + MOMENT)
    message = Message(
        kind="public",
        direction="in",
        channel="email",
        identity_id=original.sender.id,
        subject=original.subject or None,
        text=original.text,
        snippet=snippet(original.text),
        unanswerable="an agent forwarded it",
        written_at=since,
        dated_at=original.dated_at,
        facts={"forwarded_in": forwarded.id},
    )
    db.session.add(message)
    db.session.flush()
    _copy_files(forwarded, message, original.files)
    _hand_over(ticket, ticket.requester_id, original.sender.id, at, sees_since=since)
    ticket.subject = " ".join((original.subject or ticket.subject).split())[:LONGEST_SUBJECT]
    place(message, ticket, at, author=original.sender.called)
    index_ticket(ticket)
    _record(ticket, by, at, {"from": forwarded.identity_id, "to": original.sender.id, "message_id": message.id})
    return message


def give_back(ticket: Ticket, forwarded: Message, by: Actor, at: datetime) -> Ticket:
    """The ticket is for whoever forwarded it again, as if nobody had said otherwise.

    Raises Conflict when the original sender was answered or wrote since then, or nothing was changed.
    """
    ticket = lock_standing(ticket.id)
    rows = db.session.execute(
        select(Message, Placement)
        .join(Placement, Placement.message_id == Message.id)
        .where(
            Placement.ticket_id == ticket.id,
            Placement.ended_at.is_(None),
            Message.facts["forwarded_in"].as_integer() == forwarded.id,
        )
    ).one_or_none()
    if rows is None or forwarded.identity_id is None:
        raise Conflict("This was not made somebody else's ticket.")
    message, placement = rows
    if _was_written_to_since(ticket, message):
        raise Conflict("Something was said in public since then, so it stays as it is.")
    _hand_over(ticket, ticket.requester_id, forwarded.identity_id, at, sees_since=None)
    placement.ended_at = at
    row = db.session.get(SearchRow, message.id)
    if row is not None:
        db.session.delete(row)
    ticket.subject = " ".join((forwarded.subject or ticket.subject).split())[:LONGEST_SUBJECT]
    retelling.retell(ticket)
    index_ticket(ticket)
    facts = {"from": message.identity_id, "to": forwarded.identity_id, "message_id": message.id, "undone": True}
    _record(ticket, by, at, facts)
    return ticket


def _hand_over(ticket: Ticket, old_id: int, new_id: int, at: datetime, *, sees_since: datetime | None) -> None:
    """One requester goes, the other comes; the first takes no part any more."""
    old = db.session.scalar(
        select(Participant).where(Participant.ticket_id == ticket.id, Participant.identity_id == old_id)
    )
    if old is not None:
        old.role, old.state = "third_party", "removed"
    new = participant.add(ticket.id, new_id, "requester", "active", at, sees_since=sees_since)
    new.role = "requester"
    ticket.requester_id = new_id
    db.session.flush()


def _record(ticket: Ticket, by: Actor, at: datetime, facts: Json) -> None:
    timeline.record(ticket, "requester_changed", by, at, facts)


def _copy_files(forwarded: Message, message: Message, chosen: frozenset[str]) -> None:
    """Files that were the original sender's belong to both letters; their bytes are kept once."""
    files: Sequence[Attachment] = db.session.scalars(
        select(Attachment)
        .where(Attachment.message_id == forwarded.id, Attachment.reference.in_(chosen))
        .order_by(Attachment.position, Attachment.id)
    ).all()
    for file in files:
        db.session.add(
            Attachment(
                reference=tokens.reference(),
                message_id=message.id,
                blob_sha256=file.blob_sha256,
                filename=file.filename,
                content_type=file.content_type,
                size=file.size,
                inline=file.inline,
                content_id=file.content_id,
                position=file.position,
            )
        )


def _was_written_to_since(ticket: Ticket, message: Message) -> bool:
    count = select(func.count()).select_from(Placement).join(Message, Message.id == Placement.message_id)
    later = db.session.scalar(
        count.where(
            Placement.ticket_id == ticket.id,
            Placement.ended_at.is_(None),
            Message.kind == "public",
            Message.id > message.id,
        )
    )
    return bool(later)
