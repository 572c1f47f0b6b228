"""What waits now: for us, since when, how near its deadline, and who is there to take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, case, exists, func, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import FRESH, Availability
from ticketdesk.accounts.team import TeamMember
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket

SOON = timedelta(hours=1)
NEXT = 8
CHATS = 8
MOST_AGENTS = 200

_WAITS = and_(
    Ticket.category.in_(bindparam("with_us", ("new", "open"), expanding=True, literal_execute=True)),
    Ticket.spam_at.is_(None),
    Ticket.trashed_at.is_(None),
    Ticket.merged_into_id.is_(None),
    Ticket.customer_wrote_at.is_not(None),
    or_(Ticket.answered_at.is_(None), Ticket.customer_wrote_at > Ticket.answered_at),
)
"""Somebody waits for our answer; written as the condition of the index, `tickets.ticket.WAITING`, so that it fits."""


@dataclass(frozen=True, slots=True)
class Line:
    """What waits in one queue or came by one channel."""

    key: int | str
    name: str
    waiting: int
    oldest: datetime | None
    soon: int
    late: int


@dataclass(frozen=True, slots=True)
class Targets:
    """How many targets run, how many of them are over, and how many will be within the hour."""

    running: int
    late: int
    soon: int


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent: what they state, whether a browser of theirs is there, and what they have in hand."""

    agent: Agent
    email: str
    chat: str
    on_us: int
    on_customer: int
    chats: int


@dataclass(frozen=True, slots=True)
class Chat:
    """A talk at once; `since` is when the visitor began to wait, None when we wrote last."""

    number: int
    who: str
    subject: str
    assignee: str | None
    since: datetime | None
    rings: bool  # nobody has accepted it yet


@dataclass(frozen=True, slots=True)
class Chats:
    """How many chats somebody has, how many ring, and those that wait longest."""

    in_progress: int = 0
    ringing: int = 0
    longest: Sequence[Chat] = ()


def lines(agent: Agent, now: datetime) -> tuple[list[Line], list[Line]]:
    """One line for each queue the agent sees, in their order, and one for each channel by which somebody wrote last.

    Both come from one walk over what waits. Queues in which nothing waits are included.
    """
    rows = db.session.execute(_lines(agent, now)).all()
    queues = db.session.scalars(visibility.visible_queues(agent)).all()
    channels = sorted({row.channel for row in rows})
    return (
        [_line(queue.id, queue.name, [row for row in rows if row.queue_id == queue.id]) for queue in queues],
        [_line(channel, channel, [row for row in rows if row.channel == channel]) for channel in channels],
    )


def targets(agent: Agent, now: datetime) -> Targets:
    """How many tickets have a target that runs, whoever wrote last, and how many of those are late or soon due."""
    running, late, soon = db.session.execute(
        select(
            func.count(),
            func.count().filter(Ticket.next_due_at <= now),
            func.count().filter(and_(Ticket.next_due_at > now, Ticket.next_due_at <= now + SOON)),
        )
        .select_from(Ticket)
        .where(Ticket.active(), Ticket.next_due_state == "running", visibility.sees(agent))
    ).one()
    return Targets(running, late, soon)


def oldest(agent: Agent) -> Ticket | None:
    """The ticket whose customer has waited longest."""
    return db.session.scalar(
        select(Ticket).where(_WAITS, visibility.sees(agent)).order_by(Ticket.customer_wrote_at, Ticket.id).limit(1)
    )


def next_breaches(agent: Agent, limit: int = NEXT) -> Sequence[tuple[Ticket, str | None]]:
    """The tickets with least time left, those late first, with the names of whom they were given to."""
    rows = db.session.execute(
        select(Ticket, Agent.name)
        .outerjoin(Agent, Agent.id == Ticket.assignee_id)
        .where(Ticket.active(), Ticket.next_due_state == "running", visibility.sees(agent))
        .order_by(Ticket.due_order, Ticket.id)
        .limit(limit)
    )
    return [(ticket, name) for ticket, name in rows]


def workers(agent: Agent, now: datetime) -> list[Worker]:
    """The agents of the teams one supervises, all of them for an administrator, those who are there first."""
    mine = select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)
    in_sight = exists().where(TeamMember.agent_id == Agent.id, TeamMember.team_id.in_(mine))
    of_agents = select(Agent).where(Agent.disabled_at.is_(None)).order_by(Agent.name).limit(MOST_AGENTS)
    agents = db.session.scalars(of_agents if agent.is_administrator else of_agents.where(in_sight)).all()
    ids = [one.id for one in agents]
    stated = {
        (row.agent_id, row.channel): _stated(row, now)
        for row in db.session.scalars(select(Availability).where(Availability.agent_id.in_(ids)))
    }
    load = {row[0]: row for row in db.session.execute(_load(ids))}
    found = []
    for one in agents:
        _, on_us, on_customer, chats = load.get(one.id, (one.id, 0, 0, 0))
        email, chat = (stated.get((one.id, channel), "offline") for channel in ("email", "chat"))
        found.append(Worker(one, email, chat, on_us, on_customer, chats))
    return sorted(found, key=lambda one: ("online" not in (one.email, one.chat), one.agent.name))


def chats(agent: Agent, limit: int = CHATS) -> Chats:
    """The chats of this moment, those that ring first, then whoever waits longest; counted and listed in one walk."""
    waits = case((_WAITS, Ticket.customer_wrote_at))
    rings = Ticket.rings_since.is_not(None)
    rows = db.session.execute(
        select(
            Ticket.number,
            Identity.name,
            Identity.kind,
            Identity.value,
            Ticket.subject,
            Agent.name,
            func.coalesce(Ticket.rings_since, waits),
            rings,
            func.count().filter(Ticket.assignee_id.is_not(None)).over(),
            func.count().filter(rings).over(),
        )
        .join(Identity, Identity.id == Ticket.requester_id)
        .outerjoin(Agent, Agent.id == Ticket.assignee_id)
        .where(Ticket.talks(), visibility.sees(agent))
        .order_by(Ticket.rings_since.asc().nulls_last(), waits.asc().nulls_last(), Ticket.updated_at.desc())
        .limit(limit)
    ).all()
    if not rows:
        return Chats()
    longest = [Chat(row[0], row[1] or (row[3] if row[2] == "email" else ""), *row[4:8]) for row in rows]
    in_progress, ringing = rows[0][8:10]
    return Chats(in_progress, ringing, longest)


def _lines(agent: Agent, now: datetime) -> Select[*tuple[Any, ...]]:
    running = Ticket.next_due_state == "running"
    return (
        select(
            Ticket.queue_id,
            Ticket.last_channel.label("channel"),
            func.count().label("waiting"),
            func.min(Ticket.customer_wrote_at).label("oldest"),
            func.count()
            .filter(and_(running, Ticket.next_due_at > now, Ticket.next_due_at <= now + SOON))
            .label("soon"),
            func.count().filter(and_(running, Ticket.next_due_at <= now)).label("late"),
        )
        .where(_WAITS, visibility.sees(agent))
        .group_by(Ticket.queue_id, Ticket.last_channel)
    )


def _line(key: int | str, name: str, rows: Sequence[Row[*tuple[Any, ...]]]) -> Line:
    return Line(
        key,
        name,
        sum(row.waiting for row in rows),
        min((row.oldest for row in rows), default=None),
        sum(row.soon for row in rows),
        sum(row.late for row in rows),
    )


def _load(ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    on_us = Ticket.category.in_(("new", "open"))
    return (
        select(
            Ticket.assignee_id,
            func.count().filter(on_us),
            func.count().filter(~on_us),
            func.count().filter(and_(on_us, Ticket.last_channel == "chat")),
        )
        .where(Ticket.active(), Ticket.assignee_id.in_(ids))
        .group_by(Ticket.assignee_id)
    )


def _stated(row: Availability, now: datetime) -> str:
    """What they state, or offline when no browser of theirs was heard of lately."""
    return row.state if row.heard_at is not None and row.heard_at > now - FRESH else "offline"
