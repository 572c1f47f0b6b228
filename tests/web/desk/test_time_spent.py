"""Time on a ticket at the desk: shown, written down, corrected, removed, and whose it is to see."""

import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, fresh, htmx, words
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import following, merging, timekeeping
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import TimeSpent


def place(ticket: Ticket, *more: object) -> str:
    return "/".join(["", "desk", "tickets", str(ticket.number), "time", *map(str, more)])


def line(browser: FlaskClient, ticket: Ticket) -> str:
    """What stands at "Time" beside the conversation."""
    page = browser.get(f"/desk/tickets/{ticket.number}").text
    found = re.search(r'aria-label="Time: ([^"]*)"', page)
    return found[1] if found else ""


def sheet(browser: FlaskClient, ticket: Ticket) -> str:
    return words(browser.get(place(ticket), headers=htmx()).text)


def write_down(agent: Agent, ticket: Ticket, minutes: int, note: str = "") -> TimeSpent:
    now = clock.now()
    spent = timekeeping.add(fresh(ticket), minutes * 60, timekeeping.day_of(agent, now), note, agent, now)
    db.session.commit()
    return spent


def sitting(browser: FlaskClient, ticket: Ticket) -> str | None:
    found = re.search(r'data-sitting="([^"]+)"', browser.get(f"/desk/tickets/{ticket.number}").text)
    return found[1] if found else None


@pytest.fixture
def answerer(world: World, ticket: Ticket, browser: Browser) -> FlaskClient:
    """carol's browser, who follows the ticket, and so answers it without being of the queue."""
    following.follow(ticket, world.carol, world.alice.actor, clock.now())
    db.session.commit()
    return browser("carol")


def test_it_is_written_down_and_taken_back(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    assert line(alice, ticket) == "none yet"
    added = alice.post(place(ticket), data={"spent": "1h 20m", "note": "Called  the carrier"}, headers=htmx())
    assert line(alice, ticket) == "1 h 20, all of it mine"
    assert line(browser("bob"), ticket) == "1 h 20, none of it mine"
    assert "Called the carrier" in sheet(browser("bob"), ticket)
    assert alice.post(place(ticket), data={"spent": "0:45"}).status_code == 303
    assert line(alice, ticket) == "2 h 05, all of it mine"
    back = json.loads(added.headers["HX-Trigger-After-Settle"])["undoable"]
    assert back["said"] == "1 h 20 written down"
    again = alice.post(back["address"], headers=htmx())
    assert line(alice, ticket) == "45 min, all of it mine"
    alice.post(json.loads(again.headers["HX-Trigger-After-Settle"])["undoable"]["address"], headers=htmx())
    assert line(alice, ticket) == "2 h 05, all of it mine"
    page = words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert "Alice wrote down time of their own" in page
    assert "carrier" not in page


def test_a_line_is_corrected_and_what_was_measured_stays_beside_it(
    world: World, alice: FlaskClient, ticket: Ticket
) -> None:
    spent = write_down(world.alice, ticket, 20)
    spent.kind, spent.sitting, spent.measured_s, spent.heard_at = "measured", "s", 1200, clock.now()
    db.session.commit()
    answer = alice.post(place(ticket, spent.id, "correction"), data={"spent": "10", "note": "Less"}, headers=htmx())
    assert answer.status_code == 200
    assert "corrected; measured 20 min" in words(answer.text)
    assert "Less" in answer.text
    assert line(alice, ticket) == "10 min, all of it mine"
    assert alice.post(place(ticket, spent.id, "correction"), data={"spent": "20"}).status_code == 303
    assert "corrected" not in sheet(alice, ticket)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"spent": ""}, "Write how long it took"),
        ({"spent": "soon"}, "This is not understood."),
        ({"spent": "0"}, "To count nothing, remove the line."),
        ({"spent": "25h"}, "24 hours"),
        ({"spent": "5", "note": "x" * 201}, "at most 200 letters"),
        ({"spent": "5", "day": "2999-01-01"}, "still to come"),
        ({"spent": "5", "day": "2001-01-01"}, "more than a year ago"),
        ({"spent": "5", "day": "yesterday"}, "Not a valid date"),
        ({"spent": "5", "agent_id": "1"}, "no field agent_id"),
    ],
)
def test_what_does_not_fit_is_said_and_kept(
    alice: FlaskClient, ticket: Ticket, data: dict[str, str], says: str
) -> None:
    given = {"note": "Kept words", **data}
    answer = alice.post(place(ticket), data=given, headers=htmx())
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#sheet")
    assert says in words(answer.text)
    assert given["note"] in answer.text
    assert db.session.scalars(select(TimeSpent)).all() == []


def test_a_refused_correction_is_kept_where_it_was_typed(world: World, alice: FlaskClient, ticket: Ticket) -> None:
    spent, other = write_down(world.alice, ticket, 20), write_down(world.alice, ticket, 30)
    answer = alice.post(place(ticket, spent.id, "correction"), data={"spent": "ages", "note": "So"}, headers=htmx())
    assert answer.status_code == 422
    assert re.search(rf'id="spent-{spent.id}" name="spent" value="ages"', answer.text)
    assert re.search(rf'id="spent-{other.id}" name="spent" value="30m"', answer.text)
    assert answer.text.count("<details open>") == 1


def test_who_may(
    world: World, browser: Browser, reader: FlaskClient, write: Write, ticket: Ticket, alice: FlaskClient
) -> None:
    spent = write_down(world.alice, ticket, 20, "Called the carrier")
    assert line(reader, ticket) == ""
    assert reader.get(place(ticket)).status_code == 403
    assert reader.post(place(ticket), data={"spent": "5"}).status_code == 403
    bob = browser("bob")
    for act in ("correction", "removal", "restoration"):
        assert bob.post(place(ticket, spent.id, act), data={"spent": "5"} if act[0] == "c" else {}).status_code == 404
    other = write(subject="Another").ticket
    assert alice.post(place(other, spent.id, "removal")).status_code == 404
    hidden = write(subject="Hidden", queue_id=world.orders_queue.id).ticket
    assert alice.get(place(hidden)).status_code == 404
    assert alice.post(place(hidden), data={"spent": "5"}).status_code == 404
    assert alice.post(place(ticket, 2**40, "removal")).status_code == 404
    assert alice.delete(place(ticket)).status_code == 405
    assert line(alice, ticket) == "20 min, all of it mine"


def test_whoever_answers_without_the_queue_sees_their_own_alone(
    world: World, answerer: FlaskClient, ticket: Ticket
) -> None:
    write_down(world.alice, ticket, 20, "Called the carrier")
    assert line(answerer, ticket) == "none of mine"
    assert "carrier" not in sheet(answerer, ticket)
    assert "Alice" not in sheet(answerer, ticket)
    answerer.post(place(ticket), data={"spent": "5"}, headers=htmx())
    assert line(answerer, ticket) == "mine 5 min"
    assert "20 min" not in sheet(answerer, ticket)


def test_it_counts_for_the_survivor_and_comes_back(
    world: World, alice: FlaskClient, write: Write, ticket: Ticket
) -> None:
    middle, other = write(subject="The middle").ticket, write(subject="The other").ticket
    spent = write_down(world.alice, ticket, 20)
    write_down(world.bob, middle, 10)
    write_down(world.alice, other, 5)
    for source, survivor in ((ticket, middle), (middle, other)):
        merging.merge(fresh(source), survivor, world.alice.actor, clock.now())
        db.session.commit()
    assert line(alice, other) == "35 min, of which mine 25 min"
    assert alice.get(place(ticket)).status_code == 409
    assert alice.post(place(ticket, spent.id, "correction"), data={"spent": "15"}).status_code == 409
    alice.post(place(other, spent.id, "correction"), data={"spent": "15"}, headers=htmx())
    merging.undo(fresh(middle), world.alice.actor, clock.now())
    db.session.commit()
    assert (line(alice, other), line(alice, middle)) == ("5 min, all of it mine", "25 min, of which mine 15 min")
    merging.undo(fresh(ticket), world.alice.actor, clock.now())
    db.session.commit()
    assert (line(alice, ticket), line(alice, middle)) == ("15 min, all of it mine", "10 min, none of it mine")


def test_a_page_says_how_long_somebody_sat_there(
    world: World, alice: FlaskClient, browser: Browser, ticket: Ticket, write: Write
) -> None:
    said = sitting(alice, ticket)
    assert said is not None
    address = f"/desk/tickets/{ticket.number}/sitting"
    answer = alice.post(address, data={"sitting": said, "seconds": "9999"})
    assert (answer.status_code, answer.json) == (200, {"sitting": said})
    assert db.session.scalars(select(TimeSpent)).all() == [], "no more than passed since the page was given out"
    for data in ({"sitting": said}, {"sitting": said, "seconds": "-1"}, {"sitting": said + "a", "seconds": "9"}):
        assert alice.post(address, data=data).status_code == 422
    assert browser("bob").post(address, data={"sitting": said, "seconds": "9"}).status_code == 422
    other = write(subject="Another").ticket
    assert (
        alice.post(f"/desk/tickets/{other.number}/sitting", data={"sitting": said, "seconds": "9"}).status_code == 422
    )
    assert browser("carol").post(address, data={"sitting": said, "seconds": "9"}).status_code == 404
    assert alice.get(address).status_code == 405


def test_who_is_measured(
    world: World, alice: FlaskClient, reader: FlaskClient, browser: Browser, write: Write, ticket: Ticket
) -> None:
    said = sitting(alice, ticket)
    assert sitting(reader, ticket) is None
    world.alice.measures_time = False
    db.session.commit()
    assert sitting(alice, ticket) is None
    address = f"/desk/tickets/{ticket.number}/sitting"
    assert alice.post(address, data={"sitting": said, "seconds": "9"}).status_code == 403
    assert "Yours is not measured" in sheet(alice, ticket)
    bob = browser("bob")
    begun = sitting(bob, ticket)
    merging.merge(fresh(ticket), write(subject="The other").ticket, world.alice.actor, clock.now())
    db.session.commit()
    assert sitting(bob, ticket) is None
    assert bob.post(address, data={"sitting": begun, "seconds": "9"}).status_code == 200


def test_the_page_and_the_sheet_ask_no_more_for_more_lines(world: World, alice: FlaskClient, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}"
    alice.get(address)
    with counted() as without:
        alice.get(address)
    for agent in (world.alice, world.bob, world.sam) * 12:
        write_down(agent, ticket, 1)
    alice.get(place(ticket), headers=htmx())
    with counted() as ran:
        alice.get(address)
    with counted() as opened:
        alice.get(place(ticket), headers=htmx())
    assert len(ran) == len(without)
    assert len(opened) <= 7
