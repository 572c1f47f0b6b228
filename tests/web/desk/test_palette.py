"""What the command palette finds, for whom, and at which cost."""

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.security.naughty import WORDS
from tests.web.desk.conftest import Browser, Write, counted
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.fulltext import TooSlow
from ticketdesk.knowledge import writing
from ticketdesk.tickets import noting, searching
from ticketdesk.tickets.ticket import Ticket


def found(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('data-href="')[1:]]


def test_tickets_are_found_by_words_and_by_number(alice: FlaskClient, ticket: Ticket) -> None:
    assert found(alice.get("/desk/palette?q=armrest").text) == [f"/desk/tickets/{ticket.number}"]
    assert found(alice.get(f"/desk/palette?q={ticket.number}").text) == [f"/desk/tickets/{ticket.number}"]
    assert "<mark>armrest</mark>" in alice.get("/desk/palette?q=armrest").text
    assert found(alice.get("/desk/palette").text) == []


def test_few_are_shown(alice: FlaskClient, write: Write) -> None:
    for number in range(9):
        write(f"A wobbly stool, number {number}")
    assert len(found(alice.get("/desk/palette?q=wobbly").text)) == 6


def test_others_find_only_what_they_see(browser: Browser, world: World, ticket: Ticket) -> None:
    noting.note(ticket, world.bob, "A zebra in a note", at=clock.now())
    db.session.commit()
    assert found(browser("bob").get("/desk/palette?q=zebra").text) == [f"/desk/tickets/{ticket.number}"]
    for question in ("zebra", "armrest", str(ticket.number), f"%23{ticket.number}"):
        assert found(browser("carol").get(f"/desk/palette?q={question}").text) == []


def test_articles_that_are_published_are_found(alice: FlaskClient, world: World) -> None:
    section = writing.add_section(world.brand.id, "Care", "book", world.ada.actor, clock.now())
    words = writing.Words("Oiling a bench", "How to.", "With tung oil.")
    draft = writing.write(section, words, world.ada.actor, clock.now(), slug="oiling-a-bench")
    db.session.commit()
    assert found(alice.get("/desk/palette?q=oiling").text) == []
    writing.publish(draft, world.ada.actor, clock.now())
    db.session.commit()
    assert found(alice.get("/desk/palette?q=oiling").text) == ["/help/oiling-a-bench"]


def test_contacts_that_one_may_see_are_found(browser: Browser, ticket: Ticket) -> None:
    [address] = found(browser("alice").get("/desk/palette?q=dana@").text)[-1:]
    assert address.startswith("/desk/contacts/")
    assert found(browser("carol").get("/desk/palette?q=dana@").text) == []


def test_a_slow_search_finds_nothing(alice: FlaskClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_given: object, **_named: object) -> None:
        raise TooSlow

    monkeypatch.setattr(searching, "search", slow)
    page = alice.get("/desk/palette?q=armrest")
    assert (page.status_code, found(page.text)) == (200, [])


@pytest.mark.parametrize("word", WORDS[::8])
def test_whatever_is_typed_is_words(alice: FlaskClient, word: str) -> None:
    page = alice.get("/desk/palette", query_string={"q": word})
    assert page.status_code == 200
    assert "<script" not in page.text


def test_it_asks_few_questions(alice: FlaskClient, write: Write) -> None:
    for number in range(3):
        write(f"A wobbly stool, number {number}")
    with counted() as asked:
        alice.get("/desk/palette?q=wobbly")
    assert len(asked) <= 15
