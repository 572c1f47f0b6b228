"""Mails that tests write themselves, and what they do with them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select

from tests.people import World
from ticketdesk.channels.email import intake
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import jobs
from ticketdesk.core.db import db
from ticketdesk.core.outbox import WAITING, OutboxRow
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket

DANA = "Dana <dana@customer.example>"
EVE = "Eve <eve@customer.example>"
SUPPORT = "support@desk.example"
ALICE = "Alice <alice@desk.example>"
RELAY = "mx.desk.example"
PROVEN = ("Authentication-Results", f"{RELAY}; dmarc=pass header.from=desk.example")
"""What the relay says of an agent's own mail, once a mailbox trusts it."""

_numbers = count(1)


def mail(
    *,
    sender: str | None = DANA,
    to: str = SUPPORT,
    subject: str = "The armrest came off",
    text: str = "It came off yesterday.",
    message_id: str | None = "",
    headers: Sequence[tuple[str, str]] = (),
    content_type: str = "text/plain; charset=utf-8",
) -> bytes:
    """A raw mail; an empty `message_id` gives it one of its own, None gives it none."""
    lines = [f"{name}: {value}" for name, value in headers]
    if sender is not None:
        lines.append(f"From: {sender}")
    lines += [f"To: {to}", f"Subject: {subject}", "Date: Wed, 04 Mar 2026 09:59:00 +0000"]
    if message_id == "":
        message_id = f"{next(_numbers)}.test@customer.example"
    if message_id is not None:
        lines.append(f"Message-ID: <{message_id}>")
    lines += ["MIME-Version: 1.0", f"Content-Type: {content_type}", "", text]
    return "\r\n".join(lines).encode() + b"\r\n"


def take(
    raw: bytes,
    now: datetime,
    *,
    mailbox: Mailbox | None = None,
    envelope_from: str | None = "dana@customer.example",
    envelope_to: Sequence[str] = (SUPPORT,),
) -> RawMail:
    """Bring a mail in and understand it."""
    stored = intake.store(
        raw,
        source="smtp",
        mailbox=mailbox or intake.mailbox_for(envelope_to),
        envelope_from=envelope_from,
        envelope_to=envelope_to,
        received_at=now,
    )
    row_id = intake.work_on(stored.id).id
    raw_id = stored.id
    db.session.commit()
    jobs.run(row_id, now)
    return db.session.get_one(RawMail, raw_id, populate_existing=True)


def message_of(raw: RawMail) -> Message:
    """The message that a mail became."""
    return db.session.scalars(select(Message).where(Message.raw_mail_id == raw.id)).one()


def placement_of(message: Message) -> Placement:
    """Where a message stands."""
    return db.session.scalars(
        select(Placement).where(Placement.message_id == message.id, Placement.ended_at.is_(None))
    ).one()


def ticket_of(raw: RawMail) -> Ticket:
    """The ticket that a mail reached."""
    return db.session.get_one(Ticket, placement_of(message_of(raw)).ticket_id, populate_existing=True)


def work_all(now: datetime, *, task: str | None = None) -> int:
    """Do what waits in the outbox, and what follows from it; returns how many rows."""
    done = 0
    while True:
        wanted = (
            select(OutboxRow.id).where(OutboxRow.state.in_(WAITING), OutboxRow.due_at <= now).order_by(OutboxRow.id)
        )
        if task is not None:
            wanted = wanted.where(OutboxRow.task == task)
        ids = db.session.scalars(wanted.order_by(OutboxRow.id)).all()
        if not ids:
            return done
        for row_id in ids:
            jobs.run(row_id, now)
            done += 1


def rows(purpose: str | None = None) -> list[OutboxRow]:
    """The rows that carry mail out, in order."""
    wanted = select(OutboxRow).where(OutboxRow.recipient.is_not(None)).order_by(OutboxRow.id)
    if purpose is not None:
        wanted = wanted.where(OutboxRow.purpose == purpose)
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def later(now: datetime, **spans: float) -> datetime:
    """A moment after another."""
    return now + timedelta(**spans)


def behind_relay(world: World, now: datetime) -> Ticket:
    """A ticket by mail, at a mailbox that trusts the relay in front of it."""
    made = ticket_of(take(mail(message_id="first@customer.example"), now))
    world.mailbox.trusted_relay = RELAY
    db.session.commit()
    return made
