"""Who would read more than before if two tickets became one, or one two; asked before, and shown in the preview."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce

from sqlalchemy import and_, or_, select

from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets import sight, visibility
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.uniting import earlier


@dataclass(frozen=True, slots=True)
class Gain:
    """Somebody who would newly see messages of one of the tickets."""

    name: str
    who_id: int  # of an identity, or of an agent: names are what people say of themselves
    is_agent: bool
    number: int  # of the ticket whose messages they would see
    message_ids: frozenset[int]
    side_ids: frozenset[int] = frozenset()  # of the messages of side conversations, which agents alone read

    @property
    def messages(self) -> int:
        """How many."""
        return len(self.message_ids) + len(self.side_ids)


@dataclass(frozen=True, slots=True)
class Return:
    """What a ticket that was split off takes back with it to where it came from, and who knew it there."""

    message_ids: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()  # of these, what was held there and is again
    leaving: frozenset[int] = frozenset()  # identities that take part only by the split, and go as they came
    readers: Mapping[int, datetime | None] = field(default_factory=dict)  # identities, and since when they read
    agent_ids: frozenset[int] = frozenset()


NOTHING = Return()
"""No ticket was split off."""

_Letters = Mapping[int, datetime]
"""When each message was written, by its id."""


def gains(source: Ticket, survivor: Ticket, returns: Return = NOTHING) -> list[Gain]:
    """Who would newly see what: customers first, then agents, each with the number of messages."""
    db.session.flush()
    return [*_customers(source, survivor, returns), *_agents(source, survivor, returns)]


def gains_by_split(
    ticket: Ticket, message_ids: Collection[int], queue_id: int, requester: Identity, others: Collection[int]
) -> list[Gain]:
    """The same for messages that become a ticket of their own, in a queue, with a requester and other identities.

    Nobody newly sees what they have written themselves.
    """
    db.session.flush()
    letters = _readable(ticket, message_ids, held_of=requester.id)
    own = _written_by(message_ids)
    found = []
    for identity in _called([requester.id, *others]):
        view = sight.participant_of(ticket, identity.id)
        since = None if view is None else view.sees_since
        already = set() if view is None else _seen(_readable(ticket, message_ids), since)
        new = _seen(letters, since) - already - own.get(identity.id, set())
        if new:
            found.append(Gain(identity.called, identity.id, False, ticket.number, frozenset(new)))
    of_ticket = visibility.seers(ticket)
    strangers = [one for one in visibility.seers_of_queue(queue_id).items() if one[0] not in of_ticket]
    return [*found, *(Gain(name, one, True, ticket.number, frozenset(message_ids)) for one, name in strangers)]


def gains_of_many(sources: Sequence[Ticket], survivor: Ticket) -> list[Gain]:
    """The same for all of these put into one, by where the messages stand before: whoever comes to one reads all.

    In a handful of questions and one for each ticket about its agents.
    """
    db.session.flush()
    tickets = [*sources, survivor]
    return [*_customers_of_many(tickets), *_agents_of_many(sources, survivor, tickets)]


def _customers_of_many(tickets: Sequence[Ticket]) -> list[Gain]:
    ids = [ticket.id for ticket in tickets]
    views: dict[int, dict[int, datetime | None]] = {}
    identities: dict[int, Identity] = {}
    for row, identity in db.session.execute(
        select(Participant, Identity)
        .join(Identity, Identity.id == Participant.identity_id)
        .where(Participant.ticket_id.in_(ids), Participant.state == "active")
        .order_by(Participant.id)
    ):
        views.setdefault(identity.id, {})[row.ticket_id] = row.sees_since
        identities[identity.id] = identity
    letters: dict[int, dict[int, datetime]] = {ticket_id: {} for ticket_id in ids}
    for ticket_id, message_id, written_at in db.session.execute(
        select(Placement.ticket_id, Message.id, Placement.written_at)
        .join(Message, Message.id == Placement.message_id)
        .where(Placement.ticket_id.in_(ids), Placement.ended_at.is_(None), sight.in_public_soon())
    ):
        letters[ticket_id][message_id] = written_at
    found = []
    for identity_id, own in views.items():
        since = reduce(earlier, own.values())
        for ticket in tickets:
            already = _seen(letters[ticket.id], own[ticket.id]) if ticket.id in own else set()
            new = _seen(letters[ticket.id], since) - already
            if new:
                found.append(Gain(identities[identity_id].called, identity_id, False, ticket.number, frozenset(new)))
    return found


def _agents_of_many(sources: Sequence[Ticket], survivor: Ticket, tickets: Sequence[Ticket]) -> list[Gain]:
    seers = {ticket.id: visibility.seers(ticket) for ticket in tickets}
    standing = _standing([ticket.id for ticket in tickets])
    beside = _beside([ticket.id for ticket in tickets])
    readers = dict(seers[survivor.id])
    for source in sources:
        following = followers_of(source.id)
        readers |= {agent_id: name for agent_id, name in seers[source.id].items() if agent_id in following}
    return [
        Gain(name, agent_id, True, ticket.number, standing[ticket.id], beside[ticket.id])
        for agent_id, name in readers.items()
        for ticket in tickets
        if agent_id not in seers[ticket.id] and (standing[ticket.id] or beside[ticket.id])
    ]


def _customers(source: Ticket, survivor: Ticket, returns: Return) -> list[Gain]:
    """Customers read what was said in public since they take part; in the survivor, since the earlier of two views."""
    parts: dict[int, dict[int, datetime | None]] = {}
    left: dict[int, datetime | None] = {}
    identities: dict[int, Identity] = {}
    for row, identity in db.session.execute(
        select(Participant, Identity)
        .join(Identity, Identity.id == Participant.identity_id)
        .where(Participant.ticket_id.in_([source.id, survivor.id]), Participant.state == "active")
        .order_by(Participant.id)
    ):
        if row.ticket_id == source.id and identity.id in returns.leaving:
            left[identity.id] = row.sees_since  # what they read there is nothing new, and opens nothing
            continue
        parts.setdefault(identity.id, {})[row.ticket_id] = row.sees_since
        identities[identity.id] = identity
    letters = {ticket.id: _readable(ticket) for ticket in (source, survivor)}
    back = {one: at for one, at in letters[source.id].items() if one in returns.message_ids}
    found = []
    for identity_id, views in parts.items():
        first, *more = views.values()
        since = earlier(first, more[0]) if more else first
        knew = _seen(back, returns.readers[identity_id]) if identity_id in returns.readers else set()
        if identity_id in left:
            knew |= _seen(letters[source.id], left[identity_id])
        for ticket in (source, survivor):
            seen = _seen(letters[ticket.id], views[ticket.id]) if ticket.id in views else set()
            new = _seen(letters[ticket.id], since) - seen - knew
            if new:
                found.append(Gain(identities[identity_id].called, identity_id, False, ticket.number, frozenset(new)))
    return found


def _agents(source: Ticket, survivor: Ticket, returns: Return) -> list[Gain]:
    """Agents read whatever stands in a ticket they see; those who follow the source will follow the survivor."""
    of_source, of_survivor = visibility.seers(source), visibility.seers(survivor)
    following = [agent_id for agent_id in followers_of(source.id) if agent_id in of_source]
    standing, beside = _standing([source.id, survivor.id]), _beside([source.id, survivor.id])
    came = standing[source.id]
    found = []
    for agent_id, name in of_survivor.items():
        if agent_id not in of_source:
            new = came - returns.message_ids if agent_id in returns.agent_ids else came
            found.append(Gain(name, agent_id, True, source.number, new, beside[source.id]))
    found += [
        Gain(of_source[agent_id], agent_id, True, survivor.number, standing[survivor.id], beside[survivor.id])
        for agent_id in following
        if agent_id not in of_survivor
    ]
    return [gain for gain in found if gain.messages]


def _standing(ticket_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The messages that stand in each of these tickets, notes and what is held as well."""
    found: dict[int, set[int]] = {ticket_id: set() for ticket_id in ticket_ids}
    for ticket_id, message_id in db.session.execute(
        select(Placement.ticket_id, Placement.message_id).where(
            Placement.ticket_id.in_(ticket_ids), Placement.ended_at.is_(None)
        )
    ):
        found[ticket_id].add(message_id)
    return {ticket_id: frozenset(ids) for ticket_id, ids in found.items()}


def _beside(ticket_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The messages of side conversations beside each of these tickets, held ones as well."""
    found: dict[int, set[int]] = {ticket_id: set() for ticket_id in ticket_ids}
    for ticket_id, message_id in db.session.execute(
        select(SideConversation.ticket_id, SideMessage.id)
        .join(SideMessage, SideMessage.side_id == SideConversation.id)
        .where(
            SideConversation.ticket_id.in_(ticket_ids),
            SideMessage.refused_at.is_(None),
            SideMessage.withdrawn_at.is_(None),
        )
    ):
        found[ticket_id].add(message_id)
    return {ticket_id: frozenset(ids) for ticket_id, ids in found.items()}


def _readable(ticket: Ticket, among: Collection[int] | None = None, held_of: int | None = None) -> _Letters:
    """The messages that a customer who sees everything reads or soon will, all or `among` some.

    What somebody wrote whose messages are let in, `held_of`, is read as well.
    """
    condition = sight.in_public_soon()
    if held_of is not None:
        condition = or_(condition, and_(sight.in_public_soon(held=True), Message.identity_id == held_of))
    if among is not None:
        condition = and_(condition, Message.id.in_(among))
    rows = db.session.execute(
        select(Message.id, Placement.written_at)
        .join(Placement, Message.id == Placement.message_id)
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None), condition)
    ).all()
    return {row.id: row.written_at for row in rows}


def _seen(letters: _Letters, since: datetime | None) -> set[int]:
    return {message_id for message_id, written_at in letters.items() if since is None or written_at >= since}


def _written_by(message_ids: Collection[int]) -> dict[int, set[int]]:
    """The messages of each identity among these."""
    found: dict[int, set[int]] = {}
    for message_id, identity_id in db.session.execute(
        select(Message.id, Message.identity_id).where(Message.id.in_(message_ids))
    ):
        if identity_id is not None:
            found.setdefault(identity_id, set()).add(message_id)
    return found


def _called(identity_ids: Collection[int]) -> Sequence[Identity]:
    return db.session.scalars(select(Identity).where(Identity.id.in_(identity_ids)).order_by(Identity.id)).all()
