"""Putting a ticket away at the desk: the sheet, the lists, the way back."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, fresh, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
from ticketdesk.tickets import snoozing
from ticketdesk.tickets.ticket import Ticket


def sheet(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.number}/snooze"


def waking(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.number}/waking"


def soon(hours: int = 2) -> str:
    return (clock.now() + timedelta(hours=hours)).isoformat()


def is_in(browser: FlaskClient, view: str, ticket: Ticket) -> bool:
    return f'id="t-{ticket.number}"' in browser.get(f"/desk/views/{view}").text


def test_the_sheet_offers_moments_and_the_page_its_key(alice: FlaskClient, ticket: Ticket) -> None:
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert f'href="{sheet(ticket)}"' in page and 'data-key="z"' in page
    shown = alice.get(sheet(ticket), headers=htmx()).text
    assert "<html" not in shown and "Tomorrow morning" in shown and 'type="datetime-local"' in shown
    assert shown.count(" checked") == 1
    assert "<html" in alice.get(sheet(ticket)).text


def test_it_leaves_the_lists_for_one_of_its_own(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    queue = f"queue-{world.care_queue.id}"
    seen = htmx(**{"X-Seen-Seq": str(ticket.last_seq)})
    answer = alice.post(sheet(ticket), data={"when": soon()}, headers=seen)
    assert answer.status_code == 200
    said = json.loads(answer.headers["HX-Trigger-After-Settle"])["undoable"]
    assert "is away until" in said["said"] and said["address"] == waking(ticket)
    assert "Snoozed until" in words(answer.text) and "Alice put it away until" in words(answer.text)
    assert [is_in(alice, view, ticket) for view in (queue, "unassigned", "snoozed")] == [False, False, True]
    assert "Snoozed until" in alice.get("/desk/views/snoozed").text
    alice.post(waking(ticket), headers=htmx())
    assert [is_in(alice, view, ticket) for view in (queue, "unassigned", "snoozed")] == [True, True, False]


def test_when_its_time_has_come_it_bears_a_mark(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    alice.post(sheet(ticket), data={"when": soon()})
    snoozing.wake_due(clock.now() + timedelta(hours=3))
    db.session.commit()
    listed = words(alice.get(f"/desk/views/queue-{world.care_queue.id}").text)
    assert "Back " in listed
    assert "Back from snooze" in words(alice.get(f"/desk/tickets/{ticket.number}").text)


def test_a_time_of_ones_own_is_by_ones_own_clock(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    world.alice.timezone = "Asia/Tokyo"
    db.session.commit()
    day = (clock.now() + timedelta(days=3)).date()
    answer = alice.post(sheet(ticket), data={"when": "own", "own": f"{day}T09:00"})
    assert (answer.status_code, answer.location) == (303, f"/desk/tickets/{ticket.number}")
    until = fresh(ticket).snoozed_until
    assert until is not None and until.isoformat() == f"{day}T00:00:00+00:00"


def test_what_is_due_before_must_be_said_yes_to(alice: FlaskClient, world: World, write: Write) -> None:
    defaults.create(SYSTEM, clock.now() - timedelta(days=1))
    db.session.commit()
    ticket = write().ticket
    answer = alice.post(sheet(ticket), data={"when": soon(24 * 14)}, headers=htmx())
    assert answer.status_code == 409
    assert "before it would be back" in words(answer.text) and 'name="despite" value="yes"' in answer.text
    assert fresh(ticket).snoozed_until is None
    due = fresh(ticket).next_due_at
    answer = alice.post(sheet(ticket), data={"when": soon(24 * 14), "despite": "yes"}, headers=htmx())
    assert answer.status_code == 200 and "It is due" in words(answer.text)
    assert fresh(ticket).next_due_at == due


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"when": "own"},
        {"when": "never"},
        {"when": "2020-01-01T00:00:00+00:00"},
        {"when": "2030-01-01T00:00:00"},
        {"when": "own", "own": "tomorrow"},
        {"when": "x" * 50},
        {"unknown": "x"},
    ],
)
def test_what_is_no_time_is_refused_beside_its_field(alice: FlaskClient, ticket: Ticket, sent: dict[str, str]) -> None:
    answer = alice.post(sheet(ticket), data=sent, headers=htmx())
    assert answer.status_code == 422 and "td-error" in answer.text
    assert fresh(ticket).snoozed_until is None


def test_the_ladder(alice: FlaskClient, browser: Browser, reader: FlaskClient, ticket: Ticket) -> None:
    data = {"when": soon()}
    assert browser("bob").post(sheet(ticket), data=data).status_code == 303
    assert reader.post(sheet(ticket), data=data).status_code == 403
    assert reader.post(waking(ticket)).status_code == 403
    assert reader.get(sheet(ticket)).status_code == 403
    assert alice.post("/desk/tickets/999999/snooze", data=data).status_code == 404
    assert alice.get(waking(ticket)).status_code == 405
    assert alice.post(waking(ticket), data={"unknown": "x"}).status_code == 422
    alice.post(f"/desk/tickets/{ticket.number}/resolution")
    assert alice.post(sheet(ticket), data=data, headers=htmx()).status_code == 422


def test_a_list_costs_no_more_for_it(alice: FlaskClient, ticket: Ticket) -> None:
    alice.get("/desk/views/mine")
    with counted() as before:
        alice.get("/desk/views/unassigned")
    with counted() as after:
        alice.get("/desk/views/snoozed")
    assert len(after) <= len(before)


@pytest.mark.parametrize("own", ["0001-01-01T00:00", "9999-12-31T23:59", "2026-13-01T00:00", "\x00", "tomorrow"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_moment_of_no_calendar_is_refused(
    alice: FlaskClient, world: World, ticket: Ticket, own: str, zone: str
) -> None:
    world.alice.timezone = zone
    db.session.commit()
    assert alice.post(sheet(ticket), data={"when": "own", "own": own}).status_code == 422
