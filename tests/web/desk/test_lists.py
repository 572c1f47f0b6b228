"""The lists: whose tickets are in them, in which order, page by page."""

import re
from datetime import timedelta

from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import flags, following, progress
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import listing


def test_the_desk_begins_with_the_first_queue(alice: FlaskClient, world: World) -> None:
    answer = alice.get("/desk/")
    assert answer.status_code == 302
    assert answer.location == f"/desk/views/queue-{world.care_queue.id}"


def test_a_queue_lists_its_open_tickets(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    page = alice.get(f"/desk/views/queue-{world.care_queue.id}")
    assert page.status_code == 200
    assert ticket.subject in page.text
    assert f'id="t-{ticket.number}"' in page.text


def test_nobody_looks_into_a_queue_of_another_team(browser: Browser, world: World, ticket: Ticket) -> None:
    carol = browser("carol")
    assert carol.get(f"/desk/views/queue-{world.care_queue.id}").status_code == 404
    assert carol.get("/desk/views/queue-999999").status_code == 404
    assert carol.get("/desk/views/nonsense").status_code == 404
    assert ticket.subject not in carol.get("/desk/views/unassigned").text


def test_the_ticket_with_least_time_left_comes_first(alice: FlaskClient, world: World, write: Write) -> None:
    now = clock.now()
    for name, hours in (("third", 30), ("first", -2), ("second", 1), ("last", None)):
        made = write(subject=name).ticket
        made.next_due_at = None if hours is None else now + timedelta(hours=hours)
        made.next_due_metric, made.next_due_state = ("next_response", "running") if hours is not None else (None, None)
    db.session.commit()
    page = alice.get(f"/desk/views/queue-{world.care_queue.id}").text
    places = [page.index(f">{name}<") for name in ("first", "second", "third", "last")]
    assert places == sorted(places)
    assert "td-due--late" in page


def test_pages_follow_each_other_without_gap_or_repetition(alice: FlaskClient, world: World, write: Write) -> None:
    numbers = {write(subject=f"matter {n}").ticket.number for n in range(listing.PAGE + 7)}
    first = alice.get(f"/desk/views/queue-{world.care_queue.id}").text
    address = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = alice.get(address).text
    on_first = {number for number in numbers if f'id="t-{number}"' in first}
    on_second = {number for number in numbers if f'id="t-{number}"' in second}
    assert len(on_first) == listing.PAGE
    assert on_first | on_second == numbers
    assert not on_first & on_second


def test_a_made_up_place_in_a_list_is_refused(alice: FlaskClient, world: World) -> None:
    for key in ("x", "%00", "MjAyNi0wMS0wMQ", "aGVsbG8gd29ybGQ", "MjAyNi0wMS0wMVQwMDowMDowMCAx"):
        assert alice.get(f"/desk/views/mine?after={key}").status_code == 422


def test_solved_tickets_are_in_the_past(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    progress.solve(ticket, world.alice.actor, clock.now())
    db.session.commit()
    view = f"/desk/views/queue-{world.care_queue.id}"
    assert ticket.subject not in alice.get(view).text
    assert ticket.subject in alice.get(f"{view}?past=1").text


def test_spam_and_trash_are_set_aside(alice: FlaskClient, world: World, write: Write) -> None:
    spam, trash = write(subject="Win a car").ticket, write(subject="Double").ticket
    flags.mark_spam(spam, world.alice.actor, clock.now())
    flags.trash(trash, world.alice.actor, clock.now())
    db.session.commit()
    open_page = alice.get(f"/desk/views/queue-{world.care_queue.id}").text
    assert "Win a car" not in open_page and "Double" not in open_page
    assert "Win a car" in alice.get("/desk/views/spam").text
    assert "Double" in alice.get("/desk/views/trash").text


def test_following_shows_what_one_follows(browser: Browser, world: World, ticket: Ticket) -> None:
    carol = browser("carol")
    assert ticket.subject not in carol.get("/desk/views/following").text
    following.follow(ticket, world.carol, world.ada.actor, clock.now())
    db.session.commit()
    assert ticket.subject in carol.get("/desk/views/following").text


def test_the_rail_counts_what_waits(alice: FlaskClient, write: Write) -> None:
    for _ in range(3):
        write()
    rail = words(alice.get("/desk/rail?view=mine", headers=htmx()).text)
    assert "Care 3" in rail
    assert "Unassigned 3" in rail


def test_the_rail_beside_a_page_without_a_list_is_current_as_well(alice: FlaskClient) -> None:
    page = alice.get("/desk/new").text
    address = re.search(r'hx-get="(/desk/rail[^"]*)"', page)
    assert address is not None
    assert alice.get(address[1], headers=htmx()).status_code == 200
    assert alice.get("/desk/views/nowhere").status_code == 404


def test_rows_come_alone_for_the_bell(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    rows = alice.get(f"/desk/views/queue-{world.care_queue.id}/rows", headers=htmx()).text
    assert ticket.subject in rows
    assert "<html" not in rows


def test_an_empty_queue_says_what_to_do_next(alice: FlaskClient, world: World) -> None:
    page = words(alice.get(f"/desk/views/queue-{world.care_queue.id}").text)
    assert "Nothing waits in Care" in page


def test_a_long_list_takes_no_more_queries_than_a_short_one(alice: FlaskClient, world: World, write: Write) -> None:
    write()
    address = f"/desk/views/queue-{world.care_queue.id}"
    alice.get(address)
    with counted() as few:
        alice.get(address)
    for _ in range(20):
        write()
    with counted() as many:
        alice.get(address)
    assert len(many) == len(few) <= 10


def test_what_others_wrote_cannot_run_in_a_list(alice: FlaskClient, world: World, write: Write) -> None:
    write(subject="<script>alert(1)</script>", text="<img src=x onerror=alert(2)>")
    page = alice.get(f"/desk/views/queue-{world.care_queue.id}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
