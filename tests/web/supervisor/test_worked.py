"""Time on tickets on the supervisor's page: by queue and agent, the tickets behind it, and its spreadsheet."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import counted, words
from tests.web.supervisor.conftest import Ask
from tests.web.supervisor.test_times import rows
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import following, merging, timekeeping
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import TimeSpent

PAGE = "/supervisor/time"
FILE = "/supervisor/time.csv"
BEHIND = "/supervisor/time/tickets"


def worked(agent: Agent, ticket: Ticket, minutes: int, ago: int = 0) -> TimeSpent:
    """Written down for a day so many days ago; committed."""
    now = clock.now()
    day = timekeeping.day_of(agent, now) - timedelta(days=ago)
    spent = timekeeping.add(ticket, minutes * 60, day, "", agent, now)
    db.session.commit()
    return spent


@pytest.mark.parametrize("address", [PAGE, FILE, BEHIND])
def test_who_may_look(browser: Callable[[str], FlaskClient], address: str) -> None:
    assert browser("sam").get(address).status_code == 200
    assert browser("alice").get(address).status_code == 403
    assert browser("sam").post(address).status_code == 405


def test_time_by_queue_and_agent(world: World, sam: FlaskClient, ada: FlaskClient, ask: Ask) -> None:
    one, two, hidden = ask("One"), ask("Two"), ask("Not sam's", world.orders_queue)
    worked(world.alice, one, 20)
    worked(world.alice, two, 10, ago=29)
    worked(world.alice, two, 500, ago=30)
    worked(world.bob, two, 5)
    worked(world.carol, hidden, 40)
    timekeeping.remove(one, worked(world.bob, one, 90).id, world.bob, clock.now())
    measured = worked(world.bob, one, 2)
    measured.kind, measured.sitting, measured.measured_s, measured.heard_at = "measured", "s", 600, clock.now()
    measured.corrected_at = clock.now()
    db.session.commit()
    found = rows(sam.get(FILE).data)
    assert found == [
        {
            "queue": "Care",
            "agent": "Alice",
            "seconds": "1800",
            "measured_s": "0",
            "by_hand_s": "1800",
            "corrected": "0",
            "tickets": "2",
        },
        {
            "queue": "Care",
            "agent": "Bob",
            "seconds": "420",
            "measured_s": "120",
            "by_hand_s": "300",
            "corrected": "1",
            "tickets": "2",
        },
    ]
    page = words(sam.get(PAGE).text)
    assert "one sitting corrected" in page
    assert "Carol" not in page
    assert "The wall clock, day and night." in page
    assert [row["agent"] for row in rows(ada.get(FILE).data)] == ["Alice", "Bob", "Carol"]
    assert [row["seconds"] for row in rows(sam.get(f"{FILE}?days=90").data)] == ["31800", "420"]
    assert rows(sam.get(f"{FILE}?queue={world.orders_queue.id}").data) == found, "a queue that is not sam's is none"


def test_figures_lead_to_their_tickets(world: World, sam: FlaskClient, ask: Ask) -> None:
    one, two, hidden = ask("One"), ask("Two"), ask("Not sam's", world.orders_queue)
    for agent, ticket, minutes in ((world.alice, one, 20), (world.bob, two, 30), (world.carol, hidden, 40)):
        worked(agent, ticket, minutes)
    page = sam.get(BEHIND).text
    assert page.index("Two") < page.index(f"#{one.number}")
    assert "Not sam" not in words(page)
    alone = sam.get(f"{BEHIND}?agent={world.alice.id}").text
    assert f"#{one.number}" in alone
    assert f"#{two.number}" not in alone
    assert "Tickets of Alice" in alone
    assert "Carol" not in sam.get(f"{BEHIND}?agent={world.carol.id}").text
    assert sam.get(f"{BEHIND}?agent=x&days=a").status_code == 200


def test_who_only_follows_sees_no_time_of_others(world: World, sam: FlaskClient, ask: Ask) -> None:
    """As beside the ticket: whoever may answer there sees their own time, those who manage its queue see all."""
    followed = ask("Carol's", world.orders_queue)
    following.follow(followed, world.sam, world.sam.actor, clock.now())
    worked(world.carol, followed, 40)
    assert rows(sam.get(FILE).data) == []
    worked(world.sam, followed, 5)
    assert [row["agent"] for row in rows(sam.get(FILE).data)] == ["Sam"]
    assert "Carol" not in sam.get(f"{BEHIND}?agent={world.carol.id}").text.partition("<main")[2].replace("Carol's", "")


def test_time_of_a_merged_ticket_is_counted_once(world: World, sam: FlaskClient, ask: Ask) -> None:
    one, two = ask("One"), ask("Two")
    worked(world.alice, one, 20)
    worked(world.alice, two, 10)
    merging.merge(one, two, world.alice.actor, clock.now())
    db.session.commit()
    (row,) = rows(sam.get(FILE).data)
    assert (row["seconds"], row["tickets"]) == ("1800", "1")


def test_nothing_and_much_ask_the_same(world: World, sam: FlaskClient, ask: Ask) -> None:
    assert "No time in these days" in sam.get(PAGE).text
    tickets = [ask(f"Ticket {number}") for number in range(4)]
    for ticket in tickets:
        for agent in (world.alice, world.bob, world.sam):
            worked(agent, ticket, 5)
    for address in (PAGE, BEHIND, FILE):
        with counted() as ran:
            sam.get(address)
        assert len(ran) <= 10, address
