"""What rings for an agent, the chats that they have, and what else they should know of them, read in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import Availability
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.contacts.contact import Identity, called
from ticketdesk.core.db import db
from ticketdesk.routing import facts
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.routing.strategies import WHOLE
from ticketdesk.tickets import visibility
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.texts import _

MOST = 20
TOLD_FOR = timedelta(minutes=10)
"""So long it is said that a chat came back which a colleague did not take."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One card that rings."""

    id: int
    number: int
    purpose: str
    who: str
    words: str
    page: str | None
    queue: str
    from_name: str | None
    note: str
    waits_since: datetime
    offered_at: datetime
    until: datetime

    @property
    def head(self) -> str:
        """What is asked."""
        if self.purpose == "transfer":
            return _("%(name)s hands a chat over to you", name=self.from_name)
        if self.purpose == "invitation":
            return _("%(name)s asks you into a chat", name=self.from_name)
        return _("A chat in %(queue)s", queue=self.queue)

    def left(self, now: datetime) -> int:
        """Seconds until it goes on."""
        return max(0, ceil((self.until - now).total_seconds()))


@dataclass(frozen=True, slots=True)
class Open:
    """One chat that the agent has."""

    number: int
    who: str
    words: str
    is_unread: bool
    waits_since: datetime | None  # for an answer; None when we wrote last


@dataclass(frozen=True, slots=True)
class Back:
    """A chat that a colleague did not take over."""

    id: int
    number: int
    whom: str
    said_no: bool


@dataclass(frozen=True, slots=True)
class Chats:
    """All of it."""

    rings: list[Ring]
    open: list[Open]
    back: list[Back]
    missed: bool  # rings were missed, so that they are away for chats now
    load: int
    most: int

    @property
    def waiting(self) -> int:
        """How many of their chats wait for a word of theirs."""
        return sum(1 for one in self.open if one.waits_since is not None)


def of(agent: Agent, now: datetime) -> Chats:
    """What one agent should see."""
    rings, mine = _rings(agent), _open(agent)
    load = most = 0
    if rings or mine:
        worker = facts.worker(agent)
        load, most = ceil(worker.load.get("chat", 0) / WHOLE), worker.most.get("chat", 0)
    return Chats(rings, mine, _back(agent, now), _missed(agent), load, most)


def _rings(agent: Agent) -> list[Ring]:
    by = aliased(Agent)
    rows = db.session.execute(
        select(RoutingOffer, Ticket, Queue.name, Identity, by.name, Message.text)
        .join(Ticket, Ticket.id == RoutingOffer.ticket_id)
        .join(Queue, Queue.id == Ticket.queue_id)
        .join(Identity, Identity.id == Ticket.requester_id)
        .outerjoin(by, by.id == RoutingOffer.from_id)
        .outerjoin(Message, and_(Message.id == RoutingOffer.note_id, Message.redacted_at.is_(None)))
        .where(RoutingOffer.agent_id == agent.id, RoutingOffer.state == "ringing", visibility.sees(agent))
        .order_by(RoutingOffer.offered_at, RoutingOffer.id)
        .limit(MOST)
    ).all()
    pages = _pages([row[0].ticket_id for row in rows])
    return [
        Ring(
            id=offer.id,
            number=ticket.number,
            purpose=offer.purpose,
            who=called(identity.kind, identity.name, identity.value),
            words=ticket.last_words or ticket.subject,
            page=pages.get(ticket.id),
            queue=queue,
            from_name=by_name,
            note=note or "",
            waits_since=ticket.rings_since or offer.offered_at,
            offered_at=offer.offered_at,
            until=offer.until,
        )
        for offer, ticket, queue, identity, by_name, note in rows
    ]


def _pages(ticket_ids: Sequence[int]) -> dict[int, str]:
    """Where on the site the visitors of these tickets are."""
    if not ticket_ids:
        return {}
    rows = db.session.execute(
        select(Participant.ticket_id, Visitor.page)
        .join(Visitor, Visitor.identity_id == Participant.identity_id)
        .where(Participant.ticket_id.in_(ticket_ids), Participant.state == "active", Visitor.page.is_not(None))
        .order_by(Visitor.last_seen_at)
    )
    return {row.ticket_id: row.page for row in rows}


def _open(agent: Agent) -> list[Open]:
    rows = db.session.execute(
        select(Ticket, Identity, Reading.seq)
        .join(Identity, Identity.id == Ticket.requester_id)
        .outerjoin(Reading, and_(Reading.ticket_id == Ticket.id, Reading.agent_id == agent.id))
        .where(Ticket.talks(), Ticket.assignee_id == agent.id)
        .order_by(Ticket.opened_at, Ticket.id)
        .limit(MOST)
    )
    return [
        Open(
            number=ticket.number,
            who=called(identity.kind, identity.name, identity.value),
            words=ticket.last_words,
            is_unread=ticket.waits_for_us and ticket.last_seq > (seq or 0),
            waits_since=ticket.customer_wrote_at if ticket.waits_for_us else None,
        )
        for ticket, identity, seq in rows
    ]


def _back(agent: Agent, now: datetime) -> list[Back]:
    rows = db.session.execute(
        select(RoutingOffer.id, RoutingOffer.state, Ticket.number, Agent.name)
        .join(Ticket, Ticket.id == RoutingOffer.ticket_id)
        .join(Agent, Agent.id == RoutingOffer.agent_id)
        .where(
            RoutingOffer.from_id == agent.id,
            RoutingOffer.purpose == "transfer",
            RoutingOffer.state.in_(("passed", "expired")),
            RoutingOffer.decided_at > now - TOLD_FOR,
            RoutingOffer.told_at.is_(None),
            Ticket.assignee_id == agent.id,
            Ticket.active(),
        )
        .order_by(RoutingOffer.decided_at)
        .limit(MOST)
    )
    return [Back(row.id, row.number, row.name, row.state == "passed") for row in rows]


def _missed(agent: Agent) -> bool:
    """Whether they are away for chats because of what they missed, and have said nothing since."""
    found = db.session.scalar(
        select(RoutingOffer.id)
        .join(Availability, and_(Availability.agent_id == agent.id, Availability.channel == "chat"))
        .where(
            RoutingOffer.agent_id == agent.id,
            RoutingOffer.decided_at == Availability.stated_at,
            RoutingOffer.put_away,
            Availability.state == "away",
        )
        .limit(1)
    )
    return found is not None
