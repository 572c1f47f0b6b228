"""The fence before a reply: what came in is shown itself, and nothing that was typed is lost."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.people import World
from tests.web.desk.conftest import Browser, Write, fresh, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import assignment, merging, replying, withdrawing
from ticketdesk.tickets.ticket import Ticket

EVIL = '<img src=x onerror="alert(1)"></dialog>'


def begun(ticket: Ticket, **values: Any) -> dict[str, Any]:
    """A reply that somebody begins now."""
    given = {
        "text": "A new armrest & two screws.",
        "to": ["dana@customer.example"],
        "based_on_seq": str(fresh(ticket).last_seq),
        "client_key": "one-reply",
    }
    return {**given, **values}


def send(client: FlaskClient, ticket: Ticket, data: dict[str, Any], status: int = 409) -> str:
    answer = client.post(f"/desk/tickets/{ticket.number}/replies", data=data)
    assert answer.status_code == status, words(answer.text)[:300]
    return answer.text


def asked(page: str) -> LexborNode:
    """The dialog."""
    [dialog] = LexborHTMLParser(page).css("dialog[data-stale]")
    return dialog


def test_the_messages_themselves_are_shown(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    data = begun(ticket)
    write("Forget it.\n\nI have glued it, with *care*.", ticket)
    dialog = asked(send(alice, ticket, data))
    assert "Dana" in dialog.css("article b")[0].text()
    assert [part.text() for part in dialog.css("article p.td-words")] == ["Forget it.", "I have glued it, with *care*."]


def test_without_scripts_both_ways_are_open(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    data = begun(ticket, then="solved")
    write("Forget it.", ticket)
    page = send(alice, ticket, data)
    dialog = asked(page)
    assert "open" in dialog.attributes
    assert dialog.css("a[data-edit]")[0].attributes["href"] == "#composer"
    form = LexborHTMLParser(page).css('form[data-box="reply"]')[0]
    assert form.css("dialog[data-stale]"), "its button belongs to the form"
    assert form.css("textarea")[0].text() == data["text"]
    again = dialog.css("button[type=submit]")[0].attributes
    assert (again["name"], again["value"]) == ("then", "solved")
    seq = form.css('[name="based_on_seq"]')[0].attributes["value"]
    key = form.css('[name="client_key"]')[0].attributes["value"]
    send(alice, ticket, {**data, "based_on_seq": seq, "client_key": key, "then": "solved"}, 303)
    assert fresh(ticket).category == "solved"


def test_what_came_in_is_never_markup(alice: FlaskClient, world: World, write: Write, ticket: Ticket) -> None:
    data = begun(ticket, text=EVIL)
    world.bob.name = EVIL
    write(EVIL, ticket)
    replying.reply(ticket, world.bob, EVIL, to=[("dana@customer.example", EVIL)], at=clock.now())
    db.session.commit()
    page = send(alice, ticket, data)
    assert asked(page).css("img") == []
    assert "<img src=x" not in page


@pytest.mark.parametrize("what", ["assigned", "given back", "merged"])
def test_another_owner_and_a_merge_are_asked_about(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket, what: str
) -> None:
    if what == "given back":
        assignment.assign(ticket, world.bob, world.bob.actor, clock.now())
    other = write("The same again.", subject="The same again").ticket
    db.session.commit()
    data = begun(ticket)
    if what == "merged":
        merging.merge(other, ticket, world.bob.actor, clock.now(), widen=True)
    else:
        assignment.assign(ticket, world.bob if what == "assigned" else None, world.bob.actor, clock.now())
    db.session.commit()
    dialog = asked(send(alice, ticket, data))
    expected = {"assigned": "Bob took it", "given back": "Bob gave it back", "merged": f"#{other.number}"}[what]
    assert expected in words(dialog.text())


def test_a_reply_that_was_taken_back_is_nothing_new(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    assignment.assign(ticket, world.alice, world.alice.actor, clock.now())
    db.session.commit()
    data, now = begun(ticket), clock.now()
    leaves = now + timedelta(seconds=10)
    gone = replying.reply(ticket, world.bob, "Too quick.", to=[("dana@customer.example", "")], at=now, leaves_at=leaves)
    db.session.commit()
    assert "Too quick." in send(alice, ticket, data)
    withdrawing.withdraw(gone.id, world.bob, now + timedelta(seconds=1))
    db.session.commit()
    send(alice, ticket, data, 303)


def test_notes_never_wait(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    said = {"text": "Look here", "client_key": "n", "based_on_seq": str(fresh(ticket).last_seq)}
    write("Forget it.", ticket)
    assert alice.post(f"/desk/tickets/{ticket.number}/notes", data=said).status_code == 303


def test_a_part_for_the_page_that_is_open(browser: Browser, write: Write, ticket: Ticket) -> None:
    data = begun(ticket)
    write("Forget it.", ticket)
    answer = browser("bob").post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx())
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#composer")
    assert answer.text.count("<dialog") == 1
    assert "<html" not in answer.text
