"""Whom the live benchmark is about: agents with many browsers, visitors, a shared ticket, a queue and chats."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from bench.live_size import Size
from ticketdesk.accounts import people, sessions, teams
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.session import AgentSession
from ticketdesk.brands.founding import name_company
from ticketdesk.channels.chat import saying
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.inbound import Inbound, Sender, deliver
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock, tokens
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

ROWS = 40
"""Tickets in the queue that desks show: all of them on one page."""
BROWSERS = 10
"""Of one agent, so that many sockets need few agents."""
COOKIE = "__Host-agent"


@dataclass(frozen=True, slots=True)
class Chat:
    """One talk of a visitor with an agent."""

    token: str
    cookie: str
    number: int
    reference: str


@dataclass(frozen=True, slots=True)
class Cast:
    """All of them, for the process that plays them."""

    key: str
    agents: list[str]  # cookies
    visitors: list[str]  # secrets
    desks: list[str]  # cookies
    chats: list[Chat]
    watched: int  # the ticket that many watch
    reference: str
    rows: list[int]
    list_queue: int

    def said(self) -> dict[str, Any]:
        """As it is written for another process."""
        return asdict(self)


def cast(size: Size) -> Cast:
    """Make them; committed."""
    now = clock.now()
    name_company("Bench & Co", SYSTEM, now)
    defaults.create(SYSTEM, now - timedelta(days=1))
    brand_id = int(db.session.execute(text("SELECT id FROM brands")).scalar_one())
    idle, idle_queue = _team("Idle", brand_id, now)
    shown, shown_queue = _team("Shown", brand_id, now)
    talking, talking_queue = _team("Talking", brand_id, now)
    widget = Widget(
        brand_id=brand_id, queue_id=talking_queue.id, name="Shop", key=tokens.reference(), origins=[], created_at=now
    )
    db.session.add(widget)
    db.session.flush()
    watched = _ticket(idle_queue.id, brand_id, now)
    rows = [_ticket(shown_queue.id, brand_id, now, f"row {number}") for number in range(ROWS)]
    writers = _agents("talks", -(-size.chats // 4), talking, now)
    cookies = _cookies(writers, size.chats, now)
    made = Cast(
        key=widget.key,
        agents=_cookies(_agents("idle", -(-size.agents // BROWSERS), idle, now), size.agents, now),
        visitors=_visitors(widget, size.connections - size.agents, now),
        desks=_cookies(_agents("desk", size.desks, shown, now), size.desks, now),
        chats=[_chat(widget, cookie, now) for cookie in cookies],
        watched=watched.id,
        reference=watched.reference,
        rows=[ticket.id for ticket in rows],
        list_queue=shown_queue.id,
    )
    db.session.commit()
    return made


def _team(name: str, brand_id: int, now: datetime) -> tuple[int, Queue]:
    team = teams.create(name, SYSTEM, now)
    queue = Queue(brand_id=brand_id, team_id=team.id, name=name, position=0, created_at=now)
    db.session.add(queue)
    db.session.flush()
    return team.id, queue


def _ticket(queue_id: int, brand_id: int, at: datetime, subject: str = "Everybody looks here") -> Ticket:
    return deliver(
        Inbound(
            brand_id=brand_id,
            queue_id=queue_id,
            mailbox_id=None,
            sender=Sender("email", "dana@customer.example", "Dana"),
            letter=Letter(
                channel="email",
                subject=subject,
                text="Please help.",
            ),
            received_at=at,
        )
    ).ticket


def _agents(name: str, count: int, team_id: int, now: datetime) -> list[Agent]:
    made = []
    for number in range(count):
        agent = people.create(f"{name}-{number}@desk.example", f"{name.title()} {number}", "agent", SYSTEM, now)
        people.change_teams(agent, [team_id], SYSTEM, now)
        made.append(agent)
    return made


def _cookies(agents: list[Agent], count: int, now: datetime) -> list[str]:
    """So many browsers in which these agents are signed in."""
    secrets = [tokens.fresh() for _ in range(count)]
    rows = [
        {
            "agent_id": agents[number * len(agents) // count].id,
            "digest": tokens.digest(secret),
            "created_at": now,
            "seen_at": now,
            "expires_at": now + sessions.LONGEST,
            "address": "127.0.0.1",
            "browser": "bench",
        }
        for number, secret in enumerate(secrets)
    ]
    db.session.execute(insert(AgentSession), rows)
    return [f"{COOKIE}={secret}" for secret in secrets]


def _visitors(widget: Widget, count: int, now: datetime) -> list[str]:
    secrets = [tokens.fresh() for _ in range(count)]
    rows = [
        {"widget_id": widget.id, "token_sha256": tokens.digest(one), "last_seen_at": now, "created_at": now}
        for one in secrets
    ]
    if rows:
        db.session.execute(insert(Visitor), rows)
    return secrets


def _chat(widget: Widget, cookie: str, now: datetime) -> Chat:
    secret = tokens.fresh()
    visitor = Visitor(widget_id=widget.id, token_sha256=tokens.digest(secret), last_seen_at=now, created_at=now)
    db.session.add(visitor)
    db.session.flush()
    saying.say(visitor, widget, text="Hello, is anybody there?", client_key="first", at=now)
    ticket = db.session.get_one(Ticket, visitor.ticket_id)
    return Chat(secret, cookie, ticket.number, ticket.reference)


def customer() -> Identity:
    """Who writes when a row shall change."""
    return db.session.query(Identity).filter_by(value="dana@customer.example").one()
