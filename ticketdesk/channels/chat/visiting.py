"""Visitors: how they come, are known again, stay, leave, and say where answers may go."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from ticketdesk.accounts import throttling
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.email import addresses
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.inbound import TURNING
from ticketdesk.channels.registry import CHANNELS
from ticketdesk.contacts import resolving
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import outbox, tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, Refused
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import chain, participant, sight, tracking
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket

SEEN_EVERY = timedelta(seconds=30)
"""How often it is written down that a visitor is there."""
FRESH = timedelta(seconds=90)
"""How long after that a visitor whose browser says nothing more is believed to be there."""
LONGEST_NAME = 120
LONGEST_ADDRESS = 254
LONGEST_PAGE = 2000
VISITS = (300, timedelta(minutes=1))
"""So many visits of one widget may begin in so much time, from everywhere together."""
TRIES = 3
"""So often a talk is looked for that is just being merged, or separated."""
UNDELIVERED = CHANNELS["chat"].task
"""The task that looks whether a chat message was read, and else mails it."""


class TooFast(Refused):
    """More than a person does; later it will be taken."""


def begin(widget: Widget, *, name: str, email: str, page: str, referrer: str, at: datetime) -> tuple[Visitor, str]:
    """A visitor comes: the row, and the secret by which this browser is known from now on.

    Raises Invalid for what is asked and missing or no address, and TooFast.
    """
    most, window = VISITS
    if throttling.count(f"chat visits:{widget.id}", window, at) > most:
        raise TooFast("There are too many visitors at this moment. Please try again in a minute.")
    if widget.ask_name == "required" and not name:
        raise Invalid("Please say your name.", "name")
    if widget.ask_email == "required" and not email:
        raise Invalid("Please give an address for the answer.", "email")
    secret = tokens.fresh()
    visitor = Visitor(
        widget_id=widget.id,
        token_sha256=tokens.digest(secret),
        name=_called(name),
        email=checked(email) if email else None,
        page=page[:LONGEST_PAGE] or None,
        referrer=referrer[:LONGEST_PAGE] or None,
        last_seen_at=at,
        created_at=at,
    )
    db.session.add(visitor)
    db.session.flush()
    return visitor, secret


def find(widget: Widget, secret: str) -> Visitor | None:
    """The visitor of this widget who holds a secret."""
    if not secret:
        return None
    return db.session.scalar(
        select(Visitor).where(
            Visitor.token_sha256 == tokens.digest(secret),
            Visitor.widget_id == widget.id,
            Visitor.ended_at.is_(None),
        )
    )


def locked(visitor: Visitor) -> Visitor:
    """The visitor, fresh and locked; whoever needs its ticket as well locks that afterwards."""
    return db.session.scalars(
        select(Visitor)
        .where(Visitor.id == visitor.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def seen(visitor_id: int, at: datetime) -> bool:
    """A sign of life; written only when the last one is some time ago, or when they had left."""
    done = db.session.execute(
        update(Visitor)
        .where(
            Visitor.id == visitor_id,
            or_(Visitor.last_seen_at <= at - SEEN_EVERY, Visitor.left_at.is_not(None)),
        )
        .values(last_seen_at=at, left_at=None)
        .returning(Visitor.id),
        execution_options={"synchronize_session": False},
    )
    return done.scalar_one_or_none() is not None


def leave(visitor: Visitor, at: datetime) -> None:
    """The page was closed; what they have not read may go by mail after a while."""
    visitor = locked(visitor)
    if visitor.left_at is None:
        visitor.left_at = at


def left_since(visitor: Visitor, now: datetime) -> datetime | None:
    """Since when a visitor is gone: they closed the page, or were not heard of any more. None while they are there."""
    if visitor.left_at is not None:
        return visitor.left_at
    return visitor.last_seen_at if visitor.last_seen_at < now - FRESH else None


def answer_to(visitor: Visitor, *, name: str, email: str, at: datetime) -> Visitor:
    """Answers shall go to an address by mail when the visitor is away. Raises Invalid for what is no address.

    It proves nothing of who they are: the address comes to take part in this one talk, in which there is nothing but
    what the visitor wrote and what they are answered (SECURITY R16). One that was typed before and never wrote loses
    its part, so that a slip of the finger leaves nobody else with the talk.
    """
    address = checked(email)
    visitor = locked(visitor)
    before = visitor.email_identity_id
    visitor.email = address
    if name:
        visitor.name = _called(name)
        _rename(visitor)
    ticket = place_of(visitor)
    if ticket is not None:
        identity = resolving.resolve("email", address, visitor.name, at)
        visitor.email_identity_id = identity.id
        if before is not None and before != identity.id:
            _dismiss(ticket, before, at)
        participant.add(ticket.id, identity.id, "cc", "active", at, sees_since=_view(visitor, ticket))
        _look_again(ticket, at)
    return visitor


def checked(email: str) -> str:
    """A typed address in the form in which addresses are compared; raises Invalid for none, and for one of ours."""
    address = addresses.normalise(email)
    if len(address) > LONGEST_ADDRESS or not addresses.is_address(address):
        raise Invalid("This does not look like a mail address.", "email")
    if {address, without_token(address)} & mailboxes.addresses():
        raise Invalid("This is our own address. Where shall the answer go?", "email")
    return address


def place_of(visitor: Visitor) -> Ticket | None:
    """The ticket where the newest words of a locked visitor stand, locked as well; None where they take no part.

    Words move with a merge and back when it is undone; what was written down when they were said does not.
    """
    if visitor.identity_id is None:
        return None
    stands = (
        select(Placement.ticket_id)
        .join(Message, Message.id == Placement.message_id)
        .join(participant.Participant, participant.Participant.ticket_id == Placement.ticket_id)
        .where(
            Message.identity_id == visitor.identity_id,
            Placement.ended_at.is_(None),
            participant.Participant.identity_id == visitor.identity_id,
            participant.Participant.state == "active",
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    for _try in range(TRIES):
        ticket_id = db.session.scalar(stands)
        ticket = chain.locked_end(ticket_id) if ticket_id is not None else None
        if ticket is None or participant.takes_part(ticket.id, visitor.identity_id):
            return ticket
    return None


def of_ticket(ticket: Ticket) -> Visitor | None:
    """The visitor with whom a ticket is being talked over, the latest to be seen when there are several."""
    return db.session.scalar(
        select(Visitor)
        .join(participant.Participant, participant.Participant.identity_id == Visitor.identity_id)
        .where(
            participant.Participant.ticket_id == ticket.id,
            participant.Participant.state == "active",
            Visitor.ended_at.is_(None),
        )
        .order_by(Visitor.last_seen_at.desc(), Visitor.id.desc())
        .limit(1)
    )


def _called(name: str) -> str:
    """A typed name that runs in its letters' own direction, as the names that come with messages do."""
    return name.translate(TURNING)[:LONGEST_NAME]


def _view(visitor: Visitor, ticket: Ticket) -> datetime | None:
    """Since when the visitor sees the ticket: whoever they name sees no more."""
    taking = sight.participant_of(ticket, visitor.identity_id) if visitor.identity_id is not None else None
    return taking.sees_since if taking is not None else None


def _rename(visitor: Visitor) -> None:
    if visitor.identity_id is not None:
        resolving.rename(db.session.get_one(Identity, visitor.identity_id), visitor.name)


def _dismiss(ticket: Ticket, identity_id: int, at: datetime) -> None:
    """Take an address out that never wrote: it was never more than a word of somebody else."""
    wrote = (
        select(Message.id)
        .join(Placement, Placement.message_id == Message.id)
        .where(Placement.ticket_id == ticket.id, Message.identity_id == identity_id)
    )
    taking = db.session.scalar(
        select(participant.Participant).where(
            participant.Participant.ticket_id == ticket.id,
            participant.Participant.identity_id == identity_id,
            participant.Participant.role == "cc",
        )
    )
    if taking is None or db.session.scalar(wrote.limit(1)) is not None:
        return
    taking.state = "removed"
    tracking.revoke(ticket.id, identity_id, at)


def _look_again(ticket: Ticket, at: datetime) -> None:
    """The newest answer that waits for want of an address is looked at again."""
    row = db.session.scalar(
        select(OutboxRow)
        .join(Placement, Placement.message_id == OutboxRow.message_id)
        .where(
            Placement.ticket_id == ticket.id,
            Placement.ended_at.is_(None),
            OutboxRow.task == UNDELIVERED,
            OutboxRow.state == "done",
            OutboxRow.response == "waits",
        )
        .order_by(OutboxRow.message_id.desc())
        .limit(1)
        .with_for_update(of=OutboxRow)
    )
    if row is not None:
        outbox.again(row, at)
        row.response = None
