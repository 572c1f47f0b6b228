"""A macro for the selected tickets: what the sheet says, who gets what, and one undo for all of it."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, fresh, htmx, words
from ticketdesk.automation import macros
from ticketdesk.automation.macro import Macro
from ticketdesk.automation.macro_use import MacroUse
from ticketdesk.channels.inbound import Sender
from ticketdesk.core import clock, counters
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import assignment, fields, filling, noting, progress, tagging, withdrawing
from ticketdesk.tickets.fields import Definition
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

EVE = Sender("email", "eve@customer.example", "Eve")


@pytest.fixture
def two(world: World, write: Write) -> list[Ticket]:
    world.alice.undo_seconds = 10
    world.eve.name = "<b>Eve</b> Moss"
    return [write(subject="Matter 1").ticket, write(sender=EVE, subject="Matter 2").ticket]


@pytest.fixture
def sorry(world: World) -> Macro:
    setup = macros.Setup(
        "Sorry",
        "Dear {{ customer.name }}, about #{{ ticket.number }}.",
        category="pending",
        priority="high",
        tags=["sorry"],
    )
    made = macros.create(setup, SYSTEM, clock.now())
    db.session.commit()
    return made


def sheet(who: FlaskClient, macro: Macro, tickets: list[Ticket]) -> Any:
    query = {"number": [ticket.number for ticket in tickets]}
    return who.get(f"/desk/batches/macros/{macro.id}", query_string=query, headers=htmx())


def seen_by(who: FlaskClient, macro: Macro, tickets: list[Ticket]) -> list[str]:
    """What the sheet says of how far each ticket was."""
    return re.findall(r'name="seen" value="([^"]+)"', sheet(who, macro, tickets).text)


def use(
    who: FlaskClient,
    macro: Macro,
    tickets: list[Ticket],
    told: list[Ticket] | None = None,
    key: str = "one",
    seen: list[str] | None = None,
    **more: str,
) -> Any:
    data = {
        "number": [str(ticket.number) for ticket in tickets],
        "seen": [f"{one.number}:{fresh(one).last_seq}" for one in tickets] if seen is None else seen,
        "told": [str(ticket.number) for ticket in (tickets if told is None else told)],
        "key": key,
        **more,
    }
    return who.post(f"/desk/batches/macros/{macro.id}", data=data, headers=htmx())


def undoable(answer: Any) -> dict[str, str]:
    found: dict[str, str] = json.loads(answer.headers["HX-Trigger"])["undoable"]
    return found


def replies(ticket: Ticket) -> list[str]:
    wanted = select(Message.text).where(Message.direction == "out", Message.client_key.like(f"%:{ticket.id}"))
    return list(db.session.scalars(wanted.where(Message.withdrawn_at.is_(None))))


def state(ticket: Ticket) -> tuple[str, str, int | None, list[str]]:
    now = fresh(ticket)
    return now.category, now.priority, now.assignee_id, tagging.tags_of(ticket.id)


def test_the_sheet_says_how_many_customers_get_a_reply(alice: FlaskClient, sorry: Macro, two: list[Ticket]) -> None:
    said = words(sheet(alice, sorry, two).text)
    assert "A reply goes to 2 customers" in said
    assert f"Dear Dana, about #{two[0].number}." in said, "as the first of them would read it"
    assert "Priority: High · Tags: sorry · Status: Pending: 2 tickets" in said
    assert "<b>Eve</b>" not in sheet(alice, sorry, two).text
    assert [state(ticket) for ticket in two] == [("new", "normal", None, [])] * 2, "it was only looked at"


def test_each_gets_words_of_their_own_and_one_undo_takes_all_back(
    alice: FlaskClient, world: World, sorry: Macro, two: list[Ticket]
) -> None:
    answer = use(alice, sorry, two)
    assert answer.status_code == 204
    assert undoable(answer)["said"] == "Sorry · 2 tickets · 2 replies"
    assert replies(two[0]) == [f"Dear Dana, about #{two[0].number}."]
    assert replies(two[1]) == [f"Dear \\<b\\>Eve\\</b\\> Moss, about #{two[1].number}."]
    assert [state(ticket) for ticket in two] == [("pending", "high", world.alice.id, ["sorry"])] * 2
    undone = alice.post(undoable(answer)["address"], headers=htmx())
    assert json.loads(undone.headers["HX-Trigger"])["said"] == "Undone: 2 tickets"
    assert [state(ticket) for ticket in two] == [("new", "normal", None, [])] * 2
    assert [replies(ticket) for ticket in two] == [[], []]
    waits = select(OutboxRow.state).where(OutboxRow.message_id.is_not(None)).distinct()
    assert db.session.scalars(waits).all() == ["cancelled"]
    assert alice.post(undoable(answer)["address"], headers=htmx()).status_code == 409


def test_who_is_not_chosen_gets_no_word_but_the_ticket_changes(
    alice: FlaskClient, world: World, sorry: Macro, two: list[Ticket]
) -> None:
    answer = use(alice, sorry, two, told=two[:1])
    assert undoable(answer)["said"] == "Sorry · 2 tickets · one reply"
    assert replies(two[1]) == []
    assert state(two[1]) == ("pending", "high", None, ["sorry"])
    alice.post(undoable(answer)["address"], headers=htmx())
    assert [state(ticket) for ticket in two] == [("new", "normal", None, [])] * 2


def test_the_same_request_again_writes_nothing_more(alice: FlaskClient, sorry: Macro, two: list[Ticket]) -> None:
    assert use(alice, sorry, two).status_code == 204
    again = use(alice, sorry, two)
    assert json.loads(again.headers["HX-Trigger"])["said"] == "This was done already."
    assert [len(replies(ticket)) for ticket in two] == [1, 1]
    key = macros.counter(sorry.id)
    assert counters.read([key]) == {key: 2}
    assert len(db.session.scalars(select(MacroUse)).all()) == 2


def test_what_has_left_stays_and_is_told(alice: FlaskClient, sorry: Macro, two: list[Ticket]) -> None:
    address = undoable(use(alice, sorry, two))["address"]
    sent = db.session.scalars(select(Message).where(Message.client_key == f"one:{two[0].id}")).one()
    withdrawing.leave(sent.id, clock.now() + timedelta(minutes=1))
    db.session.commit()
    said = json.loads(alice.post(address, headers=htmx()).headers["HX-Trigger"])
    assert f"#{two[0].number} (the reply has left already)" in said["refused"]
    assert len(replies(two[0])) == 1
    assert replies(two[1]) == []


def test_one_without_words_writes_to_nobody(alice: FlaskClient, world: World, two: list[Ticket]) -> None:
    urgent = macros.create(macros.Setup("Urgent", priority="urgent", assigns=True), SYSTEM, clock.now())
    db.session.commit()
    assert "customer" not in words(sheet(alice, urgent, two).text)
    assert undoable(use(alice, urgent, two))["said"] == "Urgent · 2 tickets"
    assert [state(ticket) for ticket in two] == [("new", "urgent", world.alice.id, [])] * 2
    assert db.session.scalars(select(Message).where(Message.direction == "out")).all() == []


def test_what_takes_no_macro_is_left_and_named(
    alice: FlaskClient, world: World, write: Write, sorry: Macro, two: list[Ticket]
) -> None:
    progress.move_to(two[1], "closed", world.ada.actor, two[1].opened_at)
    hidden = write(subject="Hidden away", queue_id=world.orders_queue.id).ticket
    db.session.commit()
    shown = sheet(alice, sorry, [*two, hidden])
    assert f"#{two[1].number} (closed for good)" in words(shown.text)
    assert "Hidden away" not in shown.text
    answer = use(alice, sorry, [*two, hidden])
    assert undoable(answer)["said"] == "Sorry · one ticket · one reply"
    assert replies(hidden) == []
    assert state(hidden) == ("new", "normal", None, [])


def test_the_ladder(
    browser: Browser, world: World, reader: FlaskClient, write: Write, sorry: Macro, two: list[Ticket]
) -> None:
    bob = browser("bob")
    assert sheet(bob, sorry, two).status_code == 200
    assert sheet(bob, sorry, []).status_code == 422
    assert use(bob, sorry, two, key="").status_code == 422
    assert use(bob, sorry, two, key="a b").status_code == 422
    assert use(bob, sorry, two, extra="1").status_code == 422
    assert use(reader, sorry, two).status_code == 409
    assert bob.get("/desk/batches/macros/999999?number=1").status_code == 404
    theirs = macros.create(macros.Setup("Theirs", "Hello", team_id=world.orders.id), SYSTEM, clock.now())
    db.session.commit()
    assert sheet(bob, theirs, two).status_code == 404
    assert use(bob, theirs, two).status_code == 404
    assert bob.delete(f"/desk/batches/macros/{sorry.id}").status_code == 405
    assert [replies(ticket) for ticket in two] == [[], []]
    assert undoable(use(bob, sorry, two))["address"]
    address = undoable(use(bob, sorry, two, key="two"))["address"]
    assert browser("alice").post(address, headers=htmx()).status_code == 404


def test_a_stranger_changes_nothing(browser: Browser, sorry: Macro, two: list[Ticket]) -> None:
    carol = browser("carol")
    assert "Matter" not in sheet(carol, sorry, two).text
    assert use(carol, sorry, two).status_code == 409
    assert [state(ticket) for ticket in two] == [("new", "normal", None, [])] * 2


def test_what_cannot_be_solved_yet_is_neither_answered_nor_solved(
    alice: FlaskClient, world: World, two: list[Ticket]
) -> None:
    """What a queue wants to know before a ticket is solved holds for many as well; the single macro refuses too."""
    field = fields.define(
        Definition(label="Wood", key="wood", kind="text", required_to_solve=True), SYSTEM, clock.now()
    )
    macro = macros.create(macros.Setup("Done", "It is done.", category="solved"), SYSTEM, clock.now())
    db.session.commit()
    filling.set_fields(two[0], {field: ["oak"]}, world.alice.actor, clock.now())
    db.session.commit()
    assert f"#{two[1].number} (" in words(sheet(alice, macro, two).text)
    answer = use(alice, macro, two)
    assert undoable(answer)["said"] == "Done · one ticket · one reply"
    assert f"#{two[1].number} (fields must be filled in first)" in json.loads(answer.headers["HX-Trigger"])["refused"]
    assert [fresh(ticket).category for ticket in two] == ["solved", "new"]
    assert replies(two[1]) == []
    silent = macros.create(macros.Setup("Silently", "", category="solved", tags=["done"]), SYSTEM, clock.now())
    db.session.commit()
    use(alice, silent, two[1:], key="silent")
    assert state(two[1])[0] == "new"


def test_what_is_out_of_sight_is_told(alice: FlaskClient, world: World, write: Write, sorry: Macro) -> None:
    seen = write().ticket
    hidden = write(subject="Hidden away", queue_id=world.orders_queue.id).ticket
    assert f"#{hidden.number} (" in words(sheet(alice, sorry, [seen, hidden]).text)


def test_whoever_was_slower_answers_nobody_a_second_time(
    browser: Browser, world: World, sorry: Macro, two: list[Ticket]
) -> None:
    """Both opened the sheet before either of them used it."""
    alice, bob = browser("alice"), browser("bob")
    seen = [seen_by(who, sorry, two) for who in (alice, bob)]
    assert use(alice, sorry, two, seen=seen[0], key="alice").status_code == 204
    answer = use(bob, sorry, two, seen=seen[1], key="bob")
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#sheet"
    assert [len(replies(ticket)) for ticket in two] == [1, 1]
    said = words(answer.text)
    assert "2 were changed meanwhile and stay as they are" in said
    assert all(f'href="/desk/tickets/{ticket.number}"' in answer.text for ticket in two)
    assert state(two[0])[2] == world.alice.id
    again = re.search(r'hx-get="([^"]+)"', answer.text)
    assert again is not None
    assert "A reply goes to 2 customers" in words(bob.get(again[1].replace("&amp;", "&"), headers=htmx()).text)
    assert use(bob, sorry, two, key="bob").status_code == 204, "they have seen it by now"
    assert [len(replies(ticket)) for ticket in two] == [2, 2]


def test_only_where_somebody_was_quicker_nothing_is_done(
    alice: FlaskClient, write: Write, sorry: Macro, two: list[Ticket]
) -> None:
    two[0].subject = "<i>Matter</i> 1"
    seen = seen_by(alice, sorry, two)
    write("And the lamp as well.", ticket=two[0])
    before = state(two[0])
    answer = use(alice, sorry, two, seen=seen)
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#sheet"
    assert undoable(answer)["said"] == "Sorry · one ticket · one reply"
    assert "One was changed meanwhile and stays as it is" in words(answer.text)
    assert f"#{two[0].number} &lt;i&gt;Matter" in answer.text
    assert (state(two[0]), replies(two[0])) == (before, [])
    assert len(replies(two[1])) == 1
    assert json.loads(use(alice, sorry, two, seen=seen).headers["HX-Trigger"])["said"] == "This was done already."
    undone = alice.post(undoable(answer)["address"], headers=htmx())
    assert json.loads(undone.headers["HX-Trigger"])["said"] == "Undone: one ticket"


def test_what_need_not_be_seen_first_holds_nothing_up(
    browser: Browser, world: World, write: Write, sorry: Macro, two: list[Ticket]
) -> None:
    """One's own doing, a note, a tag, and what was taken back; but a reply of one's own is one, from another tab."""
    alice, bob = browser("alice"), browser("bob")
    seen = seen_by(bob, sorry, two)
    taken_back = undoable(use(alice, sorry, two[:1], key="alice"))
    alice.post(taken_back["address"], headers=htmx())
    assignment.assign(two[1], world.bob, world.bob.actor, clock.now())
    tagging.change_tags(two[1], ["lamp"], (), world.alice.actor, clock.now())
    noting.note(two[1], world.alice, "Look at the lamp.", at=clock.now())
    db.session.commit()
    assert use(bob, sorry, two[1:], seen=seen, key="bob").status_code == 204
    assert use(bob, sorry, two[1:], seen=seen, key="tab").status_code == 409
    assert len(replies(two[1])) == 1


def test_another_owner_and_an_old_page_hold_it_up(
    browser: Browser, world: World, sorry: Macro, two: list[Ticket]
) -> None:
    bob = browser("bob")
    seen = seen_by(bob, sorry, two)
    assignment.assign(two[0], world.alice, world.alice.actor, clock.now())
    db.session.commit()
    assert use(bob, sorry, two[:1], seen=seen).status_code == 409
    assert use(bob, sorry, two[1:], seen=[]).status_code == 409, "a page that does not say what it showed"
    assert use(bob, sorry, two[1:], seen=["x"]).status_code == 422
    assert use(bob, sorry, two[1:], seen=[f"{two[1].number}:9:9"]).status_code == 422
    assert [replies(ticket) for ticket in two] == [[], []]
