"""What the tests of reports share: browsers, a promise to measure by, and a ticket of each queue."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import LONG_AGO, World, open_for, sign_in
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
from ticketdesk.tickets import replying
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

DANA = [("dana@customer.example", "")]
Ask = Callable[..., Ticket]


@pytest.fixture
def browser(app: Flask, world: World) -> Callable[[str], FlaskClient]:
    """A browser in which somebody is signed in."""
    return lambda name: sign_in(app.test_client(), world.agent(name))


@pytest.fixture
def sam(browser: Callable[[str], FlaskClient]) -> FlaskClient:
    """The supervisor of Care."""
    return browser("sam")


@pytest.fixture
def ada(browser: Callable[[str], FlaskClient]) -> FlaskClient:
    """The administrator."""
    return browser("ada")


@pytest.fixture
def ask(world: World) -> Ask:
    """dana asks, some time ago, and alice answers or not; with clocks from the standard policy; committed."""
    defaults.create(SYSTEM, LONG_AGO)

    def ask(
        subject: str, queue: Queue | None = None, ago: timedelta = timedelta(hours=2), answered: timedelta | None = None
    ) -> Ticket:
        at: datetime = clock.now() - ago
        ticket = open_for(world, queue or world.care_queue, subject, at)
        ticket.customer_wrote_at = at
        if answered is not None:
            replying.reply(ticket, world.alice, "Hello", to=DANA, at=at + answered)
        db.session.commit()
        return ticket

    return ask
