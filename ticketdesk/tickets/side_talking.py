"""Asking somebody outside, beside the conversation with the customer: no clock, status or customer hears of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import aliased

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core import storage, tokens
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import timeline, writing
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.drafts import check_fits
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage, SidePerson
from ticketdesk.tickets.ticket import Ticket

MOST_PEOPLE = 10
LONGEST_SUBJECT = 300

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agent writes to people outside: the words as Markdown, and under which key of the browser."""

    text: str
    to: Pairs  # (address, name)
    files: Sequence[NewFile] = ()
    client_key: str | None = None
    leaves_at: datetime | None = None  # it can be taken back until then


@dataclass(frozen=True, slots=True)
class Answer:
    """What came in from outside, already understood."""

    address: str
    name: str
    text: str
    quoted_text: str = ""
    files: Sequence[NewFile] = ()
    rfc_id: str | None = None
    fingerprint: str | None = None
    raw_mail_id: int | None = None
    threaded_by: str | None = None
    inert: str | None = None
    is_believed: bool = True  # False: the sender's address proves nothing here, so hold it
    is_report: bool = False  # it tells what became of our own mail, and names it by what we signed: nobody to hold


def begin(ticket: Ticket, agent: Agent, subject: str, draft: Draft, at: datetime) -> SideMessage:
    """Ask somebody outside. Raises Invalid for no subject, no words, and for whom nobody can be asked beside.

    The same `client_key` again gives the message that was made the first time.
    """
    ticket = lock_one(ticket.id)
    made = _made_before(draft)
    if made is not None:
        return made
    writing.check_whole(ticket)
    about = " ".join(subject.split())[:LONGEST_SUBJECT]
    if not about:
        raise Invalid("Say in a few words what it is about.", "subject")
    check_people(ticket, draft.to)
    text = writing.words(draft.text)
    side = SideConversation(ticket_id=ticket.id, subject=about, begun_by_id=agent.id, begun_at=at, said_at=at)
    db.session.add(side)
    db.session.flush()
    message = _sent(side, agent, text, draft, at)
    timeline.record(ticket, "side_begun", agent.actor, at, {"side_id": side.id, "message_id": message.id})
    return message


def write(side_id: int, agent: Agent, draft: Draft, at: datetime) -> SideMessage:
    """Write on in a side conversation, which opens it again. Raises as `begin` does, and NotFound."""
    ticket, side = locked(side_id)
    made = _made_before(draft)
    if made is not None:
        return made
    writing.check_whole(ticket)
    check_people(ticket, draft.to)
    message = _sent(side, agent, writing.words(draft.text), draft, at)
    side.done_at, side.said_at = None, at
    timeline.record(ticket, "side_sent", agent.actor, at, {"side_id": side.id, "message_id": message.id})
    return message


def receive(side_id: int, answer: Answer, at: datetime) -> SideMessage:
    """Somebody answered: held unless they were asked (SEMANTICS 1), inert where a machine wrote it."""
    ticket, side = locked(side_id)
    person = db.session.scalar(_PERSON, {"side_id": side.id, "address": answer.address})
    # A machine's mail is no exception: anybody can write the header that says so.
    held = not answer.is_report and (person is None or person.state != "active" or not answer.is_believed)
    message = SideMessage(
        side_id=side.id,
        direction="in",
        address=answer.address,
        name=answer.name,
        text=answer.text,
        quoted_text=answer.quoted_text,
        rfc_id=answer.rfc_id,
        fingerprint=answer.fingerprint,
        raw_mail_id=answer.raw_mail_id,
        threaded_by=answer.threaded_by,
        inert=answer.inert,
        held=held,
        written_at=at,
    )
    db.session.add(message)
    db.session.flush()
    _attach(message, answer.files, at)
    if held and person is None:
        db.session.add(SidePerson(side_id=side.id, address=answer.address, name=answer.name, state="held", added_at=at))
    if not held and answer.inert is None:
        side.done_at, side.said_at = None, at
    data = {"side_id": side.id, "message_id": message.id, "held": held, "inert": answer.inert is not None}
    timeline.record(ticket, "side_received", SYSTEM, at, data)
    return message


def accept(side_id: int, message_id: int, by: Actor, at: datetime) -> SideMessage:
    """Whoever wrote a held message takes part from now on.

    Raises NotFound, and Conflict where it is not held, or its sender takes part in the ticket as a customer.
    """
    ticket, side = locked(side_id)
    message = _held(side, message_id)
    if (customer := _customer_among(ticket, [message.address])) is not None:
        raise Conflict(f"{customer} takes part in this ticket as a customer, who sees nothing of what is asked beside.")
    message.held = False
    person = db.session.scalar(_PERSON, {"side_id": side.id, "address": message.address})
    if person is not None:
        person.state = "active"
    if message.inert is None:
        side.done_at, side.said_at = None, max(side.said_at, message.written_at)
    data = {"side_id": side.id, "message_id": message.id, "inert": message.inert is not None}
    timeline.record(ticket, "side_accepted", by, at, data)
    return message


def refuse(side_id: int, message_id: int, by: Actor, at: datetime) -> SideMessage:
    """What the sender of a held message wrote is shown no more; nobody is told, and they may write again.

    All of theirs that is held goes, so that a flood ends with one click. Raises NotFound, or Conflict where it is not
    held.
    """
    ticket, side = locked(side_id)
    message = _held(side, message_id)
    theirs = (SideMessage.side_id == side.id, SideMessage.address == message.address)
    db.session.execute(
        update(SideMessage)
        .where(*theirs, SideMessage.held, SideMessage.refused_at.is_(None))
        .values(refused_at=at)
        .execution_options(synchronize_session="fetch")
    )
    timeline.record(ticket, "side_refused", by, at, {"side_id": side.id, "message_id": message.id})
    return message


def finish(side_id: int, by: Actor, at: datetime) -> SideConversation:
    """No more is needed of it; one that is done stays as it is. Raises NotFound."""
    ticket, side = locked(side_id)
    if side.done_at is None:
        side.done_at = at
        timeline.record(ticket, "side_done", by, at, {"side_id": side.id})
    return side


def reopen(side_id: int, by: Actor, at: datetime) -> SideConversation:
    """It goes on after all; one that is open stays as it is. Raises NotFound."""
    ticket, side = locked(side_id)
    if side.done_at is not None:
        side.done_at = None
        timeline.record(ticket, "side_reopened", by, at, {"side_id": side.id})
    return side


def locked(side_id: int) -> tuple[Ticket, SideConversation]:
    """A side conversation with its ticket, which is locked; a merge that was quicker is followed. Raises NotFound."""
    side = _fresh(side_id)
    for _step in range(3):
        ticket = lock_one(side.ticket_id)
        side = _fresh(side_id)
        if side.ticket_id == ticket.id:
            return ticket, side
    raise Conflict("The ticket was merged or separated just now. Try again.")


def message_of(side: SideConversation, message_id: int) -> SideMessage:
    """A message that stands in a side conversation; raises NotFound."""
    found = db.session.get(SideMessage, message_id, populate_existing=True)
    if found is None or found.side_id != side.id:
        raise NotFound("There is no such message.")
    return found


def move(source: Ticket, survivor: Ticket, only: Sequence[int] | None = None) -> list[int]:
    """Both are locked: what is asked beside the one is from now on asked beside the other; returns which."""
    moved = update(SideConversation).where(SideConversation.ticket_id == source.id)
    if only is not None:
        moved = moved.where(SideConversation.id.in_(only))
    return sorted(db.session.scalars(moved.values(ticket_id=survivor.id).returning(SideConversation.id)))


def check_people(ticket: Ticket, to: Pairs) -> None:
    """Raises Invalid for nobody, too many, and for whoever takes part in the ticket: the customer sees none of it."""
    if not to:
        raise Invalid("Add at least one recipient.", "to")
    if len(to) > MOST_PEOPLE:
        raise Invalid(f"At most {MOST_PEOPLE} people can be asked at once.", "to")
    customer = _customer_among(ticket, [address for address, _name in to])
    if customer is not None:
        raise Invalid(f"{customer} takes part in this ticket. Write to them in the conversation.", "to")


def _customer_among(ticket: Ticket, addresses: Sequence[str]) -> str | None:
    return db.session.scalar(_CUSTOMERS, {"ticket_id": ticket.id, "values": list(addresses)})


def _held(side: SideConversation, message_id: int) -> SideMessage:
    message = message_of(side, message_id)
    if not message.held:
        raise Conflict("This message was accepted already.")
    if message.refused_at is not None:
        raise Conflict("This message was refused already.")
    return message


def _sent(side: SideConversation, agent: Agent, text: str, draft: Draft, at: datetime) -> SideMessage:
    message = SideMessage(
        side_id=side.id,
        direction="out",
        agent_id=agent.id,
        recipients=[list(pair) for pair in draft.to],
        text=text,
        client_key=draft.client_key,
        written_at=at,
        leaves_at=draft.leaves_at,
    )
    db.session.add(message)
    db.session.flush()
    check_fits([len(file.content) for file in draft.files])
    _attach(message, draft.files, at)
    known = {person.address: person for person in db.session.scalars(_PEOPLE, {"side_id": side.id})}
    for address, name in draft.to:
        if address in known:
            known[address].state = "active"
        else:
            db.session.add(SidePerson(side_id=side.id, address=address, name=name, added_at=at))
    return message


def _attach(message: SideMessage, files: Sequence[NewFile], at: datetime) -> None:
    for position, file in enumerate(files):
        db.session.add(
            Attachment(
                reference=tokens.reference(),
                side_message_id=message.id,
                blob_sha256=storage.keep(file.content, at),
                filename=file.filename,
                content_type=file.content_type,
                size=len(file.content),
                position=position,
            )
        )


def _made_before(draft: Draft) -> SideMessage | None:
    if draft.client_key is None:
        return None
    made = db.session.scalar(select(SideMessage).where(SideMessage.client_key == draft.client_key))
    if made is not None and made.withdrawn_at is not None:
        raise Conflict("You took this message back. Send it from where its words stand now.")
    return made


def _fresh(side_id: int) -> SideConversation:
    found = db.session.get(SideConversation, side_id, populate_existing=True)
    if found is None:
        raise NotFound("There is no such side conversation.")
    return found


_PEOPLE = select(SidePerson).where(SidePerson.side_id == bindparam("side_id")).order_by(SidePerson.id)
_PERSON = select(SidePerson).where(
    SidePerson.side_id == bindparam("side_id"), SidePerson.address == bindparam("address")
)
_THEIRS, _TAKING = aliased(IdentityLink), aliased(IdentityLink)
# An address is a customer's, too, when it belongs to the same contact as the one that they take part with: a second
# address of theirs, or that of whoever is known to the ticket as a visitor of the chat alone.
_CUSTOMERS = (
    select(Identity.value)
    .where(
        Identity.kind == "email",
        Identity.value.in_(bindparam("values", expanding=True)),
        exists()
        .where(
            Participant.ticket_id == bindparam("ticket_id"),
            Participant.state != "removed",
            _THEIRS.contact_id == _TAKING.contact_id,
            _TAKING.identity_id == Participant.identity_id,
            _TAKING.ended_at.is_(None),
            _THEIRS.identity_id == Identity.id,
            _THEIRS.ended_at.is_(None),
        )
        .correlate(Identity),
    )
    .order_by(Identity.value)
    .limit(1)
)
