"""The same people in every test: who works here, who asks, and what each of them may see.

alice and bob answer for Care, carol for Orders; sam supervises Care; ada administers; dana and eve are customers.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from ticketdesk.accounts import passwords, people, sessions, teams
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.contacts import resolving
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.tickets import opening
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

PASSWORD = "a bench under the elm"
LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
AGENTS = ("alice", "bob", "carol", "sam", "ada")


@dataclass(frozen=True)
class World:
    """Everybody and everything by name."""

    brand: Brand
    care: Team
    orders: Team
    care_queue: Queue
    orders_queue: Queue
    mailbox: Mailbox
    alice: Agent
    bob: Agent
    carol: Agent
    sam: Agent
    ada: Agent
    dana: Identity
    eve: Identity

    def agent(self, name: str) -> Agent:
        """One of AGENTS."""
        found: Agent = getattr(self, name)
        return found


@cache
def _hash() -> str:
    return passwords.hashed(PASSWORD)


def build() -> World:
    """Make them in the database and commit."""
    brand = Brand(name="Harrow & Pine", slug="harrow", is_default=True, created_at=LONG_AGO)
    db.session.add(brand)
    care, orders = (teams.create(name, SYSTEM, LONG_AGO) for name in ("Care", "Orders"))
    made = {}
    for name, role, of in (
        ("alice", "agent", care),
        ("bob", "agent", care),
        ("carol", "agent", orders),
        ("sam", "supervisor", care),
        ("ada", "administrator", None),
    ):
        made[name] = people.create(f"{name}@desk.example", name.title(), role, SYSTEM, LONG_AGO)
        made[name].password_hash = _hash()
        made[name].undo_seconds = 0  # mail leaves at once; tests of taking back say otherwise
        people.change_teams(made[name], [of.id] if of else [], SYSTEM, LONG_AGO)
    db.session.flush()
    queues = [
        Queue(brand_id=brand.id, team_id=team.id, name=team.name, position=position, created_at=LONG_AGO)
        for position, team in enumerate((care, orders))
    ]
    db.session.add_all(queues)
    db.session.flush()
    mailbox = Mailbox(
        brand_id=brand.id,
        queue_id=queues[0].id,
        address="support@desk.example",
        name="Harrow & Pine",
        is_default=True,
        created_at=LONG_AGO,
    )
    db.session.add(mailbox)
    customers = [
        resolving.resolve("email", f"{name}@customer.example", name.title(), LONG_AGO) for name in ("dana", "eve")
    ]
    world = World(brand, care, orders, *queues, mailbox, **made, dana=customers[0], eve=customers[1])
    db.session.commit()
    return world


def open_for(world: World, queue: Queue, subject: str = "The armrest came off", at: datetime = LONG_AGO) -> Ticket:
    """A ticket of dana's in a queue; not committed."""
    return opening.open_ticket(
        queue_id=queue.id,
        requester=world.dana,
        subject=subject,
        channel="email",
        by=Actor("contact", world.dana.id),
        at=at,
        mailbox_id=world.mailbox.id,
    )


def sign_in(client: FlaskClient, agent: Agent) -> FlaskClient:
    """Make a browser that of an agent, without the page for signing in; its requests carry the proof of origin."""
    with client.application.app_context():
        _row, secret = sessions.begin(agent, "127.0.0.1", "a test", clock.now())
        db.session.commit()
    client.set_cookie("agent", secret)
    return with_token(client)


def with_token(client: FlaskClient) -> FlaskClient:
    """Let every request of a browser carry the token that our pages put into their forms."""
    with client.session_transaction() as kept:
        raw = kept.setdefault("csrf_token", "5" * 40)
    signer = URLSafeTimedSerializer(client.application.config["SECRET_KEY"], salt="wtf-csrf-token")
    client.environ_base["HTTP_X_CSRFTOKEN"] = signer.dumps(raw)
    return client


@pytest.fixture
def world(app: Flask) -> World:
    """The people in the database of the test; gone with it."""
    return build()


@pytest.fixture
def committed_world(committed_app: Flask) -> World:
    """The people in a database with real commits."""
    return build()
