"""Linking at the desk: the sheet, the side panel, and the way back."""

import json

from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import Browser, Write, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import linking, merging
from ticketdesk.tickets.ticket import Ticket


def side(browser: FlaskClient, ticket: Ticket) -> str:
    return words(browser.get(f"/desk/tickets/{ticket.number}").text.partition('id="side"')[2])


def test_it_is_found_linked_shown_and_taken_off(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    other = write("All armrests come off.", subject="A bad batch").ticket
    address = f"/desk/tickets/{ticket.number}/link"
    assert "A bad batch" in words(alice.get(address, headers=htmx()).text)
    assert "A bad batch" in words(alice.get(f"{address}?q={other.number}", headers=htmx()).text)
    roles = alice.get(f"{address}?other={other.number}", headers=htmx()).text
    assert f"/desk/tickets/{ticket.number}/links/{other.number}/problem" in roles
    assert "<html" in alice.get(f"{address}?other={other.number}").text
    done = alice.post(f"/desk/tickets/{ticket.number}/links/{other.number}/problem", headers=htmx())
    assert done.status_code == 200
    undo = json.loads(done.headers["HX-Trigger"])["undoable"]["address"]
    assert "Problem behind it" in side(alice, ticket) and "A bad batch" in side(alice, ticket)
    assert "Incidents" in side(alice, other)
    page = words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert f"Alice made it an incident of the problem #{other.number}" in page
    off = alice.post(undo, headers=htmx())
    assert "Linked tickets" not in side(alice, ticket)
    alice.post(json.loads(off.headers["HX-Trigger"])["undoable"]["address"], headers=htmx())
    assert "Incidents" in side(alice, other)
    assert alice.post(f"/desk/tickets/{ticket.number}/links/{other.number}/related").status_code == 409
    assert alice.post(f"/desk/tickets/{ticket.number}/links/{other.number}/parent").status_code == 422


def test_what_one_does_not_see_cannot_be_linked_and_is_not_shown(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    hidden = write(subject="Hidden away", queue_id=world.orders_queue.id).ticket
    assert alice.post(f"/desk/tickets/{ticket.number}/links/{hidden.number}/related").status_code == 404
    assert alice.get(f"/desk/tickets/{ticket.number}/link?other={hidden.number}").status_code == 404
    linking.link(ticket, hidden, "related", world.ada.actor, clock.now())
    db.session.commit()
    assert "Hidden away" not in alice.get(f"/desk/tickets/{ticket.number}").text


def test_readers_cannot(reader: FlaskClient, browser: Browser, write: Write, ticket: Ticket) -> None:
    other = write(subject="Another").ticket
    assert reader.post(f"/desk/tickets/{ticket.number}/links/{other.number}/related").status_code == 403


def test_what_is_linked_to_a_merged_ticket_gets_free(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    problem, survivor = write(subject="A bad batch").ticket, write(subject="The worse one").ticket
    linking.link(ticket, problem, "problem", world.alice.actor, clock.now())
    merging.merge(problem, survivor, world.alice.actor, clock.now())
    db.session.commit()
    off = alice.post(f"/desk/tickets/{ticket.number}/links/{problem.number}/removal", headers=htmx())
    assert off.status_code == 200
    assert (
        alice.post(f"/desk/tickets/{ticket.number}/links/{survivor.number}/problem", headers=htmx()).status_code == 200
    )
