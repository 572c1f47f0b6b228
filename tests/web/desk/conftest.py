"""What the tests of the desk share: mail of dana's, browsers of agents, and a count of queries."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests.inbounds import inbound
from tests.people import World, sign_in
from ticketdesk.channels.inbound import Delivered, Match, Sender, deliver
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import QueueGrant
from ticketdesk.tickets.ticket import Ticket

Write = Callable[..., Delivered]
Browser = Callable[[str], FlaskClient]


@pytest.fixture
def write(world: World) -> Write:
    """dana writes: a new ticket, or into one that is given; committed."""

    def write(text: str = "The armrest came off.", ticket: Ticket | None = None, **values: Any) -> Delivered:
        given: dict[str, Any] = {
            "channel": "email",
            "brand_id": world.brand.id,
            "queue_id": world.care_queue.id,
            "mailbox_id": world.mailbox.id,
            "sender": Sender("email", "dana@customer.example", "Dana"),
            "subject": "The armrest came off",
            "text": text,
            "received_at": clock.now(),
            "match": Match(ticket.id, "recipient_token") if ticket is not None else None,
        }
        delivered = deliver(inbound(**{**given, **values}))
        db.session.commit()
        return delivered

    return write


@pytest.fixture
def ticket(write: Write) -> Ticket:
    """A ticket of dana's in the queue of alice and bob."""
    return write().ticket


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    """A browser in which somebody is signed in."""
    return lambda name: sign_in(app.test_client(), world.agent(name))


@pytest.fixture
def alice(browser: Browser) -> FlaskClient:
    """alice's browser."""
    return browser("alice")


@pytest.fixture
def reader(world: World, browser: Browser) -> FlaskClient:
    """carol's browser, whose team may read in Care but not write."""
    db.session.add(QueueGrant(team_id=world.orders.id, queue_id=world.care_queue.id, level="read"))
    db.session.commit()
    return browser("carol")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run inside, savepoints left out."""
    ran: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def fresh(ticket: Ticket) -> Ticket:
    """The ticket as it is in the database now."""
    db.session.expire_all()
    return db.session.scalars(select(Ticket).where(Ticket.id == ticket.id)).one()


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def htmx(**more: str) -> dict[str, str]:
    """The headers of a request by htmx."""
    return {"HX-Request": "true", **more}


def moment(text: str) -> datetime:
    """A moment from its ISO form."""
    return datetime.fromisoformat(text)
