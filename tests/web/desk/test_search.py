"""The page of the search: what it shows to whom, how it marks words, and what it costs."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.security.naughty import WORDS
from tests.web.desk.conftest import Browser, Write, counted, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.fulltext import TooSlow
from ticketdesk.tickets import noting, searching
from ticketdesk.tickets.ticket import Ticket

SQL = (
    "'",
    '"',
    "''",
    "\\",
    "\\'",
    "%",
    "_",
    "%%%",
    "a%",
    "a_b",
    "[a-z]",
    "*",
    "a:*",
    ":*",
    "&",
    "|",
    "!",
    "!!",
    "(",
    ")",
    "((a)",
    "<->",
    "a <-> b",
    "a & !b",
    "'a':A",
    "a:ABCD",
    "' OR 1=1 --",
    "1; SELECT pg_sleep(5)",
    "'||pg_sleep(5)||'",
    "$$",
    "$1",
    "%s",
    "%(a)s",
    ":param",
    "\u0000",
    "from:'",
    "from:%",
    "from:_",
    "to:\\",
    "tag:%",
    "queue:%",
    "queue:_",
    "assignee:%",
    "status:'",
    "before:'",
    "-%",
    '"%"',
    "#1 OR 1=1",
    "#999999999999999999",
)


def numbers(page: str) -> list[int]:
    return [int(part.partition('"')[0]) for part in page.split('id="t-')[1:]]


def test_words_are_found_and_marked(alice: FlaskClient, ticket: Ticket) -> None:
    page = alice.get("/desk/search?q=armrest")
    assert page.status_code == 200
    assert numbers(page.text) == [ticket.number]
    assert "<mark>armrest</mark>" in page.text
    assert f'href="/desk/tickets/{ticket.number}?in=search&amp;q=armrest"' in page.text


def test_nothing_of_what_was_found_or_typed_is_markup(alice: FlaskClient, write: Write) -> None:
    write('<script>alert("wobbly")</script> \ue000wobbly\ue001', subject="<b>wobbly</b>")
    page = alice.get("/desk/search", query_string={"q": 'wobbly "<img src=x>" -<i>'}).text
    assert "<script>alert" not in page
    assert "<b>wobbly" not in page
    page = alice.get("/desk/search", query_string={"q": "wobbly"}).text
    assert "&lt;b&gt;<mark>wobbly</mark>&lt;/b&gt;" in page
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_others_find_only_what_they_see(browser: Browser, world: World, ticket: Ticket) -> None:
    noting.note(ticket, world.bob, "A zebra in a note", at=clock.now())
    db.session.commit()
    assert numbers(browser("bob").get("/desk/search?q=zebra").text) == [ticket.number]
    assert numbers(browser("ada").get("/desk/search?q=zebra").text) == [ticket.number]
    for question in ("zebra", "armrest", f"%23{ticket.number}", "status:new", "-nothing"):
        assert numbers(browser("carol").get(f"/desk/search?q={question}").text) == []


def test_nobody_else_searches(client: FlaskClient, ticket: Ticket) -> None:
    assert client.get("/desk/search?q=armrest").status_code == 302


def test_a_ticket_opens_beside_what_was_found(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    other = write(subject="Another armrest").ticket
    page = alice.get(f"/desk/tickets/{ticket.number}?in=search&q=armrest")
    assert page.status_code == 200
    assert set(numbers(page.text)) == {ticket.number, other.number}
    assert 'href="/desk/search?q=armrest"' in page.text  # the way back
    pane = alice.get(f"/desk/tickets/{ticket.number}?in=search&q=armrest", headers=htmx(**{"HX-Target": "open"}))
    assert pane.status_code == 200
    assert alice.get("/desk/rail?view=search").status_code == 200


def test_without_words_it_says_what_can_be_typed(alice: FlaskClient) -> None:
    page = words(alice.get("/desk/search").text)
    for operator in ("from:", "to:", "tag:", "status:", "queue:", "channel:", "before:", "after:", "has:", "assignee:"):
        assert operator in page
    assert "Search all tickets that you can see" in page


def test_every_example_is_understood(alice: FlaskClient) -> None:
    for address in alice.get("/desk/search").text.split('<dt><a href="')[1:]:
        page = alice.get(address.partition('"')[0].replace("&#34;", '"')).text
        assert "aria-invalid" not in page
        assert "is nothing I know" not in page


def test_what_is_wrong_stands_beside_the_field(alice: FlaskClient, ticket: Ticket) -> None:
    page = alice.get("/desk/search?q=armrest before:soon").text
    assert "before: wants a day" in page
    assert 'aria-describedby="search-errors"' in page
    assert 'value="armrest before:soon"' in page
    assert numbers(page) == []


def test_an_unknown_operator_is_searched_as_words(alice: FlaskClient, write: Write) -> None:
    ticket = write(subject="colour red").ticket
    page = alice.get("/desk/search?q=colour:red").text
    assert numbers(page) == [ticket.number]
    assert "“colour:” is nothing I know" in page


def test_pages_follow_each_other(alice: FlaskClient, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PAGE", 2)
    tickets = {write(subject=f"Lamp {number}").ticket.number for number in range(5)}
    address, shown = "/desk/search?q=lamp", []
    while address:
        page = alice.get(address).text
        shown += numbers(page)
        head, found, _ = page.partition('" rel="next"')
        address = head.rpartition('href="')[2].replace("&amp;", "&") if found else ""
        assert not address or parse_qs(urlsplit(address).query)["q"] == ["lamp"]
    assert len(shown) == 5
    assert set(shown) == tickets


def test_a_made_up_place_is_refused(alice: FlaskClient) -> None:
    assert alice.get("/desk/search?q=lamp&after=%27%20OR%201=1").status_code == 422


@pytest.mark.parametrize("part", range(2))
def test_whatever_is_typed_is_answered_in_time(alice: FlaskClient, ticket: Ticket, part: int) -> None:
    for question in (*SQL, *WORDS)[part::2]:
        began = time.monotonic()
        answer = alice.get("/desk/search", query_string={"q": question})
        assert answer.status_code == 200, question
        assert time.monotonic() - began < 3, question
        if question.strip("\x00 ") in ("%", "_", "%%%", "*", "from:%", "queue:%", "queue:_", "assignee:%", "tag:%"):
            assert numbers(answer.text) == [], question  # signs stand for nothing else


def test_whoever_asks_too_much_is_told(alice: FlaskClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    def search(*given: object, **more: object) -> object:
        raise TooSlow

    monkeypatch.setattr(searching, "search", search)
    page = alice.get("/desk/search?q=armrest")
    assert page.status_code == 200
    assert "took too long" in page.text


def test_a_search_costs_few_questions(alice: FlaskClient, write: Write) -> None:
    for number in range(20):
        write(subject=f"Lamp {number}")
    for question in ("lamp", 'lamp "flickers" from:dana -red status:new queue:care tag:vip', "lmap"):
        with counted() as ran:
            assert alice.get("/desk/search", query_string={"q": question}).status_code == 200
        assert len(ran) <= 15, (question, len(ran), ran)


def test_opening_one_beside_them_costs_few_more(alice: FlaskClient, ticket: Ticket) -> None:
    with counted() as alone:
        alice.get(f"/desk/tickets/{ticket.number}")
    with counted() as beside:
        alice.get(f"/desk/tickets/{ticket.number}?in=search&q=armrest")
    assert len(beside) - len(alone) <= 5
