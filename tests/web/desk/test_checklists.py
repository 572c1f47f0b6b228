"""Checklists at the desk: what is to be done, who ticked it off, and the way back."""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, fresh, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.tickets import checklist, merging
from ticketdesk.tickets.checklist_item import ChecklistItem
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def place(ticket: Ticket, *more: object) -> str:
    return "/".join(["", "desk", "tickets", str(ticket.number), "checklist", *map(str, more)])


def shown(browser: FlaskClient, ticket: Ticket) -> str:
    page = browser.get(f"/desk/tickets/{ticket.number}").text
    return words(page.partition('id="checklist"')[2].partition("</section>")[0])


def lines(ticket: Ticket) -> list[str]:
    db.session.expire_all()
    return [item.text for item in checklist.items_of(fresh(ticket))]


@pytest.fixture
def items(world: World, ticket: Ticket) -> list[ChecklistItem]:
    made = checklist.add(ticket, "Call the carrier\n\n Find the bolt \nWrite to Dana", world.alice, clock.now())
    db.session.commit()
    return made


def test_a_line_is_added_ticked_off_and_taken_back(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    assert alice.post(place(ticket), data={"text": "Call the carrier"}, headers=htmx()).status_code == 200
    assert alice.post(place(ticket), data={"text": "Find the bolt"}).status_code == 303
    assert "0 of 2" in shown(alice, ticket)
    first = db.session.scalars(select(ChecklistItem.id).order_by(ChecklistItem.id)).first()
    done = browser("bob").post(place(ticket, first, "completion"), data={"wanted": "yes"}, headers=htmx())
    assert "1 of 2" in words(done.text)
    assert "Bob, " in shown(alice, ticket)
    alice.post(place(ticket, first, "completion"), data={"wanted": "yes"}, headers=htmx())
    assert "Bob, " in shown(alice, ticket)  # whoever was first did it
    alice.post(place(ticket, first, "completion"), data={"wanted": "no"}, headers=htmx())
    assert "0 of 2" in shown(alice, ticket)
    told = db.session.execute(select(Event.kind, Event.data).where(Event.kind.like("checklist%")).order_by(Event.id))
    assert [row.kind for row in told][-2:] == ["checklist_ticked", "checklist_ticked"]
    assert "carrier" not in json.dumps([row.data for row in db.session.execute(select(Event.data))])
    page = words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert "Alice added to the checklist" in page


def test_lines_are_renamed_put_into_order_and_taken_off(
    alice: FlaskClient, ticket: Ticket, items: list[ChecklistItem]
) -> None:
    assert lines(ticket) == ["Call the carrier", "Find the bolt", "Write to Dana"]
    alice.post(place(ticket, items[1].id, "text"), data={"text": "Find both bolts"}, headers=htmx())
    alice.post(place(ticket, items[2].id, "place"), data={"to": "up"}, headers=htmx())
    alice.post(place(ticket, items[0].id, "place"), data={"to": "up"}, headers=htmx())  # the first stays
    assert lines(ticket) == ["Call the carrier", "Write to Dana", "Find both bolts"]
    alice.post(place(ticket, items[0].id, "place"), data={"to": "down"}, headers=htmx())
    assert lines(ticket) == ["Write to Dana", "Call the carrier", "Find both bolts"]
    off = alice.post(place(ticket, items[0].id, "removal"), headers=htmx())
    assert lines(ticket) == ["Write to Dana", "Find both bolts"]
    assert alice.post(place(ticket, items[0].id, "completion"), data={"wanted": "yes"}).status_code == 404
    alice.post(json.loads(off.headers["HX-Trigger"])["undoable"]["address"], headers=htmx())
    assert lines(ticket) == ["Write to Dana", "Call the carrier", "Find both bolts"]


def test_what_does_not_fit_is_refused(world: World, alice: FlaskClient, ticket: Ticket) -> None:
    for text in ("", "  \n ", "x" * (checklist.LONGEST + 1)):
        assert alice.post(place(ticket), data={"text": text}, headers=htmx()).status_code == 422
    with pytest.raises(Invalid):
        checklist.add(ticket, "one\n" * (checklist.MOST + 1), world.alice, clock.now())
    assert lines(ticket) == []


def test_who_may(
    browser: Browser, reader: FlaskClient, write: Write, world: World, ticket: Ticket, items: list[ChecklistItem]
) -> None:
    assert "Call the carrier" in shown(reader, ticket)
    assert reader.post(place(ticket), data={"text": "More"}).status_code == 403
    other = write(subject="Another").ticket
    hidden = write(subject="Hidden", queue_id=world.orders_queue.id).ticket
    bob = browser("bob")
    assert bob.post(place(hidden), data={"text": "More"}).status_code == 404
    assert bob.post(place(other, items[0].id, "removal")).status_code == 404  # of another ticket
    assert bob.post(place(ticket, 2**40, "removal")).status_code == 404
    assert bob.post(place(ticket, items[0].id, "place"), data={"to": "left"}).status_code == 422
    assert bob.get(place(ticket)).status_code == 405
    with pytest.raises(NotFound):
        checklist.tick(other, items[0].id, world.bob, clock.now(), done=True)


def test_it_follows_a_merge_and_its_undoing(
    world: World, write: Write, ticket: Ticket, items: list[ChecklistItem]
) -> None:
    other = write(subject="The other").ticket
    checklist.add(other, "Own line", world.alice, clock.now())
    merging.merge(ticket, other, world.alice.actor, clock.now())
    db.session.commit()
    assert lines(other) == ["Own line", "Call the carrier", "Find the bolt", "Write to Dana"]
    merging.undo(fresh(ticket), world.alice.actor, clock.now())
    db.session.commit()
    assert lines(ticket) == ["Call the carrier", "Find the bolt", "Write to Dana"]
    assert lines(other) == ["Own line"]


def test_the_page_asks_one_question_more(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}"
    alice.get(address)
    with counted() as without:
        alice.get(address)
    checklist.add(ticket, "a line\n" * 40, world.alice, clock.now())
    db.session.commit()
    alice.get(address)
    with counted() as ran:
        alice.get(address)
    assert len(ran) == len(without) + 1
