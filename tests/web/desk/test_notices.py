"""Notices and the bell: what is told, why, and only of what may be seen; marking read and taking that back."""

import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.mails import work_all
from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, htmx, words
from ticketdesk.accounts import people
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.notifications import inbox
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets import assignment, following, noting
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web.desk import notice_words, told

PAGE = "/desk/notices"


@pytest.fixture
def given(world: World, ticket: Ticket) -> Ticket:
    """alice was given the ticket by bob, and named in a note; nothing else is told."""
    now = clock.now()
    work_all(now)
    db.session.execute(Notification.__table__.delete())
    assignment.assign(ticket, world.alice, world.bob.actor, now)
    noting.note(ticket, world.bob, "Look, @Alice", at=now, mentioned=[world.alice.id])
    db.session.commit()
    work_all(now)
    return ticket


def ids(agent_id: int, *, unread: bool = True) -> list[int]:
    wanted = select(Notification.id).where(Notification.agent_id == agent_id).order_by(Notification.id)
    return list(db.session.scalars(wanted.where(Notification.read_at.is_(None)) if unread else wanted))


def triggers(answer: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(answer.headers["HX-Trigger"])  # type: ignore[attr-defined]
    return found


def test_each_says_what_happened_and_why(alice: FlaskClient, given: Ticket) -> None:
    page = words(alice.get(PAGE).text)
    assert f"#{given.number} The armrest came off" in page
    assert "Unread: Bob named you in a note You are mentioned" in page
    assert "Unread: Bob gave you the ticket Your ticket" in page
    assert "2 are unread" in page


def test_the_bell_counts_and_shows_the_newest(alice: FlaskClient, given: Ticket) -> None:
    shown = alice.get(f"{PAGE}/bell", headers=htmx()).text
    assert words(re.search(r'<span id="bell-count".*', shown, re.S)[0]) == "2 unread"  # type: ignore[index]
    assert f"/desk/tickets/{given.number}" in shown and "Bob named you in a note" in shown
    assert "Mark all read" in shown


def test_whoever_did_it_and_whoever_has_nothing_is_told_so(browser: Browser, given: Ticket) -> None:
    assert "Nothing new for you." in browser("bob").get(f"{PAGE}/bell").text
    assert "No notices" in browser("carol").get(PAGE).text


def test_all_that_was_shown_is_read_and_can_be_unread_again(alice: FlaskClient, world: World, given: Ticket) -> None:
    shown = ids(world.alice.id)
    later = noting.note(given, world.bob, "And @Alice", at=clock.now(), mentioned=[world.alice.id])
    db.session.commit()
    work_all(clock.now() + timedelta(seconds=1))
    assert later.id
    answer = alice.post(f"{PAGE}/reading", data={"up_to": shown[-1]}, headers=htmx())
    assert answer.status_code == 204 and "bell-notices" in triggers(answer)
    assert len(ids(world.alice.id)) == 1, "what came since is not read"
    way_back = triggers(answer)["undoable"]
    assert isinstance(way_back, dict) and way_back["said"] == "2 notices are read"
    alice.post(way_back["address"], headers=htmx())
    assert len(ids(world.alice.id)) == 3


def test_taking_back_gives_back_only_what_was_marked_then(alice: FlaskClient, world: World, given: Ticket) -> None:
    first, second = ids(world.alice.id)
    alice.post(f"{PAGE}/{first}/reading", data={"wanted": "yes"}, headers=htmx())
    answer = alice.post(f"{PAGE}/reading", data={"up_to": second}, headers=htmx())
    back = triggers(answer)["undoable"]
    assert isinstance(back, dict)
    alice.post(back["address"], headers=htmx())
    assert ids(world.alice.id) == [second]


def test_one_is_read_and_unread(alice: FlaskClient, world: World, given: Ticket) -> None:
    first, second = ids(world.alice.id)
    assert alice.post(f"{PAGE}/{first}/reading", data={"wanted": "yes"}, headers=htmx()).status_code == 204
    assert ids(world.alice.id) == [second]
    assert "Bob gave you" not in alice.get(f"{PAGE}?show=unread").text
    assert alice.post(f"{PAGE}/{first}/reading", data={"wanted": "no"}).status_code == 303
    assert ids(world.alice.id) == [first, second]


def test_nobody_marks_anothers(browser: Browser, world: World, given: Ticket) -> None:
    first, _second = ids(world.alice.id)
    bob = browser("bob")
    assert bob.post(f"{PAGE}/{first}/reading", data={"wanted": "yes"}).status_code == 404
    bob.post(f"{PAGE}/reading", data={"up_to": first})
    assert len(ids(world.alice.id)) == 2


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-03-04T10:00:00"])
def test_a_way_back_that_makes_no_sense(alice: FlaskClient, moment: str) -> None:
    assert alice.post(f"{PAGE}/unread", query_string={"at": moment}).status_code == 404


def test_what_may_no_longer_be_seen_is_not_shown_and_not_counted(browser: Browser, world: World, given: Ticket) -> None:
    """R14, AZ-04."""
    assignment.assign(given, world.bob, world.bob.actor, clock.now())
    people.change_teams(world.alice, [], SYSTEM, clock.now())
    db.session.commit()
    alice = browser("alice")
    page = alice.get(PAGE).text
    assert "The armrest came off" not in page and "No notices" in page
    assert "Nothing new for you." in alice.get(f"{PAGE}/bell").text


def test_reading_the_ticket_reads_its_notices_up_to_there(alice: FlaskClient, world: World, given: Ticket) -> None:
    events = dict(db.session.execute(select(Event.kind, Event.seq).where(Event.ticket_id == given.id)).all())  # type: ignore[arg-type]
    address = f"/desk/tickets/{given.number}/reading"
    alice.put(address, data={"seq": events["assigned"]})
    assert len(ids(world.alice.id)) == 1
    alice.put(address, data={"seq": events["note_added"]})
    assert ids(world.alice.id) == []


def test_looking_changes_nothing(alice: FlaskClient, world: World, given: Ticket) -> None:
    for address in (PAGE, f"{PAGE}/bell", f"/desk/tickets/{given.number}"):
        alice.get(address)
    assert len(ids(world.alice.id)) == 2


def test_they_are_paged_by_the_key_of_the_last(
    alice: FlaskClient, world: World, given: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "SIZE", 1)
    newest, oldest = reversed(ids(world.alice.id))
    first = alice.get(PAGE).text
    assert f'id="told-{newest}"' in first and f'id="told-{oldest}"' not in first
    older = re.search(r'href="([^"]*after=\d+)"', first)
    assert older is not None
    second = alice.get(older[1]).text
    assert f'id="told-{oldest}"' in second and f'id="told-{newest}"' not in second
    assert "Older notices" not in second and "Back to the first" in second


def test_what_comes_in_is_counted_and_moves_nothing(alice: FlaskClient, world: World, given: Ticket) -> None:
    again = re.search(r'hx-get="([^"]*newest=\d+)"', alice.get(PAGE).text)
    assert again is not None
    before = re.findall(r'id="told-\d+"', alice.get(again[1], headers=htmx()).text)
    noting.note(given, world.bob, "And @Alice", at=clock.now(), mentioned=[world.alice.id])
    db.session.commit()
    work_all(clock.now() + timedelta(seconds=1))
    shown = alice.get(again[1], headers=htmx()).text
    assert "<html" not in shown and "Show one new notice" in shown
    assert re.findall(r'id="told-\d+"', shown) == before
    assert "Show" not in alice.get(PAGE).text.partition('id="notices"')[2]


def test_questions_do_not_grow_with_the_notices(alice: FlaskClient, world: World, write: Write, given: Ticket) -> None:
    with counted() as few:
        alice.get(PAGE)
    for number in range(6):
        made = write(subject=f"Matter {number}").ticket
        following.follow(made, world.alice, SYSTEM, clock.now())
        noting.note(made, world.bob, "Look", at=clock.now())
    db.session.commit()
    work_all(clock.now() + timedelta(seconds=1))
    with counted() as many:
        page = alice.get(PAGE).text
    assert page.count("Bob wrote a note") >= 6
    assert len(many) == len(few) <= 15


def test_many_unread_are_not_counted_to_the_end(
    alice: FlaskClient, world: World, given: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST", 2)
    assert "99+" in alice.get(f"{PAGE}/bell").text


def test_every_reason_and_every_event_has_words() -> None:
    for kind in notice_words._HAPPENED:
        assert all(notice_words.happened(kind, "follower", who, {}) for who in ("Bob", None))
    assert all(notice_words.why(reason) for reason in notice_words._WHY)
