"""My numbers: what they count, whose they are, and how few questions they take."""

import re
from datetime import timedelta

from flask.testing import FlaskClient

from tests.people import World
from tests.surveys.asked import asked
from tests.web.desk.conftest import Browser, Write, counted, words
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.tickets import noting, replying, timekeeping, withdrawing
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

PAGE = "/desk/numbers"
DANA = [("dana@customer.example", "")]


def stats(who: FlaskClient) -> dict[str, tuple[str, str]]:
    found = re.findall(
        r'td-stat__name">(.*?)</dt><dd class="td-stat__num">(.*?)</dd><dd class="td-stat__more">(.*?)</dd>',
        who.get(PAGE).text,
    )
    return {name: (value, more) for name, value, more in found}


def answer(ticket: Ticket, agent: Agent, ago: timedelta = timedelta()) -> Message:
    return replying.reply(ticket, agent, "Hello", to=DANA, at=clock.now() - ago)


def test_replies_of_ones_own_count_by_day_and_week(alice: FlaskClient, world: World, write: Write) -> None:
    first, second = write().ticket, write(subject="Another").ticket
    answer(first, world.alice)
    answer(first, world.alice)
    answer(second, world.alice, timedelta(days=3))
    answer(second, world.alice, timedelta(days=8))
    answer(second, world.bob)
    noting.note(first, world.alice, "A note", at=clock.now())
    db.session.commit()
    found = stats(alice)
    assert found["Replies today"] == ("2", "in one ticket")
    assert found["Replies in seven days"] == ("3", "in 2 tickets")
    assert f"#{first.number}" in alice.get(PAGE).text


def test_what_was_taken_back_is_no_reply(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    now = clock.now()
    sent = replying.reply(ticket, world.alice, "Oh", to=DANA, at=now, leaves_at=now + timedelta(seconds=10))
    withdrawing.withdraw(sent.id, world.alice, now)
    db.session.commit()
    assert stats(alice)["Replies today"] == ("0", "in 0 tickets")
    assert "You have answered nobody in these days." in alice.get(PAGE).text


def test_the_clocks_that_ones_own_replies_stopped(
    alice: FlaskClient, browser: Browser, world: World, policy: SlaPolicy, write: Write
) -> None:
    now = clock.now()
    mine = write(received_at=now - timedelta(hours=2)).ticket
    write(ticket=mine, text="And?", received_at=now - timedelta(minutes=50))
    theirs = write(subject="Theirs", received_at=now - timedelta(hours=2)).ticket
    answer(mine, world.alice, timedelta(minutes=40))
    answer(theirs, world.bob, timedelta(minutes=5))
    write(ticket=mine, text="Once more", received_at=now - timedelta(minutes=30))
    answer(mine, world.alice, timedelta(minutes=10))
    db.session.commit()
    found = stats(alice)
    assert found["First response, median"][1] == "of one, in seven days"
    assert found["Next response, median"][1] == "of one, in seven days"
    others = stats(browser("bob"))
    assert others["First response, median"][1] == "of one, in seven days"
    assert others["Next response, median"] == ("–", "of 0, in seven days")


def test_how_content_the_customers_of_ones_tickets_were(
    alice: FlaskClient, browser: Browser, world: World, ticket: Ticket
) -> None:
    now = clock.now()
    invitation = asked(world, ticket, now)
    invitation.agent_id, invitation.sent_at = world.alice.id, now
    db.session.add(
        SurveyAnswer(
            invitation_id=invitation.id,
            kind="csat",
            wording={"question": "How was it?", "words": []},
            direction="high_is_good",
            score=5,
            comment="",
            answered_at=now,
        )
    )
    db.session.commit()
    assert stats(alice)["Content (4 or 5 of 5)"] == ("100 %", "one answer in thirty days; few: the share may be chance")
    behind = alice.get(PAGE).text.partition("What customers answered in thirty days")[2]
    assert f'href="/desk/tickets/{ticket.number}"' in behind, "the number leads to its tickets"
    assert stats(browser("bob"))["Content (4 or 5 of 5)"] == ("–", "0 answers in thirty days")
    assert "What customers answered" not in browser("bob").get(PAGE).text
    with counted() as ran:
        alice.get(PAGE)
    assert len(ran) <= 15


def test_each_says_what_it_counts_and_it_takes_few_questions(alice: FlaskClient, ticket: Ticket) -> None:
    with counted() as ran:
        page = alice.get(PAGE).text
    assert len(ran) <= 15
    assert "How this is reckoned" in words(page)
    assert "Business time" in words(page)


def test_a_ticket_that_one_sees_no_longer_is_not_told(
    alice: FlaskClient, browser: Browser, world: World, client: FlaskClient, write: Write
) -> None:
    hidden = write(subject="Hidden away", queue_id=world.orders_queue.id).ticket
    answer(hidden, world.bob)
    hidden.assignee_id = None
    db.session.commit()
    assert "Hidden away" not in browser("bob").get(PAGE).text
    assert client.get(PAGE).status_code == 302
    assert alice.post(PAGE).status_code == 405


def test_time_of_ones_own_by_day_and_week(alice: FlaskClient, world: World, write: Write) -> None:
    first, second = write().ticket, write(subject="Another").ticket
    now = clock.now()
    today = timekeeping.day_of(world.alice, now)
    for ticket, minutes, agent, ago in (
        (first, 20, world.alice, 0),
        (second, 45, world.alice, 6),
        (second, 500, world.alice, 7),
        (second, 300, world.bob, 0),
    ):
        timekeeping.add(ticket, minutes * 60, today - timedelta(days=ago), "", agent, now)
    removed = timekeeping.add(first, 3_000, today, "", world.alice, now)
    timekeeping.remove(first, removed.id, world.alice, now)
    db.session.commit()
    found = stats(alice)
    assert found["Time today"] == ("20 min", "on one ticket")
    assert found["Time in seven days"] == ("1 h 05", "on 2 tickets")
