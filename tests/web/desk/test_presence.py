"""Who else is at a ticket, as pages of the desk say and show it."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import ConnectionError as Away

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.live import presence
from ticketdesk.live.presence import Doing, Place
from ticketdesk.tickets.ticket import Ticket

EVIL = "<img src=x onerror=alert(1)>\"'Bob"


def be(client: FlaskClient, ticket: Ticket, doing: str = "looking", tab: str = "a1") -> str:
    answer = client.post(f"/desk/tickets/{ticket.number}/presence", data={"tab": tab, "doing": doing})
    assert answer.status_code == 200, answer.text
    return answer.text


def at(world: World, ticket: Ticket, name: str, doing: Doing = "looking") -> None:
    """Somebody is there, as their own page said."""
    place = Place(ticket.id, ticket.reference, ticket.queue_id)
    presence.be(place, world.agent(name).id, "theirs", doing, clock.now())


def test_others_are_shown_and_oneself_is_not(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    assert "Alice" not in be(alice, ticket)
    assert "Alice is looking" in be(browser("bob"), ticket, "reply")
    page = words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert "Bob is writing a reply" in page
    assert "Bob is writing a reply" in words(alice.get(f"/desk/tickets/{ticket.number}/presence").text)


def test_the_composer_says_who_writes_to_the_customer_but_not_who_notes(
    alice: FlaskClient, browser: Browser, ticket: Ticket
) -> None:
    bob = browser("bob")

    def over_the_composer() -> str:
        page = alice.get(f"/desk/tickets/{ticket.number}").text
        return words(page.partition('id="also">')[2].partition("</div>")[0])

    be(bob, ticket, "note")
    assert over_the_composer() == ""
    be(bob, ticket, "reply")
    assert over_the_composer() == "Bob is writing a reply"


def test_whoever_leaves_is_gone_at_once(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    bob = browser("bob")
    be(bob, ticket)
    assert bob.delete(f"/desk/tickets/{ticket.number}/presence", data={"tab": "a1"}).status_code == 204
    assert "Bob" not in alice.get(f"/desk/tickets/{ticket.number}/presence").text


def test_lists_show_who_is_in_each_ticket_with_one_query(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    other = write("Another matter.", subject="Another matter").ticket
    address = f"/desk/views/queue-{world.care_queue.id}/rows"
    with counted() as alone:
        assert alice.get(address).status_code == 200
    for name in ("bob", "sam", "ada"):
        at(world, ticket, name)
    at(world, other, "bob", "reply")
    with counted() as together:
        page = alice.get(address).text
    assert len(together) == len(alone) + 1, "the names of all of them"
    rows = {int(number): row for number, row in re.findall(r'id="here-(\d+)">(.*?)</span></span>\n</a>', page, re.S)}
    assert "Sam is looking" in rows[ticket.number]
    assert "Bob is writing a reply" in rows[other.number]
    assert "Sam" not in rows[other.number]


def test_rows_are_told_only_of_tickets_that_one_sees(alice: FlaskClient, world: World, write: Write) -> None:
    foreign = write("For Orders.", queue_id=world.orders_queue.id).ticket
    own = write("For Care.").ticket
    at(world, foreign, "carol")
    at(world, own, "bob")
    page = alice.get(f"/desk/presence?ticket={foreign.number}&ticket={own.number}&ticket=x&ticket=99999999999").text
    assert f'id="here-{own.number}"' in page
    assert "Carol" not in page
    assert f"here-{foreign.number}" not in page


def test_strangers_readers_and_nobody(
    client: FlaskClient, browser: Browser, reader: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    address, said = f"/desk/tickets/{ticket.number}/presence", {"tab": "a", "doing": "looking"}
    assert be(reader, ticket, "looking")
    assert reader.post(address, data={**said, "doing": "reply"}).status_code == 403
    foreign = write("For Orders.", queue_id=world.orders_queue.id).ticket
    alice = browser("alice")
    for method in ("get", "post", "delete"):
        there = f"/desk/tickets/{foreign.number}/presence"
        assert getattr(alice, method)(there, data=said if method == "post" else {"tab": "a"}).status_code == 404
    assert client.get(address).status_code == 302
    assert client.post(address, data=said).status_code in (400, 401)
    assert alice.put(address, data=said).status_code == 405


@pytest.mark.parametrize("said", [{}, {"tab": "a"}, {"tab": "a b", "doing": "looking"}, {"tab": "a", "doing": "x"}])
def test_what_does_not_fit_is_refused(alice: FlaskClient, ticket: Ticket, said: dict[str, str]) -> None:
    assert alice.post(f"/desk/tickets/{ticket.number}/presence", data=said).status_code == 422
    too_long = {"tab": "a" * 33, "doing": "looking"}
    assert alice.post(f"/desk/tickets/{ticket.number}/presence", data=too_long).status_code == 422


def test_a_name_is_never_markup(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    world.bob.name = EVIL
    db.session.commit()
    at(world, ticket, "bob", "reply")
    for address in (
        f"/desk/tickets/{ticket.number}",
        f"/desk/tickets/{ticket.number}/presence",
        f"/desk/presence?ticket={ticket.number}",
        f"/desk/views/queue-{world.care_queue.id}",
    ):
        page = alice.get(address).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_whoever_no_longer_works_here_is_not_shown(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    at(world, ticket, "bob")
    world.bob.disabled_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    assert "Bob" not in alice.get(f"/desk/tickets/{ticket.number}/presence").text


def test_without_redis_pages_come_and_show_nobody(
    app: Flask, alice: FlaskClient, world: World, ticket: Ticket, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        """A Redis that does not answer."""

        def pipeline(self, transaction: bool = True) -> "Gone":
            raise Away

    at(world, ticket, "bob")
    monkeypatch.setitem(app.extensions, "ticketdesk.redis", Gone())
    monkeypatch.setitem(app.extensions, "ticketdesk.shelf_rests_until", 0.0)
    assert "Bob is" not in alice.get(f"/desk/tickets/{ticket.number}").text
    assert "Bob is" not in be(alice, ticket)
    assert alice.get(f"/desk/presence?ticket={ticket.number}").status_code == 200
