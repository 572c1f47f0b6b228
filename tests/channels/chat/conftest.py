"""A visitor with a talk, and the ticket of somebody else beside it."""

from datetime import datetime

import pytest

from tests.channels.chat.talks import Guest, answers, comes, widget_of
from tests.channels.mails import later
from tests.people import World, open_for
from ticketdesk.core.db import db
from ticketdesk.tickets import receiving
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def guest(world: World, now: datetime) -> Guest:
    guest = comes(widget_of(world), now, name="Dana")
    guest.says("One", now)
    answers(world.alice, guest.ticket, "Two", later(now, minutes=1))
    return guest


@pytest.fixture
def by_mail(world: World, guest: Guest, now: datetime) -> Ticket:
    """A ticket of dana's by mail, with words that the visitor must not read unasked."""
    ticket = open_for(world, world.care_queue, at=now)
    receiving.receive(ticket, world.dana, Letter(channel="email", text="By mail"), now)
    db.session.commit()
    return ticket
