"""The words for how far a matter is and when an answer comes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, g

from tests.people import World, open_for
from ticketdesk.core.actor import SYSTEM
from ticketdesk.sla.expectation import Expectation
from ticketdesk.tickets import progress as moving
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.portal import progress
from ticketdesk.web.portal.progress import Doings

NOW = datetime(2026, 3, 4, 11, 20, tzinfo=UTC)  # a Wednesday


@pytest.fixture(autouse=True)
def reader(app: Flask, world: World) -> Iterator[None]:
    world.brand.locale, world.brand.timezone = "en_GB", "Europe/London"
    with app.test_request_context("/"):
        g.brand = world.brand
        yield


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due", "lead"),
    [
        (at(4, 12, 9), "Expect an answer today by 12:09"),
        (at(5, 9, 30), "Expect an answer tomorrow by 09:30"),
        (at(6, 9, 30), "Expect an answer by Friday, 09:30"),
        (at(16, 9, 30), "Expect an answer by Monday 16 March, 09:30"),
    ],
)
def test_when_to_expect_an_answer(due: datetime, lead: str) -> None:
    found = progress.promise(Expectation("by", due, at(4, 11, 9), at(4, 17, 30)), NOW)
    assert found is not None
    assert found.lead == lead
    assert found.more == "You asked at 11:09. We are here until 17:30. Times are those of London."


def test_a_late_answer_is_said_to_be_late() -> None:
    found = progress.promise(Expectation("late", at(3, 15), at(3, 11), None, at(5, 9)), NOW)
    assert found is not None
    assert (found.is_late, found.lead) == (True, "Our answer is late")
    assert "yesterday 15:00" in found.more
    assert "back tomorrow at 09:00" in found.more


def test_nothing_awaited_nothing_said() -> None:
    assert progress.promise(None, NOW) is None
    assert progress.if_written_now(None, NOW) == ""


def test_the_clocks_of_summer_are_the_readers() -> None:
    found = progress.promise(
        Expectation("by", datetime(2026, 7, 1, 12, tzinfo=UTC), at(4, 11)), datetime(2026, 7, 1, 9, tzinfo=UTC)
    )
    assert found is not None
    assert found.lead == "Expect an answer today by 13:00"


def shown(ticket: Ticket, doings: Doings) -> list[tuple[str, str]]:
    return [(step.kind, step.title) for step in progress.steps(ticket, doings, NOW)]


def test_the_way_of_a_ticket_in_four_steps(world: World) -> None:
    ticket = open_for(world, world.care_queue, at=at(4, 9))
    assert shown(ticket, Doings()) == [
        ("done", "We have your message"),
        ("now", "It waits for one of us"),
        ("todo", "Our answer"),
        ("todo", "Solved"),
    ]
    assert shown(ticket, Doings(agent="Alice"))[1] == ("now", "Alice is looking at it")
    ticket.answered_at = at(4, 10)
    assert shown(ticket, Doings(agent="Alice", answered_by="Bob"))[1:3] == [
        ("done", "Bob answered"),
        ("now", "Alice is working on it"),
    ]
    ticket.customer_wrote_at = at(4, 11)
    assert shown(ticket, Doings(agent="Alice"))[2] == ("now", "Alice has your message")
    moving.move_to(ticket, "pending", SYSTEM, NOW)
    assert shown(ticket, Doings())[2] == ("now", "Waiting for you")
    moving.move_to(ticket, "on_hold", SYSTEM, NOW)
    assert shown(ticket, Doings())[2] == ("now", "Waiting for somebody else")
    moving.solve(ticket, SYSTEM, NOW + timedelta(minutes=1))
    assert {kind for kind, _title in shown(ticket, Doings())} == {"done"}


def test_a_ticket_that_we_opened(world: World) -> None:
    ticket = open_for(world, world.care_queue, at=at(4, 9))
    assert shown(ticket, Doings(by_agent=True))[0] == ("done", "We wrote to you")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (at(4, 9, 5), "today 09:05"),
        (at(3, 9, 5), "yesterday 09:05"),
        (at(1, 9, 5), "Sunday 09:05"),
        (datetime(2026, 1, 9, 9, tzinfo=UTC), "9 January"),
        (datetime(2025, 1, 9, 9, tzinfo=UTC), "9 January 2025"),
    ],
)
def test_times_near_and_far(when: datetime, words: str) -> None:
    assert progress.moment(when, NOW) == words
