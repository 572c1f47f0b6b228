"""Properties of a ticket, each by its own small door."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, fresh, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import following, progress, tagging
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import level


def status(name: str) -> Status:
    return db.session.scalars(select(Status).where(Status.name == name)).one()


LADDER: list[tuple[str, dict[str, str], bool]] = [  # address, what is sent, whether a read grant is enough
    ("assignment", {"assignee": ""}, False),
    ("status", {"status": "2"}, False),
    ("priority", {"priority": "high"}, False),
    ("tags", {"add": "oak"}, False),
    ("resolution", {}, False),
    ("following", {"wanted": "yes"}, True),
    ("spam", {"wanted": "no"}, False),
    ("trash", {"wanted": "no"}, False),
]


@pytest.mark.parametrize(("what", "data", "read_is_enough"), LADDER)
def test_the_ladder(
    browser: Browser, reader: FlaskClient, ticket: Ticket, what: str, data: dict[str, str], read_is_enough: bool
) -> None:
    address = f"/desk/tickets/{ticket.number}/{what}"
    if what == "status":
        data = {"status": str(status("Open").id)}
    assert browser("bob").post(address, data=data).status_code == 303
    assert browser("ada").post(address, data=data).status_code == 303
    assert reader.post(address, data=data).status_code == (303 if read_is_enough else 403)
    assert browser("bob").post(f"/desk/tickets/999999/{what}", data=data).status_code == 404
    assert browser("bob").post(address, data={**data, "extra": "1"}).status_code in (303, 422)
    assert browser("bob").get(address).status_code == 405


@pytest.mark.parametrize(("what", "data", "_read"), LADDER)
def test_strangers_learn_nothing(
    browser: Browser, ticket: Ticket, what: str, data: dict[str, str], _read: bool
) -> None:
    assert browser("carol").post(f"/desk/tickets/{ticket.number}/{what}", data=data).status_code == 404


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("assignment", {"assignee": "999999"}),
        ("assignment", {"assignee": "carol"}),
        ("status", {"status": "999999"}),
        ("status", {"status": "x"}),
        ("status", {}),
        ("priority", {"priority": "very"}),
        ("queue", {"queue": "999999"}),
        ("tags", {"add": "x" * 41}),
        ("tags", {"add": "oak", "unknown": "1"}),
        ("following", {"wanted": "maybe"}),
        ("followers", {"agent": "999999"}),
        ("spam", {}),
    ],
)
def test_what_does_not_fit_changes_nothing(alice: FlaskClient, ticket: Ticket, what: str, data: dict[str, str]) -> None:
    seq = fresh(ticket).last_seq
    assert alice.post(f"/desk/tickets/{ticket.number}/{what}", data=data).status_code == 422
    assert fresh(ticket).last_seq == seq


def test_a_refusal_by_htmx_is_one_sentence_and_leaves_the_page_alone(alice: FlaskClient, ticket: Ticket) -> None:
    answer = alice.post(f"/desk/tickets/{ticket.number}/priority", data={"priority": "very"}, headers=htmx())
    assert answer.status_code == 422
    assert answer.headers["HX-Reswap"] == "none"
    assert json.loads(answer.headers["HX-Trigger"]) == {"refused": "Choose low, normal, high or urgent."}
    assert answer.text == ""


def test_a_change_by_htmx_brings_what_is_new(alice: FlaskClient, ticket: Ticket) -> None:
    seen = htmx(**{"X-Seen-Seq": str(fresh(ticket).last_seq)})
    answer = alice.post(f"/desk/tickets/{ticket.number}/priority", data={"priority": "urgent"}, headers=seen)
    assert answer.status_code == 200
    assert json.loads(answer.headers["HX-Trigger"])["undoable"]["said"] == "Priority: Urgent"
    assert "Alice set the priority to Urgent" in words(answer.text)
    for part in ("facts", "side", "actions", "banner"):
        assert f'id="{part}"' in answer.text


def test_assigning(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/assignment"
    alice.post(address, data={"assignee": str(world.bob.id)})
    assert fresh(ticket).assignee_id == world.bob.id
    alice.post(address, data={"assignee": ""})
    assert fresh(ticket).assignee_id is None


def test_only_who_works_on_the_queue_can_be_given_a_ticket(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    answer = alice.post(f"/desk/tickets/{ticket.number}/assignment", data={"assignee": str(world.carol.id)})
    assert answer.status_code == 422
    assert level(world.carol, fresh(ticket)) is None
    assert (
        "Carol"
        not in alice.get(f"/desk/tickets/{ticket.number}")
        .text.partition('id="pick-assignee"')[2]
        .partition("</form>")[0]
    )


def test_statuses_that_are_not_for_choosing(alice: FlaskClient, ticket: Ticket) -> None:
    for name in ("New", "Closed"):
        answer = alice.post(f"/desk/tickets/{ticket.number}/status", data={"status": str(status(name).id)})
        assert answer.status_code == 422
    alice.post(f"/desk/tickets/{ticket.number}/status", data={"status": str(status("On hold").id)})
    assert fresh(ticket).category == "on_hold"


def test_solving_and_reopening(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/resolution"
    assert alice.post(address).status_code == 303
    assert fresh(ticket).category == "solved"
    assert alice.delete(address, headers=htmx()).status_code == 200
    assert fresh(ticket).category == "open"
    progress.move_to(fresh(ticket), "closed", world.ada.actor, clock.now())
    db.session.commit()
    assert alice.delete(address, headers=htmx()).status_code == 409


def test_moving_to_a_queue_one_sees(browser: Browser, world: World, ticket: Ticket) -> None:
    address, data = f"/desk/tickets/{ticket.number}/queue", {"queue": str(world.orders_queue.id)}
    assert browser("alice").post(address, data=data).status_code == 422
    assert browser("ada").post(address, data=data).status_code == 303
    assert fresh(ticket).queue_id == world.orders_queue.id
    assert browser("alice").get(f"/desk/tickets/{ticket.number}").status_code == 404


def test_a_change_that_takes_the_ticket_out_of_sight_leads_home(browser: Browser, world: World, ticket: Ticket) -> None:
    following.follow(ticket, world.carol, world.ada.actor, clock.now())
    db.session.commit()
    carol = browser("carol")
    answer = carol.post(f"/desk/tickets/{ticket.number}/following", data={"wanted": "no"})
    assert answer.status_code == 303
    answer = browser("ada").post(f"/desk/tickets/{ticket.number}/following", data={"wanted": "yes"}, headers=htmx())
    assert answer.status_code == 200


def test_tags_come_and_go(alice: FlaskClient, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/tags"
    alice.post(address, data={"add": "Oak, late delivery"})
    assert tagging.tags_of(ticket.id) == ["late-delivery", "oak"]
    alice.post(address, data={"remove": "oak"})
    assert tagging.tags_of(ticket.id) == ["late-delivery"]


def test_a_follower_gains_sight_and_only_owners_grant_it(
    browser: Browser, reader: FlaskClient, world: World, ticket: Ticket
) -> None:
    address, data = f"/desk/tickets/{ticket.number}/followers", {"agent": str(world.carol.id)}
    assert reader.post(address, data=data).status_code == 403
    assert browser("alice").post(address, data=data).status_code == 303
    assert following.followers_of(ticket.id) == [world.carol.id]


def test_spam_and_trash_are_taken_back(alice: FlaskClient, ticket: Ticket) -> None:
    for what in ("spam", "trash"):
        address = f"/desk/tickets/{ticket.number}/{what}"
        alice.post(address, data={"wanted": "yes"})
        assert not fresh(ticket).is_active
        assert 'name="wanted" value="no"' in alice.get(f"/desk/tickets/{ticket.number}").text
        alice.post(address, data={"wanted": "no"})
        assert fresh(ticket).is_active


def test_availability(alice: FlaskClient, world: World) -> None:
    assert alice.post("/desk/availability", data={"state": "asleep"}).status_code == 422
    assert alice.post("/desk/availability", data={"state": "online"}).status_code == 303
    assert "Taking tickets" in words(alice.get("/desk/rail").text)


def test_without_a_token_nothing_changes(app: Any, world: World, alice: FlaskClient, ticket: Ticket) -> None:
    del alice.environ_base["HTTP_X_CSRFTOKEN"]
    assert alice.post(f"/desk/tickets/{ticket.number}/resolution").status_code == 400
    assert fresh(ticket).category == "new"
