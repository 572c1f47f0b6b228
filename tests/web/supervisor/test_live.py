"""What waits now: the figures of the page, whose they are, and what they cost."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import counted
from tests.web.supervisor.conftest import Ask
from ticketdesk.accounts import availability
from ticketdesk.core import clock
from ticketdesk.core.db import db

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
