"""One open ticket with everything its page shows, read in a handful of queries whatever its size."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import RULES, allowed
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.sla import promising
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.surveys import satisfaction
from ticketdesk.tickets import visibility
from ticketdesk.tickets.follower import Follower, Reading
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import PRIORITIES
from ticketdesk.tickets.tag import Tag, TicketTag
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import conversation, due, happenings, joined, people, promised, skips
from ticketdesk.web.desk import names as called
from ticketdesk.web.desk import satisfaction as surveys
from ticketdesk.web.desk.door import WHILE_MERGED
from ticketdesk.web.desk.joined import Joined, Suggested
from ticketdesk.web.desk.names import Choice, Names
from ticketdesk.web.desk.promised import Promised
from ticketdesk.web.desk.satisfaction import Satisfaction

METRICS = ("first_response", "next_response", "resolution")


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of the side panel."""

    metric: str
    name: str
    due: due.Due
    used: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The ticket as its page shows it."""

    ticket: Ticket
    names: Names
    conversation: conversation.Conversation
    people: people.People
    clocks: list[Clock]
    tags: list[str]
    followers: list[int]
    seen_seq: int
    may: frozenset[str]
    assignable: list[tuple[int, str]]
    due: due.Due | None
    promised: Promised | None
    satisfaction: list[Satisfaction]
    joined: Joined | None
    merged: dict[int, int]
    suggested: Suggested | None
    was_served: bool

    @property
    def is_unread(self) -> bool:
        """Whether something happened that the reader has not seen."""
        return self.ticket.last_seq > self.seen_seq

    @property
    def status(self) -> str:
        """The name of its status."""
        return self.ticket.status.name

    @property
    def priority(self) -> str:
        """The name of its priority."""
        return happenings.priority(self.ticket.priority)

    @property
    def priorities(self) -> list[tuple[str, str]]:
        """What can be chosen, the most urgent first."""
        return [(name, happenings.priority(name)) for name in reversed(PRIORITIES)]

    @property
    def statuses(self) -> list[Choice]:
        """What can be chosen; nobody makes a ticket new again, and closing is what time does."""
        return [status for status in self.names.statuses if status.category not in ("new", "closed")]

    @property
    def reopened_status(self) -> int | None:
        """What reopening makes of it, for a page without scripts."""
        return next((status.id for status in self.names.statuses if status.category == "open"), None)

    @property
    def assignee(self) -> str | None:
        """The name of whoever answers for it."""
        return None if self.ticket.assignee_id is None else self.names.agent(self.ticket.assignee_id)


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket with what stands in the same row of the answer."""

    ticket: Ticket
    tags: list[str]
    followers: list[int]
    seen_seq: int
    statuses: list[Choice]
    was_solved: bool
    is_suggested: bool
    is_promised: bool
    was_served: bool


def find(number: int, agent: Agent) -> Found:
    """A ticket that the agent may see, with its tags, its followers and how far the agent has read; or NotFound."""
    tags = (
        select(func.array_agg(Tag.name))
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == Ticket.id)
        .scalar_subquery()
    )
    followers = select(func.array_agg(Follower.agent_id)).where(Follower.ticket_id == Ticket.id).scalar_subquery()
    seen = select(Reading.seq).where(Reading.ticket_id == Ticket.id, Reading.agent_id == agent.id).scalar_subquery()
    row = db.session.execute(
        visibility.visible_tickets(agent)
        .where(Ticket.number == number)
        .options(joinedload(Ticket.queue), joinedload(Ticket.status))
        .add_columns(
            tags,
            followers,
            seen,
            called.choices(),
            satisfaction.was_solved(),
            joined.is_suggested(),
            promising.is_made(),
            skips.is_served(agent),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such ticket, or none that you can see.")
    ticket, tag_names, follower_ids, seq, statuses, was_solved, suggestion, is_promised, was_served = row
    return Found(
        ticket,
        sorted(tag_names or []),
        list(follower_ids or []),
        seq or 0,
        [Choice(*status) for status in statuses],
        was_solved,
        suggestion is not None,
        is_promised,
        bool(was_served),
    )


def read(
    number: int,
    agent: Agent,
    queues: list[Queue],
    now: datetime,
    *,
    after: int | None = None,
    before: int | None = None,
) -> Opened:
    """The ticket with its newest letters, those before an event, or what came after one. Raises NotFound."""
    found = find(number, agent)
    ticket = found.ticket
    level = visibility.level(agent, ticket)
    names, assignable = called.load(queues, ticket, found.statuses)
    talk = conversation.newest(ticket, names, before) if after is None else conversation.since(ticket, names, after)
    return Opened(
        ticket=ticket,
        names=names,
        conversation=talk,
        people=people.of(ticket, agent),
        clocks=_clocks(ticket, now),
        tags=found.tags,
        followers=found.followers,
        seen_seq=found.seen_seq,
        may=frozenset(
            name for name in (RULES if ticket.merged_into_id is None else WHILE_MERGED) if allowed(agent, name, level)
        ),
        assignable=assignable,
        due=due.of_ticket(ticket, now),
        promised=promised.of(ticket, now) if found.is_promised else None,
        satisfaction=surveys.of(ticket, names, now) if found.was_solved else [],
        joined=joined.into(ticket, agent),
        merged=joined.standing(ticket, talk, agent),
        suggested=joined.suggested(ticket, agent) if found.is_suggested else None,
        was_served=found.was_served,
    )


def _clocks(ticket: Ticket, now: datetime) -> list[Clock]:
    """The newest clock of each kind."""
    newest: dict[str, SlaTimer] = {}
    for timer in db.session.scalars(select(SlaTimer).where(SlaTimer.ticket_id == ticket.id).order_by(SlaTimer.cycle)):
        newest[timer.metric] = timer
    return [
        Clock(name, due.metric(name), due.of_timer(newest[name], now), due.used(newest[name]), newest[name].due_at)
        for name in METRICS
        if name in newest
    ]
