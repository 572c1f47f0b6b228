"""Each night the stored clocks are compared with the events they repeat; what differs is said, not changed."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.people import World, open_for, sign_in
from ticketdesk.core.db import db
from ticketdesk.sla import rebuilding
from ticketdesk.sla.difference import SlaDifference
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import replying
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def ticket(world: World, policy: SlaPolicy, now: datetime) -> Ticket:
    """Answered, and unsolved."""
    ticket = open_for(world, world.care_queue, at=now)
    replying.reply(ticket, world.alice, "Here.", to=[("dana@customer.example", "")], at=now)
    db.session.commit()
    return ticket


def its_minute(ticket: Ticket, now: datetime) -> datetime:
    return now.replace(hour=0) + timedelta(days=1) + MINUTE * (ticket.id % rebuilding.MINUTES_A_DAY)


def spoil(ticket: Ticket) -> None:
    mine = (SlaTimer.ticket_id == ticket.id, SlaTimer.metric == "resolution")
    db.session.execute(update(SlaTimer).where(*mine).values(target_s=1))
    db.session.commit()


def test_each_ticket_has_its_minute_of_the_day(ticket: Ticket, now: datetime) -> None:
    spoil(ticket)
    assert rebuilding.compare_some(its_minute(ticket, now) + MINUTE) == 0
    assert rebuilding.compare_some(its_minute(ticket, now)) == 1


def test_what_differs_is_kept_with_its_words_until_it_is_right_again(ticket: Ticket, now: datetime) -> None:
    spoil(ticket)
    first = its_minute(ticket, now)
    rebuilding.compare_some(first)
    rebuilding.compare_some(first + timedelta(days=1))
    kept = db.session.scalars(select(SlaDifference)).one()
    assert (kept.ticket_id, kept.first_found_at, kept.found_at) == (ticket.id, first, first + timedelta(days=1))
    assert kept.said == ["resolution 1: target_s is 1, should be 86400"]
    timer = db.session.scalars(select(SlaTimer).where(SlaTimer.metric == "resolution")).one()
    assert timer.target_s == 1  # comparing changes nothing
    rebuilding.rebuild([ticket.id], first + timedelta(days=1, hours=1))
    assert (timer.target_s, rebuilding.standing(9)) == (86400, [])


def test_what_came_right_by_itself_is_forgotten(ticket: Ticket, now: datetime) -> None:
    spoil(ticket)
    first = its_minute(ticket, now)
    rebuilding.compare_some(first)
    db.session.execute(update(SlaTimer).where(SlaTimer.metric == "resolution").values(target_s=86400))
    assert rebuilding.compare_some(first + timedelta(days=1)) == 0
    assert rebuilding.standing(9) == []


def test_a_verdict_that_the_sweep_will_give_is_no_difference_and_a_wrong_due_time_is_one(
    world: World, policy: SlaPolicy, now: datetime
) -> None:
    ticket = open_for(world, world.care_queue, at=now)
    db.session.flush()
    assert rebuilding.compare([ticket.id], now + 5 * HOUR) == {}
    early = {"due_at": now + HOUR}
    db.session.execute(update(SlaTimer).where(SlaTimer.metric == "first_response").values(early))
    assert list(rebuilding.compare([ticket.id], now + 2 * HOUR)) == [ticket.number]


def test_a_broken_history_is_said_and_stops_no_comparison(ticket: Ticket, now: datetime) -> None:
    db.session.execute(update(Event).where(Event.kind == "ticket_opened").values(data={}))
    db.session.commit()
    assert rebuilding.compare_some(its_minute(ticket, now)) == 1
    assert "cannot be reckoned" in db.session.scalars(select(SlaDifference)).one().said[0]


def test_the_settings_say_how_many_tickets_differ(
    client: FlaskClient, world: World, ticket: Ticket, now: datetime
) -> None:
    ada = sign_in(client, world.ada)
    words = "The clocks of one ticket differ from its events."
    assert words not in ada.get("/admin").text
    spoil(ticket)
    rebuilding.compare_some(its_minute(ticket, now))
    page = ada.get("/admin").text
    assert words in page
    assert f"#{ticket.number}" in page
