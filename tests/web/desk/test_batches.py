"""Many tickets by one click: who may, what is told of each, and the way back."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, fresh, htmx, words
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets import merging, priority, progress, tagging
from ticketdesk.tickets.batch import Batch
from ticketdesk.tickets.queue import QueueGrant
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import names

WAYS_BACK = re.compile(r"/desk/batches/\d+/undoing")


@pytest.fixture
def three(write: Write) -> list[Ticket]:
    return [write(subject=f"Matter {number}").ticket for number in range(3)]


def numbers(tickets: list[Ticket]) -> list[int]:
    return [ticket.number for ticket in tickets]


def change(who: FlaskClient, tickets: list[Ticket], what: str, **more: str) -> Any:
    data = {"number": [str(number) for number in numbers(tickets)], "change": what, **more}
    return who.post("/desk/batches", data=data, headers=htmx())


def told(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers["HX-Trigger"])
    return found


def status(category: str) -> int:
    return db.session.scalars(select(Status.id).where(Status.category == category, Status.is_default)).one()


def test_one_change_for_many_and_one_undo(alice: FlaskClient, world: World, three: list[Ticket]) -> None:
    answer = change(alice, three, f"assignee:{world.bob.id}")
    assert answer.status_code == 204
    said = told(answer)
    assert said["undoable"]["said"] == "Assigned to Bob · 3 tickets"
    assert {"bell-list", "bell-rail", "bell-ticket"} < set(said), "the page looks again without waiting for the bell"
    assert "refused" not in said
    assert [fresh(ticket).assignee_id for ticket in three] == [world.bob.id] * 3
    way_back = said["undoable"]["address"]
    assert WAYS_BACK.fullmatch(way_back)
    undone = alice.post(way_back, headers=htmx())
    assert undone.status_code == 204
    assert told(undone)["said"] == "Undone: 3 tickets"
    assert [fresh(ticket).assignee_id for ticket in three] == [None] * 3
    again = alice.post(way_back, headers=htmx())
    assert (again.status_code, told(again)) == (409, {"refused": "This was undone already."})


def test_every_thing_of_the_bar(browser: Browser, world: World, three: list[Ticket]) -> None:
    ada = browser("ada")
    sent = [
        (f"assignee:{world.ada.id}", {}, "Assigned to Ada · 3 tickets"),
        ("assignee:", {}, "Given back to the queue · 3 tickets"),
        (f"status:{status('pending')}", {}, "Status: Pending · 3 tickets"),
        ("priority:urgent", {}, "Priority: Urgent · 3 tickets"),
        ("add", {"tags": "Oak, late delivery"}, "Tags put on · 3 tickets"),
        ("remove", {"tags": "oak"}, "Tags taken off · 3 tickets"),
        (f"queue:{world.orders_queue.id}", {}, "Moved to Orders · 3 tickets"),
        ("solve", {}, "Solved · 3 tickets"),
    ]
    for what, more, words_said in sent:
        assert told(change(ada, three, what, **more))["undoable"]["said"] == words_said
    for ticket in three:
        now = fresh(ticket)
        assert (now.category, now.priority, now.queue_id) == ("solved", "urgent", world.orders_queue.id)
        assert tagging.tags_of(ticket.id) == ["late-delivery"]


def test_what_refuses_is_told_by_number_and_the_others_go_on(
    alice: FlaskClient, world: World, write: Write, three: list[Ticket]
) -> None:
    closed, merged, good = three
    progress.move_to(closed, "closed", world.ada.actor, closed.opened_at)
    merging.merge(merged, good, world.alice.actor, closed.opened_at)
    foreign = write(subject="Theirs", queue_id=world.orders_queue.id).ticket
    db.session.commit()
    answer = change(alice, [*three, foreign], f"status:{status('on_hold')}")
    assert answer.status_code == 204
    said = told(answer)
    assert said["undoable"]["said"] == "Status: On hold · one ticket"
    assert said["refused"] == (
        f"Not changed: #{foreign.number} (not there, or not yours to see); #{closed.number} (closed for good); "
        f"#{merged.number} (merged into another ticket)."
    )
    assert fresh(good).category == "on_hold"
    assert (fresh(closed).category, fresh(foreign).category) == ("closed", "new")


def test_those_that_were_like_that_are_told(alice: FlaskClient, three: list[Ticket]) -> None:
    change(alice, three[:1], "priority:high")
    assert told(change(alice, three, "priority:high"))["undoable"]["said"] == (
        "Priority: High · 2 tickets · one was like that already"
    )
    said = told(change(alice, three, "priority:high"))
    assert said["said"] == "Priority: High · 3 were like that already"
    assert "undoable" not in said


def test_strangers_and_readers_change_nothing(
    browser: Browser, reader: FlaskClient, world: World, write: Write, three: list[Ticket]
) -> None:
    assert change(reader, three, "priority:high").status_code == 403
    theirs = write(subject="Theirs", queue_id=world.orders_queue.id).ticket
    alice = browser("alice")
    missing = alice.post("/desk/batches", data={"number": "999999", "change": "priority:high"}, headers=htmx())
    assert change(alice, [theirs], "priority:high").status_code == missing.status_code == 404
    assert change(alice, [theirs], "priority:high").headers["HX-Trigger"] == missing.headers["HX-Trigger"]
    assert {fresh(ticket).priority for ticket in [*three, theirs]} == {"normal"}
    assert db.session.scalar(select(func.count()).select_from(Batch)) == 0


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"change": "priority:high"},
        {"number": "x", "change": "priority:high"},
        {"number": "-1", "change": "priority:high"},
        {"number": "9" * 30, "change": "priority:high"},
        {"number": [str(number) for number in range(1, 102)], "change": "priority:high"},
        {"number": "N"},
        {"number": "N", "change": "priority:very"},
        {"number": "N", "change": "status:999999"},
        {"number": "N", "change": "status:closed"},
        {"number": "N", "change": "queue:999999"},
        {"number": "N", "change": "queue:"},
        {"number": "N", "change": "assignee:999999"},
        {"number": "N", "change": "add"},
        {"number": "N", "change": "remove", "tags": " , "},
        {"number": "N", "change": "add", "tags": "x" * 41},
        {"number": "N", "change": "explode"},
        {"number": "N", "change": "priority:high", "unknown": "1"},
    ],
)
def test_what_does_not_fit_changes_nothing(alice: FlaskClient, ticket: Ticket, data: dict[str, Any]) -> None:
    sent = {name: str(ticket.number) if value == "N" else value for name, value in data.items()}
    seq = fresh(ticket).last_seq
    answer = alice.post("/desk/batches", data=sent, headers=htmx())
    assert answer.status_code == 422
    assert told(answer)["refused"]
    assert fresh(ticket).last_seq == seq


def test_new_and_closed_are_not_for_choosing(alice: FlaskClient, ticket: Ticket) -> None:
    for category in ("new", "closed"):
        assert change(alice, [ticket], f"status:{status(category)}").status_code == 422


def test_queues_and_colleagues_are_those_of_the_single_ticket(
    browser: Browser, world: World, write: Write, three: list[Ticket]
) -> None:
    assert change(browser("alice"), three, f"queue:{world.orders_queue.id}").status_code == 422
    theirs = write(subject="Theirs", queue_id=world.orders_queue.id).ticket
    said = told(change(browser("ada"), [three[0], theirs], f"assignee:{world.carol.id}"))
    assert said["refused"] == f"Not changed: #{three[0].number} (in a queue on which they do not work)."
    assert fresh(theirs).assignee_id == world.carol.id
    assert change(browser("alice"), three, f"assignee:{world.carol.id}").status_code == 409


def test_what_changed_since_is_told_at_the_undo(alice: FlaskClient, world: World, three: list[Ticket]) -> None:
    way_back = told(change(alice, three, "priority:high"))["undoable"]["address"]
    priority.change_priority(fresh(three[1]), "low", world.bob.actor, three[1].opened_at + timedelta(hours=1))
    db.session.commit()
    said = told(alice.post(way_back, headers=htmx()))
    assert said["said"] == "Undone: 2 tickets"
    assert said["refused"] == f"Not changed: #{three[1].number} (changed by somebody since)."
    assert [fresh(ticket).priority for ticket in three] == ["normal", "low", "normal"]


def test_only_its_author_undoes(browser: Browser, three: list[Ticket]) -> None:
    way_back = told(change(browser("alice"), three, "priority:high"))["undoable"]["address"]
    for other in ("bob", "sam", "ada"):
        assert browser(other).post(way_back, headers=htmx()).status_code == 404
    assert browser("alice").post("/desk/batches/999999/undoing").status_code == 404
    assert browser("alice").get(way_back).status_code == 405
    assert browser("alice").post(way_back, data={"extra": "1"}).status_code == 422
    assert {fresh(ticket).priority for ticket in three} == {"high"}


@pytest.mark.parametrize("what", ["assignment", "status", "priority", "queue", "resolution"])
def test_a_change_of_one_ticket_is_undone_in_the_same_way(
    browser: Browser, world: World, ticket: Ticket, what: str
) -> None:
    ada = browser("ada")
    sent = {
        "assignment": {"assignee": str(world.bob.id)},
        "status": {"status": str(status("pending"))},
        "priority": {"priority": "low"},
        "queue": {"queue": str(world.orders_queue.id)},
        "resolution": {},
    }[what]

    def state() -> tuple[object, ...]:
        now = fresh(ticket)
        return now.assignee_id, now.status_id, now.priority, now.queue_id

    before = state()
    answer = ada.post(f"/desk/tickets/{ticket.number}/{what}", data=sent, headers=htmx())
    assert state() != before
    way_back = told(answer)["undoable"]["address"]
    assert told(ada.post(way_back, headers=htmx()))["said"] == "Undone: one ticket"
    assert state() == before
    ada.post(f"/desk/tickets/{ticket.number}/{what}", data=sent, headers=htmx())
    again = ada.post(f"/desk/tickets/{ticket.number}/{what}", data=sent, headers=htmx())
    assert "undoable" not in told(again), "nothing was changed, so there is nothing to undo"


def test_the_three_ways_to_ask_who_works_where_agree(world: World, reader: FlaskClient) -> None:
    queues = [world.care_queue, world.orders_queue]
    db.session.add(QueueGrant(team_id=world.care.id, queue_id=world.orders_queue.id, level="reply"))
    db.session.commit()
    agents = db.session.scalars(select(Agent)).all()
    for queue in queues:
        by_queue = set(db.session.scalars(select(Agent.id).where(names.works_on(queue.id))))
        assert {agent_id for agent_id, _name in names.colleagues([queue])} == by_queue
        theirs = {agent.id: names.works_in(agent) for agent in agents}
        assert {one for one, ids in theirs.items() if ids is None or queue.id in ids} == by_queue
    assert len(by_queue) == 5
    assert names.colleagues([]) == [(world.ada.id, "Ada")]


def test_the_bar_offers_what_can_be_chosen(alice: FlaskClient, world: World) -> None:
    bar = alice.get("/desk/batches/new")
    assert bar.status_code == 200
    text = words(bar.text)
    for offered in ("Bob", "Sam", "Ada", "Pending", "Urgent", "Care", "Nobody, back to the queue"):
        assert offered in text
    assert "Carol" not in text, "she works on no queue of alice's"
    assert "Orders" not in text
    assert "Closed" not in text


def test_the_page_pays_for_the_bar_only_when_something_is_selected(
    alice: FlaskClient, world: World, three: list[Ticket]
) -> None:
    page = alice.get(f"/desk/views/queue-{world.care_queue.id}").text
    assert page.count("data-bulk ") == 0
    assert 'hx-get="/desk/batches/new"' in page
    for ticket in three:
        assert f'id="x-{ticket.number}"' in page
        assert f'aria-label="Select #{ticket.number}"' in page
    with counted() as ran:
        alice.get("/desk/batches/new")
    assert len(ran) <= 7


def test_without_htmx_the_way_leads_back_to_the_desk(alice: FlaskClient, ticket: Ticket) -> None:
    answer = alice.post("/desk/batches", data={"number": str(ticket.number), "change": "priority:high"})
    assert answer.status_code == 303
    assert "Priority: High · one ticket" in words(alice.get(answer.location, follow_redirects=True).text)
