"""A filled-in form on its way to a ticket."""

import hashlib
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.accounts import throttling
from ticketdesk.channels import inbound
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email import addresses
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.form import uploads
from ticketdesk.channels.form.form import Form, counter
from ticketdesk.channels.inbound import Inbound, Sender
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import counters, turns
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, Refused
from ticketdesk.tickets import tracking
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.filling import set_fields
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile, snippet
from ticketdesk.tickets.receiving import Letter

CHANNEL = "form"
WINDOW = timedelta(hours=1)
MOST_OF_AN_ADDRESS = 20
"""Forms taken in one window that name the same address."""
QUIET = timedelta(hours=3)
"""An address that nobody has proven gets one acknowledgement in this time, whoever types it how often (ML-07)."""
SHARES = 16
MOST_ACKNOWLEDGED = 30
"""Forms acknowledged in one window to each share of all addresses: beyond, somebody plays with other people's.

Parted, because one counter for all would let every form wait for the one before it.
"""


class TooMany(Refused):
    """So many forms came under one address that no more are taken for a while."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody gave; `answers` are the labels and answers of the form's own fields."""

    name: str
    address: str
    subject: str
    words: str
    answers: tuple[tuple[str, str], ...] = ()
    files: tuple[NewFile, ...] = ()
    brought: tuple[str, ...] = ()  # what the request named of files, whether they are still there or not
    fields: tuple[tuple[TicketField, tuple[str, ...]], ...] = ()  # what is said of the ticket
    spam: bool = False


def receive(form: Form, filled: Filled, filling: str, at: datetime) -> Message:
    """Make a ticket of it; the same words in the same filling give the message that was made the first time.

    Who goes back in the browser and writes something else is heard as well.

    What is said in fields of tickets is kept with the ticket that is opened.

    Raises Invalid for an address that is none, or one of ours, and for a field that does not fit, and TooMany.
    """
    key = f"form:{filling}:{_digest(filled)}"
    turns.take(turns.Turn.FORM, zlib.crc32(key.encode()))
    made = db.session.scalar(select(Message).where(Message.client_key == key))
    if made is not None:
        return made
    address = _address(filled.address)
    if throttling.count(f"form:address:{address}", WINDOW, at) > MOST_OF_AN_ADDRESS:
        raise TooMany("Many messages came under this address within an hour. Write us a mail, or try again later.")
    done = inbound.deliver(
        Inbound(
            brand_id=form.brand_id,
            queue_id=form.queue_id,
            mailbox_id=_mailbox_id(form),
            sender=Sender("email", address, filled.name),
            letter=Letter(
                channel=CHANNEL,
                subject=filled.subject,
                text=_text(filled),
                files=filled.files,
                unanswerable=_silence(address, filled, at),
                client_key=key,
                facts={"form_id": form.id, "answers": [list(answer) for answer in filled.answers]},
            ),
            received_at=at,
            spam=filled.spam or mailboxes.is_blocked(address),
        )
    )
    set_fields(done.ticket, dict(filled.fields), Actor("contact", done.ticket.requester_id), at)
    # Lists show how the words begin; the answers above them begin alike in every ticket of this form.
    done.message.snippet = done.ticket.last_words = snippet(filled.words)
    tracking.link_for(done.ticket.id, done.ticket.requester_id, at)
    uploads.forget(filling)
    counters.move((), (counter(form.id),))
    return done.message


def _digest(filled: Filled) -> str:
    """What tells one letter from another."""
    parts = [filled.name, filled.address, filled.subject, _text(filled), *filled.brought]
    parts += [f"{field.key}={value}" for field, values in filled.fields for value in values]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def _address(given: str) -> str:
    address = addresses.normalise(given)
    if not addresses.is_address(address):
        raise Invalid("This is not an email address. Write it like name@example.com.", "address")
    if {address, without_token(address)} & mailboxes.addresses():
        raise Invalid("This is our own address. Give yours, so that we can answer you.", "address")
    return address


def _silence(address: str, filled: Filled, at: datetime) -> str | None:
    """Why nothing is mailed back automatically; None when it is."""
    if filled.spam:
        return "a field was filled in that no person sees"
    if throttling.count(f"form:acknowledged:{address}", QUIET, at) > 1:
        return "this address had an acknowledgement a short while ago"
    share = zlib.crc32(address.encode()) % SHARES
    if throttling.count(f"form:acknowledged:all:{share}", WINDOW, at) > MOST_ACKNOWLEDGED:
        return "many forms came in within an hour"
    return None


def _text(filled: Filled) -> str:
    """The answers above the words, for whoever reads it, wherever they do."""
    lines = [f"{label}: {answer}" if "\n" not in answer else f"{label}:\n{answer}" for label, answer in filled.answers]
    return "\n\n".join(part for part in ("\n".join(lines), filled.words) if part)


def _mailbox_id(form: Form) -> int | None:
    """The address that answers leave from: one of the brand, best the one that feeds the same queue; or none."""
    return db.session.scalar(
        select(Mailbox.id)
        .where(Mailbox.disabled_at.is_(None), Mailbox.brand_id == form.brand_id)
        .order_by((Mailbox.queue_id == form.queue_id).desc(), Mailbox.is_default.desc(), Mailbox.id)
        .limit(1)
    )
