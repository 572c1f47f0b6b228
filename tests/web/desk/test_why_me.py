"""Why a ticket is whose it is, at the door: the decisions in order, in plain words."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.routing.conftest import come
from tests.web.desk.conftest import Browser, htmx, words
from ticketdesk.accounts import capacities, skills
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import deciding, dispatch, setting_up
from ticketdesk.routing.setting_up import Room
from ticketdesk.tickets import assignment
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import candidates

MINUTE = timedelta(minutes=1)


def ask(client: FlaskClient, ticket: Ticket) -> str:
    db.session.commit()
    answer = client.get(f"/desk/tickets/{ticket.number}/routing", headers=htmx())
    assert answer.status_code == 200
    return words(answer.text)


@pytest.mark.parametrize("strategy", ["round_robin", "fewest_open", "most_spare"])
def test_what_was_compared_is_said(alice: FlaskClient, world: World, ticket: Ticket, strategy: str) -> None:
    now = clock.now()
    world.care_queue.strategy = strategy
    come(now, world.alice, world.bob)
    capacities.set_own(world.bob, "email", 5, SYSTEM, now)
    assert dispatch.dispatch(ticket.id, now)
    said = ask(alice, ticket)
    assert "Alice" in said
    assert f"because {candidates.reason(strategy)}." in said
    compared = {"round_robin": "never got one yet", "fewest_open": "weighs 0", "most_spare": "100 % free"}[strategy]
    assert said.count(compared) == 2
    assert "0 of 5" in said
    assert "0 of 20" in said


def test_a_decision_of_before_is_told_with_what_was_kept_then(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    """Those of the first queues kept no loads, and said in words why not."""
    now = clock.now()
    world.care_queue.strategy = "round_robin"
    come(now, world.alice, world.bob)
    assert dispatch.dispatch(ticket.id, now)
    [made] = deciding.of_ticket(ticket.id)
    kept = ({"agent_id": world.alice.id, "why_not": None}, {"agent_id": world.bob.id, "why_not": "is not online"})
    made.candidates = {"considered": [{**one, "last_assigned_at": None} for one in kept]}
    made.queue_id = None
    said = ask(alice, ticket)
    assert "never got one yet" in said
    assert "is not online" in said


def test_who_was_barred_and_why(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    now = clock.now()
    world.care_queue.strategy = "round_robin"
    french = skills.create("French", "language", SYSTEM, now)
    setting_up.change(
        world.care_queue, Room(required=[french.id], gives_way=[french.id], relax_after_minutes=10), SYSTEM, now
    )
    come(now, world.alice)
    assert not dispatch.dispatch(ticket.id, now)
    said = ask(alice, ticket)
    assert "Nobody has it yet because nobody could be given it so far." in said
    assert "lacks French" in said
    assert "not working" in said
    assert "French is not asked for any more" in said
    later = now + 11 * MINUTE
    come(later, world.alice)
    assert dispatch.dispatch(ticket.id, later)
    said = ask(alice, ticket)
    assert "because nobody else could take it." in said
    assert "By then it did not ask for French any more." in said
    assert said.index("got it as the only one") < said.index("Nobody could take it")


def test_a_skip_tells_its_reason(alice: FlaskClient, browser: Browser, world: World, ticket: Ticket) -> None:
    alice.post("/desk/next")
    data = {"reason": "other", "note": "She asked for <b>Bob</b>."}
    alice.post(f"/desk/tickets/{ticket.number}/skips", data=data)
    browser("bob").post("/desk/next")
    page = alice.get(f"/desk/tickets/{ticket.number}/routing").text
    said = words(page)
    assert "passed it on: something else" in said
    assert "She asked for &lt;b&gt;Bob" in page
    assert "because they asked for the next ticket" in said


def test_who_gave_it_and_who_took_it(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    assert "in this queue agents choose themselves" in ask(alice, ticket)
    assignment.assign(ticket, world.bob, world.alice.actor, clock.now())
    assert "gave it to them" in ask(alice, ticket)
    assignment.assign(ticket, world.alice, world.alice.actor, clock.now())
    assert "took it" in ask(alice, ticket)


def test_whoever_reads_the_ticket_reads_this(reader: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    assert reader.get(f"/desk/tickets/{ticket.number}/routing").status_code == 200
    assert "Why nobody?" in reader.get(f"/desk/tickets/{ticket.number}").text
    assert reader.get("/desk/tickets/999999/routing").status_code == 404
    assert reader.post(f"/desk/tickets/{ticket.number}/routing").status_code == 405
