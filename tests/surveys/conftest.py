"""A ticket of dana's that alice answered, under a survey that is switched on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.channels.mails import mail, take, ticket_of, work_all
from tests.people import World
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.surveys import settings
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.survey import Survey
from ticketdesk.tickets import progress, replying
from ticketdesk.tickets.ticket import Ticket

Answered = Callable[..., Ticket]


@pytest.fixture
def survey(world: World, now: datetime) -> Survey:
    """Harrow & Pine asks everybody, an hour after solving."""
    return asked_by(world, now)


def asked_by(world: World, now: datetime, **rules: Any) -> Survey:
    """The survey by other rules; committed."""
    made = settings.save(world.brand.id, replace(settings.Rules(enabled=True), **rules), SYSTEM, now)
    db.session.commit()
    return made


@pytest.fixture
def answered(world: World) -> Answered:
    """dana writes and alice answers; committed."""
    world.mailbox.acknowledges = False

    def answered(now: datetime, **letter: Any) -> Ticket:
        made = ticket_of(take(mail(**letter), now))
        replying.reply(made, world.alice, "A new one is on its way.", to=[("dana@customer.example", "Dana")], at=now)
        db.session.commit()
        return made

    return answered


@pytest.fixture
def ticket(survey: Survey, answered: Answered, now: datetime) -> Ticket:
    """Answered and not solved yet."""
    return answered(now)


def solve(ticket: Ticket, world: World, at: datetime) -> None:
    """alice solves it; committed."""
    progress.solve(ticket, world.alice.actor, at)
    db.session.commit()


def invitations(ticket: Ticket | None = None) -> list[SurveyInvitation]:
    """All that was decided, as it is in the database now."""
    wanted = select(SurveyInvitation).order_by(SurveyInvitation.id).execution_options(populate_existing=True)
    if ticket is not None:
        wanted = wanted.where(SurveyInvitation.ticket_id == ticket.id)
    return list(db.session.scalars(wanted))


def decided(ticket: Ticket, now: datetime) -> tuple[str, str | None]:
    """Work off what is due, and say what became of the newest solution."""
    work_all(now)
    newest = invitations(ticket)[-1]
    return newest.state, newest.reason
