"""What waits now: the figures of the page, whose they are, and what they cost."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.chat.talks import comes, widget_of
from tests.people import World
from tests.web.desk.conftest import counted
from tests.web.supervisor.conftest import Ask
from ticketdesk.accounts import availability
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.reports import waiting
from ticketdesk.tickets import assignment, medium, progress
from ticketdesk.tickets.ticket import Ticket

PAGES = ("/supervisor", "/supervisor/now", "/supervisor?wall=1")


def stats(page: str) -> dict[str, str]:
    """The large figures by their names."""
    found = re.findall(r'td-stat__name">(.*?)</dt><dd class="td-stat__num">(.*?)</dd>', page, re.S)
    return {name: re.sub(r"<.*?>", "", value).strip() for name, value in found}


@pytest.mark.parametrize("address", PAGES)
def test_who_may_look(browser: Callable[[str], FlaskClient], address: str) -> None:
    assert browser("sam").get(address).status_code == 200
    assert browser("ada").get(address).status_code == 200
    assert browser("alice").get(address).status_code == 403
    assert browser("sam").post(address).status_code == 405


def test_nothing_waits(sam: FlaskClient) -> None:
    page = sam.get("/supervisor").text
    assert stats(page)["Waiting now"] == "0"
    assert "nobody waits" in page
    assert "No target is running." in page


def test_what_waits_is_counted_by_queue(sam: FlaskClient, ada: FlaskClient, world: World, ask: Ask) -> None:
    ask("A torn cushion", ago=timedelta(hours=3))
    ask("Answered already", answered=timedelta(minutes=5))
    ask("Where is it?", world.orders_queue)
    page = sam.get("/supervisor").text
    assert stats(page)["Waiting now"] == "1"
    assert stats(page)["Oldest waiting"] == "3 h"
    assert "A torn cushion" in page
    assert "Where is it?" not in page
    assert ">Orders<" not in page
    everything = ada.get("/supervisor").text
    assert stats(everything)["Waiting now"] == "2"
    assert "Where is it?" in everything


def test_late_are_all_whose_target_is_over(sam: FlaskClient, ask: Ask) -> None:
    """Also those that we answered, whose solution is late."""
    ask("Very old", ago=timedelta(days=20))
    ask("Old, but answered", ago=timedelta(days=20), answered=timedelta(minutes=5))
    ask("New", ago=timedelta(minutes=1))
    page = sam.get("/supervisor").text
    assert stats(page)["Late"] == "2"
    assert "of 3 with a running target" in page
    assert page.index("Very old") < page.rindex("New")


def test_agents_state_and_load(sam: FlaskClient, world: World, ask: Ask) -> None:
    now = clock.now()
    availability.state(world.alice, "email", "online", now)
    availability.state(world.bob, "email", "online", now - timedelta(minutes=10))
    ticket = ask("A torn cushion")
    ticket.assignee_id = world.alice.id
    db.session.commit()
    page = sam.get("/supervisor").text
    assert stats(page)["Agents here"].startswith("1 of 3")
    assert "1 waiting on us, 0 on the customer" in page
    assert "Carol" not in page


def test_chats_that_ring_and_chats_in_progress(sam: FlaskClient, ada: FlaskClient, world: World) -> None:
    at = clock.now() - timedelta(minutes=5)
    shop, orders = widget_of(world), widget_of(world, world.orders_queue)
    for number, widget in enumerate([*[shop] * 11, orders]):
        comes(widget, at, name=f"Visitor {number}").says(f"Chat {number}", at + timedelta(seconds=number))
    tickets = db.session.scalars(select(Ticket).order_by(Ticket.id)).all()
    for ticket in tickets[:9]:
        assignment.assign(ticket, world.alice, SYSTEM, at)
    medium.turn_to_mail(tickets[8], SYSTEM, at)
    progress.solve(tickets[7], SYSTEM, at)
    db.session.commit()
    chats = waiting.chats(world.sam)
    assert (chats.in_progress, chats.ringing, len(chats.longest)) == (7, 2, 8), "more than are listed"
    assert [(one.subject, one.rings) for one in chats.longest[:3]] == [
        ("Chat 9", True),
        ("Chat 10", True),
        ("Chat 0", False),
    ]
    page = " ".join(re.sub(r"<.*?>", " ", sam.get("/supervisor").text).split())
    assert "Chats in progress 7 2 ring Who" in page
    assert re.search(r"rings [45] min", page) and "Chat 11" not in page
    assert "Chats in progress 7 3 ring Who" in " ".join(re.sub(r"<.*?>", " ", ada.get("/supervisor").text).split())


def test_no_chat_is_open(sam: FlaskClient) -> None:
    page = sam.get("/supervisor").text
    assert "No chat is open." in page and "td-flag--soon" not in page


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_the_page_asks_little(browser: Callable[[str], FlaskClient], ask: Ask, who: str) -> None:
    for number in range(12):
        ask(f"Number {number}", ago=timedelta(minutes=number))
    visitor = browser(who)
    visitor.get("/supervisor")
    with counted() as ran:
        assert visitor.get("/supervisor/now").status_code == 200
    assert len(ran) <= 13, ran


def test_the_wall_has_no_places(sam: FlaskClient) -> None:
    page = sam.get("/supervisor?wall=1").text
    assert "td-wall" in page
    assert "Leave the wallboard" in page


def test_the_way_in_is_shown_to_those_who_may(browser: Callable[[str], FlaskClient]) -> None:
    for who, shown in (("sam", True), ("ada", True), ("alice", False)):
        assert ('href="/supervisor"' in browser(who).get("/desk/views/mine").text) is shown
