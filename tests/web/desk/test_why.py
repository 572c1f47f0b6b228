"""Why a clock shows what it shows, on an office that is open Monday to Friday from 9 to 17 UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.people import LONG_AGO, World, open_for
from tests.web.desk.conftest import counted, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.sla import defaults, editing
from ticketdesk.sla.editing import Words
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.tickets import medium, merging, opening, priority, progress, receiving, replying
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

HOUR = timedelta(hours=1)
DANA = [("dana@customer.example", "")]
WEDNESDAY = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

Why = Callable[..., str]


@pytest.fixture(autouse=True)
def policy(world: World) -> SlaPolicy:
    """Normal: 4 hours for an answer, 24 to the solution; urgent: half an hour and 4."""
    made = defaults.create(SYSTEM, LONG_AGO)
    world.alice.locale = "en_GB"
    db.session.commit()
    return made


@pytest.fixture
def asked(world: World, policy: SlaPolicy) -> Ticket:
    """Dana writes on Wednesday at 10."""
    ticket = open_for(world, world.care_queue, at=WEDNESDAY)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off."), WEDNESDAY)
    db.session.commit()
    return ticket


@pytest.fixture
def why(alice: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Why:
    """What the panel says of a clock of a ticket, so many hours after dana wrote."""

    def ask(ticket: Ticket, metric: str, hours: float = 6) -> str:
        db.session.commit()
        monkeypatch.setattr(clock, "now", lambda: WEDNESDAY + timedelta(hours=hours))
        answer = alice.get(f"/desk/tickets/{ticket.number}/clocks/{metric}", headers=htmx())
        assert answer.status_code == 200, answer.text
        return answer.text

    return ask


def marks(page: str) -> list[str]:
    strip = page[page.index('class="td-why__days"') : page.index('class="td-why__key"')]
    return [kind for kind in ("start", "due", "missed", "now", "end") if f"mark--{kind}" in strip]


def test_a_running_clock_says_when_it_is_due_and_because_of_what(asked: Ticket, why: Why) -> None:
    page = why(asked, "resolution", 1.5)
    said = words(page)
    assert "Due Mon 10:00 , because 24 h are promised at normal priority by Standard (version 1)." in said
    assert "1 h 30 are used." in said
    assert "Dana opened the ticket : the clock starts" in said
    assert "Standard was chosen today 10:00, as the first that fits: it is for every ticket." in said
    assert "It would stand still while the ticket is pending." in said
    assert marks(page) == ["start", "due", "now"]
    assert page.count('class="left"') == 4


def test_an_answer_is_never_paused(asked: Ticket, why: Why) -> None:
    said = words(why(asked, "first_response", 1))
    assert "Due today 14:00 , because 4 h are promised" in said
    assert "Only an answer stops it" in said


def test_a_pause_says_whom_one_waits_for_and_what_would_be(world: World, asked: Ticket, why: Why) -> None:
    replying.reply(asked, world.alice, "Which one?", to=DANA, at=WEDNESDAY + HOUR)
    progress.move_to(asked, "pending", world.alice.actor, WEDNESDAY + HOUR)
    page = why(asked, "resolution", 26)
    said = words(page)
    assert "It stands still, so it is not due ." in said
    assert "It stood still for 1 d 1 h" in said.replace("25 h", "1 d 1 h")
    assert "while we waited for Dana." in said
    assert "Alice set the status to Pending : it stands still while we wait for Dana" in said
    assert "If it ran on from now, it would be due Tue 11:00." in said
    assert 'class="pause"' in page and 'fill="url(#hatch-resolution)"' in page
    assert marks(page) == ["start", "now"]


def test_when_the_customer_answers_it_runs_again(world: World, asked: Ticket, why: Why) -> None:
    progress.move_to(asked, "pending", world.alice.actor, WEDNESDAY + HOUR)
    receiving.receive(asked, world.dana, Letter("email", "The left one."), WEDNESDAY + 3 * HOUR)
    page = why(asked, "resolution", 4)
    said = words(page)
    assert "Dana wrote : it runs again" in said
    assert "It stood still for 2 h while we waited for Dana." in said
    newest = messages_of(asked)[-1]
    assert f'data-entry="m{newest}"' in page
    assert f"#entry-m{newest}" in page


def messages_of(ticket: Ticket) -> list[int]:
    rows = db.session.execute(
        db.text("SELECT message_id FROM placements WHERE ticket_id = :id ORDER BY message_id"), {"id": ticket.id}
    )
    return [row[0] for row in rows]


def test_a_late_answer_shows_when_it_was_missed_and_when_it_came(world: World, asked: Ticket, why: Why) -> None:
    replying.reply(asked, world.alice, "On its way.", to=DANA, at=WEDNESDAY + 5.5 * HOUR)
    page = why(asked, "first_response")
    said = words(page)
    assert "Missed today 14:00 , because 4 h are promised" in said
    assert "The answer came today 15:30. 5 h 30 are used, 1 h 30 too much." in said
    assert "the promised time is over" in said
    assert "Alice answered : the clock stops" in said
    assert marks(page) == ["start", "missed", "end"]
    assert 'fill="url(#cross-first_response)"' in page


def test_a_missed_clock_that_waits_says_so(asked: Ticket, why: Why) -> None:
    page = why(asked, "first_response", 5)
    assert "Nothing has stopped it since. 5 h are used, 1 h too much." in words(page)
    assert marks(page) == ["start", "missed", "now"]


def test_late_over_a_night_is_late_on_both_days(asked: Ticket, why: Why) -> None:
    page = why(asked, "first_response", 24)
    said = words(page)
    assert "8 h are used, 4 h too much." in said
    assert said.count("Running, late:") == 2 and said.count("Running:") == 1
    assert "Running, late: today 09:00 – now 1 h it goes on" in said


def test_late_at_a_change_says_that_less_was_promised(world: World, asked: Ticket, why: Why) -> None:
    priority.change_priority(asked, "urgent", world.alice.actor, WEDNESDAY + 2 * HOUR)
    page = why(asked, "first_response", 3)
    said = words(page)
    assert "Late from today 12:00 on, when less was promised . 30 min are promised at urgent priority" in said
    assert "Alice set the priority to Urgent" in said
    assert "missed" in marks(page)


def test_another_time_promised_in_time_is_told(world: World, asked: Ticket, why: Why) -> None:
    priority.change_priority(asked, "high", world.alice.actor, WEDNESDAY + HOUR)
    said = words(why(asked, "first_response", 1.5))
    assert "Due today 12:00 , because 2 h are promised at high priority" in said
    assert "Alice set the priority to High : from here 2 h are promised" in said


def test_a_reopened_ticket_keeps_what_was_used_and_the_earlier_verdict(world: World, asked: Ticket, why: Why) -> None:
    progress.solve(asked, world.alice.actor, WEDNESDAY + 2 * HOUR)
    receiving.receive(asked, world.dana, Letter("email", "It broke again."), WEDNESDAY + 4 * HOUR)
    said = words(why(asked, "resolution", 5))
    assert "it goes on with 2 h already used" in said
    assert "3 h are used." in said
    assert "Before: met today 12:00, 2 h of 24 h" in said
    assert "Dana" in said


def test_many_earlier_clocks_are_counted(world: World, asked: Ticket, why: Why) -> None:
    at = WEDNESDAY
    for _round in range(8):
        replying.reply(asked, world.alice, "Hm.", to=DANA, at=at + timedelta(minutes=10))
        receiving.receive(asked, world.dana, Letter("email", "And?"), at + timedelta(minutes=20))
        at += timedelta(minutes=20)
    said = words(why(asked, "next_response", 3))
    assert said.count("met today") == 5
    assert "and 2 more" in said


def test_a_merged_ticket_is_set_aside(world: World, asked: Ticket, why: Why) -> None:
    survivor = open_for(world, world.care_queue, at=WEDNESDAY)
    merging.merge(asked, survivor, world.alice.actor, WEDNESDAY + HOUR)
    said = words(why(asked, "resolution", 2))
    assert "Set aside, because the ticket was merged into another, where its clock runs ." in said
    assert f"Alice merged it into #{survivor.number} : it is set aside" in said


def test_a_long_life_is_folded_in_the_middle(world: World, asked: Ticket, why: Why) -> None:
    page = why(asked, "resolution", 24 * 30)
    assert "days more" in page
    assert "parts between" in page
    assert page.count('class="day"') == 7
    short = why(asked, "resolution", 2)
    assert "days more" not in short and "parts between" not in short


def test_a_chat_that_goes_on_by_mail_is_promised_another_time(world: World, policy: SlaPolicy, why: Why) -> None:
    said = editing.words_of(editing.in_force(policy.id))
    chat: dict[str, dict[Any, int]] = {"normal": {"first_response": 120}}
    editing.change(policy, Words(said.calendar_id, said.targets, chat_targets=chat), SYSTEM, LONG_AGO)
    ticket = opening.open_ticket(
        queue_id=world.care_queue.id,
        requester=world.dana,
        subject="The armrest came off",
        channel="chat",
        by=Actor("contact", world.dana.id),
        at=WEDNESDAY,
    )
    assert "2 min are promised in a chat at normal priority by Standard (version 2)." in words(
        why(ticket, "first_response", 0.01)
    )
    medium.turn_to_mail(ticket, SYSTEM, WEDNESDAY + timedelta(seconds=60))
    page = words(why(ticket, "first_response", 1))
    assert "Due today 14:00 , because 4 h are promised at normal priority" in page
    assert "The visitor has left; the talk goes on by mail : from here 4 h are promised" in page


def test_the_conditions_that_fitted_are_named(world: World, policy: SlaPolicy, why: Why) -> None:
    said = editing.words_of(editing.in_force(policy.id))
    conditions = {"queue_id": [world.care_queue.id], "channel": ["email"], "brand_id": [world.brand.id]}
    gold = editing.create("Gold", Words(said.calendar_id, said.targets, conditions), SYSTEM, LONG_AGO)
    editing.reorder([gold.id, policy.id], SYSTEM, LONG_AGO)
    ticket = open_for(world, world.care_queue, at=WEDNESDAY)
    page = words(why(ticket, "resolution", 1))
    assert "it was in Care, its brand was Harrow & Pine and it came by mail" in page.replace("&amp;", "&")


def test_times_are_the_readers_own(world: World, asked: Ticket, why: Why) -> None:
    world.alice.timezone = "Pacific/Auckland"
    page = words(why(asked, "first_response", 1))
    assert "Due today 03:00 , because" in page


def test_asking_costs_few_queries_however_long_the_story(world: World, asked: Ticket, why: Why) -> None:
    with counted() as few:
        why(asked, "resolution", 2)
    for n in range(6):
        at = WEDNESDAY + (n + 1) * HOUR / 4
        progress.move_to(asked, "pending" if n % 2 == 0 else "open", world.alice.actor, at)
    with counted() as many:
        why(asked, "resolution", 30)
    assert len([one for one in many if one.startswith("SELECT")]) <= len(few) + 1 <= 18


def test_it_stands_on_a_page_of_its_own_too(alice: FlaskClient, asked: Ticket) -> None:
    page = alice.get(f"/desk/tickets/{asked.number}/clocks/resolution").text
    assert "<h1>Resolution</h1>" in page and "td-why__days" in page
    assert alice.get(f"/desk/tickets/{asked.number}/clocks/patience").status_code == 404


def test_strangers_learn_nothing(browser: Callable[[str], FlaskClient], asked: Ticket) -> None:
    assert browser("carol").get(f"/desk/tickets/{asked.number}/clocks/resolution").status_code == 404
