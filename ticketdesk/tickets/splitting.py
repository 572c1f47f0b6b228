"""Part of a ticket becomes a ticket of its own, and part of it again when that was a mistake."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select, update

from ticketdesk.contacts.contact import Identity
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import (
    audience,
    chain,
    merging,
    opening,
    participant,
    retelling,
    sending_later,
    timeline,
    visibility,
    waiting,
)
from ticketdesk.tickets.audience import Gain, Return
from ticketdesk.tickets.carrying import carry, standing_in
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.locking import lock
from ticketdesk.tickets.merging import Widens
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import UNSOLVED
from ticketdesk.tickets.ticket import CHAT, Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.tickets.uniting import people_of

MOST = 200
"""Messages that are taken out at once."""


@dataclass(frozen=True, slots=True)
class Share:
    """What is to stand in a ticket of its own, where, and whose it is."""

    message_ids: tuple[int, ...]
    queue: Queue
    requester: Identity
    subject: str


def split(ticket: Ticket, share: Share, by: Actor, at: datetime, *, widen: bool = False) -> Ticket:
    """Take messages out of a ticket into a new one; returns that.

    What a customer asked in them has waited since it came. Whoever wrote or got one of them takes part there as here;
    of held mail only the requester's is let in. Drafts and everything else stay. `widen` says that whoever thereby
    reads more may; without it Widens is raised when there is such a person. Raises Conflict where nothing can be taken
    out, Invalid for what was chosen badly. Whether the agent may do so, and sees the queue, is for the door to ask.
    """
    ticket = lock([ticket.id])[0]
    check(ticket)
    message_ids = check_share(ticket, share)
    gains = gains_of(ticket, share)
    if gains and not widen:
        raise Widens(gains)
    let_in = held_of(ticket, message_ids, share.requester)
    knew = _who_knows(ticket)
    part = _open(ticket, share, by, at)
    people = _people(ticket, part, message_ids, share.requester, at)
    sending_later.hand_back_all(ticket, "split", by, at)
    carry(message_ids, ticket, part, at, let_in=let_in)
    retelling.retell(ticket)
    retelling.retell(part)
    timeline.record(
        part,
        "split_from",
        by,
        at,
        {
            "source_id": ticket.id,
            "source": ticket.number,
            "message_ids": message_ids,
            "let_in": let_in,
            "people": people,
            "turns": [[moment.isoformat(), answer] for moment, answer in waiting.turns(part)],
            "widened": bool(gains),
            **knew,
        },
    )
    since = waiting.since(ticket, was_split=True) if ticket.category in UNSOLVED else None
    timeline.record(
        ticket,
        "split_off",
        by,
        at,
        {
            "part_id": part.id,
            "part": part.number,
            "message_ids": message_ids,
            "unanswered_since": None if since is None else since.isoformat(),
            "widened": bool(gains),
        },
    )
    return part


def undo(part: Ticket, by: Actor, at: datetime, *, widen: bool = False) -> Ticket:
    """Put all that stands in a ticket that was split off back where it came from; returns the ticket it stands in.

    At any time, with what was written since, by a merge that in its turn can be taken back. Whoever takes part only by
    the split goes as they came, and what was held is held again. Raises Conflict when there is nothing to take back,
    and Widens where somebody would read what they did not know, unless it is meant (`widen`).
    """
    split_from = origin(part)
    if split_from is None:
        raise Conflict(f"#{part.number} was not split off from another ticket.")
    source = chain.end(split_from.data["source_id"])
    if source is None or source.id == part.id:
        raise Conflict(f"What #{part.number} was split off from is part of it now.")
    found = {ticket.id: ticket for ticket in lock([part.id, source.id])}
    part, source = found[part.id], found[source.id]
    merging.check(part, source)
    returns = _returns(part, split_from)
    db.session.execute(
        update(Placement)
        .where(Placement.ticket_id == part.id, Placement.ended_at.is_(None), Placement.message_id.in_(returns.held))
        .values(held=True),
        execution_options={"synchronize_session": "fetch"},
    )
    return merging.merge(part, source, by, at, widen=widen, returns=returns)


def origin(part: Ticket) -> Event | None:
    """The event by which a ticket was split off from another; None for any other ticket."""
    return db.session.scalar(select(Event).where(Event.ticket_id == part.id, Event.kind == "split_from"))


def check(ticket: Ticket) -> None:
    """Raises Conflict for a ticket out of which nothing can be taken."""
    if ticket.merged_into_id is not None:
        raise Conflict(f"#{ticket.number} was merged into another ticket already.")
    if ticket.spam_at is not None or ticket.trashed_at is not None:
        raise Conflict(f"#{ticket.number} is marked as spam or in the trash. Take it out first.")
    if ticket.medium == CHAT and ticket.is_active:
        raise Conflict(f"#{ticket.number} is a chat that goes on. Let it wait as a ticket first.")


def check_share(ticket: Ticket, share: Share) -> list[int]:
    """The messages that would move, ascending; raises Conflict or Invalid where what was chosen does not fit."""
    message_ids = sorted(set(share.message_ids))
    if not message_ids:
        raise Invalid("Select at least one message.", "messages")
    if len(message_ids) > MOST:
        raise Invalid(f"At most {MOST} messages can be split off at once.", "messages")
    here = standing_in(ticket)
    if not set(message_ids) <= set(here):
        raise Conflict("One of the messages stands in another ticket by now. Select again.")
    if len(message_ids) == len(here):
        raise Invalid(f"Leave at least one message in #{ticket.number}.", "messages")
    if not share.subject.strip():
        raise Invalid("Give the new ticket a subject.", "subject")
    if share.queue.archived_at is not None:
        raise Invalid(f"The queue {share.queue.name} is no longer used.", "queue")
    if share.requester.id not in {identity.id for identity in may_ask(ticket)}:
        raise Invalid("Choose somebody who takes part in the ticket.", "requester")
    leaving = select(func.count()).where(Message.id.in_(message_ids), Message.leaves_at.is_not(None))
    if db.session.scalar(leaving):
        raise Conflict("A reply among them can still be taken back. Wait until it has left.")
    return message_ids


def gains_of(ticket: Ticket, share: Share) -> list[Gain]:
    """Who would newly see what of the messages in a ticket of their own."""
    others = _others(ticket, share.message_ids, share.requester)
    return audience.gains_by_split(ticket, share.message_ids, share.queue.id, share.requester, list(others))


def may_ask(ticket: Ticket) -> Sequence[Identity]:
    """Who can be the requester of what is split off: whoever was ever written into the ticket, the first one first."""
    of_ticket = select(Participant.identity_id).where(Participant.ticket_id == ticket.id)
    return db.session.scalars(select(Identity).where(Identity.id.in_(of_ticket)).order_by(Identity.id)).all()


def first_author(message_ids: Collection[int]) -> int | None:
    """Who wrote the first customer's message among these, by the identity's id."""
    return db.session.scalar(
        select(Message.identity_id)
        .where(Message.id.in_(message_ids), Message.direction == "in", Message.identity_id.is_not(None))
        .order_by(Message.written_at, Message.id)
        .limit(1)
    )


def _open(ticket: Ticket, share: Share, by: Actor, at: datetime) -> Ticket:
    first = db.session.scalars(
        select(Message.channel)
        .where(Message.id.in_(share.message_ids))
        .order_by(Message.written_at, Message.id)
        .limit(1)
    ).one()
    return opening.open_ticket(
        queue_id=share.queue.id,
        requester=share.requester,
        subject=share.subject,
        channel="email" if first == CHAT else first,  # what was said in a chat that is over goes on by letters
        by=by,
        at=at,
        mailbox_id=ticket.mailbox_id,
        brand_id=ticket.brand_id,
        priority=ticket.priority,
    )


def _people(ticket: Ticket, part: Ticket, message_ids: Sequence[int], requester: Identity, at: datetime) -> list[int]:
    """Let those take part whom the messages concern, with the view they have here; returns all of them."""
    present = people_of(ticket.id)
    own = present.get(requester.id)
    begun = people_of(part.id)[requester.id]
    begun.sees_since = own.sees_since if own is not None and own.state == "active" else None
    others = _others(ticket, message_ids, requester)
    for identity_id, state in others.items():
        row = present[identity_id]
        role = "cc" if row.role == "requester" else row.role
        participant.add(part.id, identity_id, role, state, at, sees_since=row.sees_since)
    return [requester.id, *others]


def _others(ticket: Ticket, message_ids: Collection[int], requester: Identity) -> dict[int, str]:
    """Whoever else wrote one of these messages or got one, and takes part here; each with their state."""
    wrote = select(Message.identity_id).where(Message.id.in_(message_ids), Message.identity_id.is_not(None))
    got = select(Recipient.address).where(Recipient.message_id.in_(message_ids))
    rows = db.session.execute(
        select(Participant.identity_id, Participant.state)
        .join(Identity, Identity.id == Participant.identity_id)
        .where(
            Participant.ticket_id == ticket.id,
            Participant.state != "removed",
            Participant.identity_id != requester.id,
            Identity.id.in_(wrote) | and_(Identity.kind == "email", Identity.value.in_(got)),
        )
        .order_by(Participant.id)
    ).all()
    return {row.identity_id: row.state for row in rows}


def held_of(ticket: Ticket, message_ids: Collection[int], requester: Identity) -> list[int]:
    """The requester's held messages among these."""
    return list(
        db.session.scalars(
            select(Placement.message_id)
            .join(Message, Message.id == Placement.message_id)
            .where(
                Placement.ticket_id == ticket.id,
                Placement.ended_at.is_(None),
                Placement.held,
                Placement.message_id.in_(message_ids),
                Message.identity_id == requester.id,
            )
            .order_by(Placement.message_id)
        )
    )


def _who_knows(ticket: Ticket) -> Json:
    """Who reads the ticket now, so that those who know what moves are not taken for strangers when it returns."""
    readers = [
        [row.identity_id, None if row.sees_since is None else row.sees_since.isoformat()]
        for row in people_of(ticket.id).values()
        if row.state == "active"
    ]
    beside = [agent_id for agent_id in (ticket.assignee_id, *followers_of(ticket.id)) if agent_id is not None]
    return {"readers": readers, "queue_id": ticket.queue_id, "agent_ids": sorted(set(beside))}


def _returns(part: Ticket, split_from: Event) -> Return:
    """What goes back as it came: the messages, the people of the split who wrote nothing since, and what was held."""
    data = split_from.data
    message_ids = frozenset(data["message_ids"]) & frozenset(standing_in(part))
    wrote_since = set(
        db.session.scalars(
            select(Message.identity_id)
            .join(Placement, Placement.message_id == Message.id)
            .where(
                Placement.ticket_id == part.id,
                Placement.ended_at.is_(None),
                Message.identity_id.is_not(None),
                Message.id.not_in(message_ids),
            )
        )
    )
    leaving = frozenset(data["people"]) - wrote_since
    authors = select(Message.id).where(Message.id.in_(data["let_in"]), Message.identity_id.in_(leaving))
    return Return(
        message_ids,
        held=frozenset(db.session.scalars(authors)) & message_ids,
        leaving=leaving,
        readers={
            identity_id: None if since is None else datetime.fromisoformat(since)
            for identity_id, since in data["readers"]
        },
        agent_ids=frozenset(data["agent_ids"]) | visibility.seers_of_queue(data["queue_id"]).keys(),
    )
