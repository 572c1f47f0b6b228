"""One open ticket with everything its page shows, read in a handful of queries whatever its size."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import RULES, Level, allowed
from ticketdesk.channels import signing
from ticketdesk.channels.signing import Frame
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.sla import promising
from ticketdesk.surveys import satisfaction
from ticketdesk.tickets import filling, linking, timekeeping, visibility
from ticketdesk.tickets.follower import Follower, Reading
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import PRIORITIES
from ticketdesk.tickets.tag import Tag, TicketTag
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Known
from ticketdesk.web import labels
from ticketdesk.web.desk import (
    beside,
    conversation,
    due,
    joined,
    linked,
    own_fields,
    people,
    promised,
    running,
    skips,
    time_shown,
    todo,
    waiting_replies,
)
from ticketdesk.web.desk import names as called
from ticketdesk.web.desk import satisfaction as surveys
from ticketdesk.web.desk.conversation import Conversation
from ticketdesk.web.desk.door import WHILE_MERGED
from ticketdesk.web.desk.joined import Joined, Parted, Suggested
from ticketdesk.web.desk.linked import Linked
from ticketdesk.web.desk.names import Choice, Names
from ticketdesk.web.desk.own_fields import OwnField
from ticketdesk.web.desk.people import Earlier
from ticketdesk.web.desk.promised import Promised
from ticketdesk.web.desk.satisfaction import Satisfaction

KNOWN = 500
"""Agents for whom the statement stands built: building it costs more than asking."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The ticket as its page shows it."""

    ticket: Ticket
    names: Names
    conversation: Conversation
    people: people.People
    earlier: list[Earlier]
    clocks: list[running.Clock]
    tags: list[str]
    fields: list[OwnField]
    followers: list[int]
    seen_seq: int
    may: frozenset[str]
    assignable: list[tuple[int, str]]
    due: due.Due | None
    promised: Promised | None
    satisfaction: list[Satisfaction]
    joined: Joined | None
    merged: dict[int, int]
    parted: dict[int, Parted]
    links: list[Linked]
    sides: list[beside.Listed]
    checklist: todo.Checklist
    time: time_shown.Total
    suggested: Suggested | None
    was_served: bool
    waiting: list[waiting_replies.Waiting]
    frame: Frame

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
        return labels.priority(self.ticket.priority)

    @property
    def priorities(self) -> list[tuple[str, str]]:
        """What can be chosen, the most urgent first."""
        return [(name, labels.priority(name)) for name in reversed(PRIORITIES)]

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
    is_linked: bool
    is_beside: bool
    has_checklist: bool
    seconds: int
    own_seconds: int
    was_served: bool
    has_fields: bool
    frame: Frame
    level: Level | None


def find(number: int, agent: Agent) -> Found:
    """A ticket that the agent may see, with its tags, its followers and how far the agent has read; or NotFound."""
    row = db.session.execute(
        _finding(visibility.reader(agent)),
        {"number": number},
        execution_options={"populate_existing": True},  # a change in this request moved its status by the key alone
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such ticket, or none that you can see.")
    return Found(
        ticket=row.Ticket,
        tags=sorted(row.tags or []),
        followers=list(row.followers or []),
        seen_seq=row.seen_seq or 0,
        statuses=[Choice(*status) for status in row.statuses],
        was_solved=row.was_solved,
        is_suggested=row.suggestion is not None,
        is_promised=row.is_promised,
        is_linked=row.link is not None,
        is_beside=row.side is not None,
        has_checklist=row.line is not None,
        seconds=int(row.seconds),
        own_seconds=int(row.own_seconds),
        was_served=bool(row.was_served),
        has_fields=row.has_fields,
        frame=tuple(row.frame),
        level=visibility.level_at(agent, row.Ticket, row.rank),
    )


@lru_cache(maxsize=KNOWN)
def _finding(agent: Known) -> Select[Any]:
    tags = (
        select(func.array_agg(Tag.name))
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == Ticket.id)
        .scalar_subquery()
    )
    followers = select(func.array_agg(Follower.agent_id)).where(Follower.ticket_id == Ticket.id).scalar_subquery()
    seen = select(Reading.seq).where(Reading.ticket_id == Ticket.id, Reading.agent_id == agent.id).scalar_subquery()
    return (
        visibility.visible_tickets(agent)
        .where(Ticket.number == bindparam("number"))
        .options(joinedload(Ticket.queue), joinedload(Ticket.status))
        .add_columns(
            tags.label("tags"),
            followers.label("followers"),
            seen.label("seen_seq"),
            called.choices().label("statuses"),
            satisfaction.was_solved().label("was_solved"),
            joined.is_suggested().label("suggestion"),
            promising.is_made().label("is_promised"),
            linking.is_linked().label("link"),
            beside.is_begun().label("side"),
            todo.is_begun().label("line"),
            timekeeping.sum_of().label("seconds"),
            timekeeping.sum_of(agent.id).label("own_seconds"),
            skips.is_served(agent).label("was_served"),
            filling.has_any().label("has_fields"),
            signing.frame().label("frame"),
            visibility.rank(agent).label("rank"),
        )
    )


def read(
    number: int,
    agent: Agent,
    queues: list[Queue],
    now: datetime,
    *,
    after: int | None = None,
    before: int | None = None,
    without_letters: bool = False,
) -> Opened:
    """The ticket with its newest letters, those before an event, what came after one, or none. Raises NotFound."""
    found = find(number, agent)
    ticket = found.ticket
    own = own_fields.of(ticket, agent) if found.has_fields else []
    labels = {one.field.id: one.field.label for one in own}
    names, assignable = called.load(queues, ticket, found.statuses, labels)
    talk = _letters(ticket, names, after, before) if not without_letters else Conversation(seq=ticket.last_seq)
    taking = people.of(ticket)
    may = frozenset(
        name for name in (RULES if ticket.merged_into_id is None else WHILE_MERGED) if allowed(agent, name, found.level)
    )
    return Opened(
        ticket=ticket,
        names=names,
        conversation=talk,
        people=taking,
        earlier=people.earlier(ticket, taking, agent),
        clocks=running.of(ticket, now),
        tags=found.tags,
        fields=own,
        followers=found.followers,
        seen_seq=found.seen_seq,
        may=may,
        assignable=assignable,
        due=due.of_ticket(ticket, now),
        promised=promised.of(ticket, now) if found.is_promised else None,
        satisfaction=surveys.of(ticket, names, now) if found.was_solved else [],
        joined=joined.into(ticket, agent),
        merged=joined.standing(ticket, talk, agent),
        parted=joined.parted(ticket, talk, agent),
        links=linked.of(ticket, agent) if found.is_linked else [],
        sides=beside.of(ticket) if found.is_beside else [],
        checklist=todo.of(ticket, names) if found.has_checklist else todo.Checklist([]),
        time=time_shown.Total(found.seconds, found.own_seconds, "ticket.read_time" in may),
        suggested=joined.suggested(ticket, agent) if found.is_suggested else None,
        was_served=found.was_served,
        waiting=waiting_replies.of(ticket, agent),
        frame=found.frame,
    )


def _letters(ticket: Ticket, names: Names, after: int | None, before: int | None) -> Conversation:
    return conversation.newest(ticket, names, before) if after is None else conversation.since(ticket, names, after)
