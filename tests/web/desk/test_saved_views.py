"""Saved views: put together without a script, shared without a leak, counted with a limit, applied in the list."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import func, select

from tests.people import World, sign_in
from tests.web.desk.conftest import Browser, Write, counted, htmx, words
from ticketdesk.accounts import people
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import progress, queues, saved_view_conditions, saved_views, tagging
from ticketdesk.tickets.saved_view import SavedView
from ticketdesk.tickets.saved_view_fields import Condition
from ticketdesk.tickets.saved_views import Setup
from ticketdesk.web.desk import listing, view_counts

FORM = {
    "name": "Hot",
    "icon": "bolt",
    "shown_to": "own",
    "among": "unsolved",
    "joining": "all",
    "conditions-0-field": "priority",
    "conditions-0-operator": "is",
    "conditions-0-chosen": ["high", "urgent"],
    "conditions-0-unit": "hours",
    "sort": "due",
}
Save = Callable[..., SavedView]


@pytest.fixture
def save(world: World) -> Save:
    """A view of somebody's; committed."""

    def save(who: str = "alice", **values: Any) -> SavedView:
        view = saved_views.create(Setup(**{"name": "Hot", **values}), world.agent(who), clock.now())
        db.session.commit()
        return view

    return save


def only() -> SavedView:
    db.session.expire_all()
    return db.session.scalars(select(SavedView)).one()


def test_a_view_is_made_and_shows_what_fits(alice: FlaskClient, write: Write) -> None:
    hot, cold = write(subject="It burns").ticket, write(subject="It is cold").ticket
    hot.priority = "urgent"
    db.session.commit()
    answer = alice.post("/desk/views", data=FORM)
    assert answer.status_code == 303
    view = only()
    assert answer.location == f"/desk/views/view-{view.id}"
    page = alice.get(answer.location).text
    assert hot.subject in page and cold.subject not in page
    assert "Hot 1" in words(page)
    assert (view.conditions, view.shown_to) == (
        [{"field": "priority", "operator": "is", "values": ["high", "urgent"]}],
        "own",
    )
    assert f"in=view-{view.id}" in page
    beside = alice.get(f"/desk/tickets/{hot.number}?in=view-{view.id}").text
    assert '<h2 class="td-cut">Hot</h2>' in beside


def test_it_is_put_together_without_a_script(alice: FlaskClient) -> None:
    page = alice.get("/desk/views/new").text
    assert 'name="conditions-0-field"' in page and "conditions-1-field" not in page
    more = alice.post("/desk/views", data={**FORM, "add": "1"})
    assert more.status_code == 200 and 'name="conditions-1-field"' in more.text
    assert 'value="Hot"' in more.text  # what was typed is kept
    other = alice.post("/desk/views", data={**FORM, "conditions-0-field": "opened", "refresh": "1"}).text
    assert 'name="conditions-0-amount"' in other and 'value="older"' in other
    assert 'name="conditions-0-chosen"' not in other
    less = alice.post("/desk/views", data={**FORM, "remove": "conditions-0"}).text
    assert "conditions-0-field" not in less
    assert db.session.scalar(select(func.count()).select_from(SavedView)) == 0


def test_what_is_missing_is_said_and_nothing_typed_is_lost(alice: FlaskClient) -> None:
    wrong = {
        **FORM,
        "name": "",
        "conditions-1-field": "opened",
        "conditions-1-operator": "older",
        "conditions-1-amount": "soon",
        "conditions-1-unit": "days",
    }
    answer = alice.post("/desk/views", data=wrong)
    assert answer.status_code == 422
    assert "A name, please." in answer.text and "Say how long, as a whole number." in answer.text
    assert 'value="soon"' in answer.text
    assert 'href="#conditions-1-amount"' in answer.text
    past = alice.post("/desk/views", data={**FORM, "among": "past"})
    assert past.status_code == 422 and "Nothing is due on solved tickets" in past.text
    assert alice.post("/desk/views", data={**FORM, "colour": "red"}).status_code == 422
    assert alice.post("/desk/views", data={**FORM, "name": "a\x00b"}).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(SavedView)) == 0


@pytest.mark.parametrize(
    "made_up",
    [
        {"conditions-0-field": "password"},
        {"conditions-0-operator": "older"},
        {"conditions-0-chosen": ["highest"]},
        {"conditions-0-unit": "weeks"},
        {"sort": "id; DROP TABLE tickets"},
        {"icon": "skull"},
        {"columns": ["password"]},
        {"shown_to": "team-999999"},
        {"shown_to": "everybody"},
        {"among": "spam"},
        {"joining": "none"},
    ],
    ids=str,
)
def test_what_is_made_up_is_asked_of_nobody(alice: FlaskClient, made_up: dict[str, Any]) -> None:
    answer = alice.post("/desk/views", data={**FORM, **made_up})
    assert answer.status_code == 422 or only().conditions[0]["values"] == ["high", "urgent"]
    assert alice.post("/desk/views/new/preview", data={**FORM, **made_up}, headers=htmx()).status_code == 200


def test_the_preview_tells_how_many_and_which(alice: FlaskClient, write: Write) -> None:
    hot = write(subject="It burns").ticket
    hot.priority = "high"
    write(subject="It is cold")
    db.session.commit()
    told = alice.post("/desk/views/new/preview", data=FORM, headers=htmx())
    assert "One ticket that you can see" in told.text and "It burns" in told.text and "It is cold" not in told.text
    assert "<html" not in told.text and 'id="conditions"' not in told.text
    half = alice.post("/desk/views/new/preview", data={**FORM, "add": "1"}, headers=htmx()).text
    assert 'id="conditions"' in half and 'hx-swap-oob="true"' in half
    assert "One condition is not filled in yet" in half
    assert db.session.scalar(select(func.count()).select_from(SavedView)) == 0


def test_a_view_is_changed_copied_moved_and_deleted(alice: FlaskClient, save: Save) -> None:
    first, second = save(name="First"), save(name="Second")
    assert alice.get(f"/desk/views/{first.id}/setup").status_code == 200
    assert alice.post(f"/desk/views/{first.id}/setup", data={**FORM, "name": "One"}).status_code == 303
    assert alice.post(f"/desk/views/{first.id}/setup", data={**FORM, "name": ""}).status_code == 422
    assert alice.post(f"/desk/views/{second.id}/place", data={"to": "up"}).status_code == 303
    assert alice.post(f"/desk/views/{second.id}/place", data={"to": "sideways"}).status_code == 422
    assert alice.post(f"/desk/views/{second.id}/copies").status_code == 303
    rail = words(alice.get("/desk/rail?view=mine").text)
    assert re.search(r"Second.*One.*Copy of Second", rail)
    asked = alice.get(f"/desk/views/{second.id}/deletion")
    assert "Delete “Second”?" in asked.text and db.session.get(SavedView, second.id) is not None
    assert alice.post(f"/desk/views/{second.id}/deletion").status_code == 303
    assert alice.get(f"/desk/views/view-{second.id}").status_code == 404
    assert alice.get(f"/desk/views/{second.id}/setup").status_code == 404
    assert alice.put(f"/desk/views/{first.id}/setup").status_code == 405


def test_a_ticket_stays_open_beside_a_view_that_went(
    alice: FlaskClient, world: World, save: Save, write: Write
) -> None:
    ticket, view = write().ticket, save()
    gone = view.id
    saved_views.delete(view, world.alice, clock.now())
    db.session.commit()
    assert alice.get(f"/desk/tickets/{ticket.number}?in=view-{gone}").status_code == 200
    assert alice.get(f"/desk/rail?view=view-{gone}").status_code == 200


def test_ones_own_is_nobody_elses(browser: Browser, save: Save) -> None:
    view = save("alice")
    for name in ("bob", "sam", "ada"):
        other = browser(name)
        assert view.name not in words(other.get("/desk/views").text)
        for address in (f"/desk/views/view-{view.id}", f"/desk/views/{view.id}/setup"):
            assert other.get(address).status_code == 404
        for address in ("setup", "copies", "place", "deletion"):
            data = {"to": "up"} if address == "place" else FORM if address == "setup" else {}
            assert other.post(f"/desk/views/{view.id}/{address}", data=data).status_code == 404


def test_a_teams_view_is_for_the_team_and_changed_by_those_who_answer_for_it(
    browser: Browser, world: World, save: Save
) -> None:
    view = save("sam", name="Of Care", shown_to="team", team_id=world.care.id)
    assert browser("alice").get(f"/desk/views/view-{view.id}").status_code == 200
    assert browser("carol").get(f"/desk/views/view-{view.id}").status_code == 404
    assert browser("ada").get(f"/desk/views/{view.id}/setup").status_code == 200
    assert browser("alice").get(f"/desk/views/{view.id}/setup").status_code == 403
    assert browser("alice").post(f"/desk/views/{view.id}/setup", data=FORM).status_code == 403
    assert browser("alice").post(f"/desk/views/{view.id}/deletion").status_code == 403
    assert browser("alice").post(f"/desk/views/{view.id}/copies").status_code == 303
    orders = {**FORM, "shown_to": f"team-{world.orders.id}"}
    assert browser("sam").post("/desk/views", data=orders).status_code == 422  # not a team of sam's
    assert browser("ada").post("/desk/views", data=orders).status_code == 303


def test_agents_share_nothing(alice: FlaskClient, world: World) -> None:
    assert "Who has it" not in words(alice.get("/desk/views/new").text)
    for audience in ("everybody", f"team-{world.care.id}"):
        assert alice.post("/desk/views", data={**FORM, "shown_to": audience}).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(SavedView)) == 0


def test_a_shared_view_shows_each_only_what_they_may_see(
    browser: Browser, world: World, save: Save, write: Write
) -> None:
    """AZ-03: its page, its rows, its count and the preview of the same conditions leak nothing."""
    care = write(subject="Secret of Care").ticket
    orders = write(subject="Secret of Orders", queue_id=world.orders_queue.id, mailbox_id=None).ticket
    for ticket in (care, orders):
        tagging.change_tags(ticket, ["vip"], [], SYSTEM, clock.now())
    conditions = [Condition("tag", "has", ("vip",)), Condition("queue", "is", (str(world.orders_queue.id),))]
    view = save("ada", name="Vips", shown_to="everybody", conditions=conditions, joining="any", columns=["queue"])
    asked = {
        **FORM,
        "conditions-0-field": "tag",
        "conditions-0-operator": "has",
        "conditions-0-text": "vip",
    }
    for name, mine, foreign, count in (
        ("alice", care, orders, 1),
        ("carol", orders, care, 1),
        ("ada", orders, None, 2),
    ):
        client = browser(name)
        for address in (f"/desk/views/view-{view.id}", f"/desk/views/view-{view.id}/rows", "/desk/rail?view=mine"):
            page = client.get(address).text
            assert foreign is None or foreign.subject not in page
            assert mine.subject in page or "rail" in address
            if "rows" not in address:
                assert f"Vips {count}" in words(page)
        told = client.post("/desk/views/new/preview", data=asked, headers=htmx()).text
        assert mine.subject in told and (foreign is None or foreign.subject not in told)
    assert "Orders" not in words(browser("alice").get(f"/desk/views/view-{view.id}").text)


def test_what_it_names_that_is_gone_is_told(alice: FlaskClient, world: World, save: Save, write: Write) -> None:
    ticket = write().ticket
    conditions = [
        Condition("tag", "has_not", ("never",)),
        Condition("assignee", "is_not", (str(world.carol.id), "999")),
        Condition("queue", "is_not", (str(world.orders_queue.id),)),
    ]
    view = save(conditions=conditions)
    people.disable(world.carol, SYSTEM, clock.now())
    queues.archive(world.orders_queue, SYSTEM, clock.now())
    db.session.commit()
    page = words(alice.get(f"/desk/views/view-{view.id}").text)
    for said in (
        "There is no tag “never” any more.",
        "Carol, whom it names, does not work here any more.",
        "Somebody whom it names is not known here any more.",
        "A queue that it names is out of use.",
    ):
        assert said in page
    assert ticket.subject in page
    form = alice.get(f"/desk/views/{view.id}/setup").text
    assert "Carol (left)" in form and "A queue that you do not see" in form


@pytest.mark.parametrize("sort", ["due", "newest", "oldest", "updated", "untouched"])
def test_each_order_pages_without_gap_or_repetition(
    alice: FlaskClient, save: Save, write: Write, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    monkeypatch.setattr(listing.page, "__kwdefaults__", {**listing.page.__kwdefaults__, "size": 3})
    now, made = clock.now(), []
    for n, (due, changed) in enumerate([(3, 1), (None, 1), (-2, 5), (3, 0), (1, 5), (None, 2), (9, 9)]):
        ticket = write(subject=f"matter {n}").ticket
        ticket.next_due_at = None if due is None else now + timedelta(hours=due)
        ticket.updated_at = now - timedelta(hours=changed)
        made.append(ticket)
    db.session.commit()
    far = now + timedelta(days=999)
    keys: dict[str, Callable[[Any], Any]] = {
        "due": lambda one: (one.next_due_at or far, one.id),
        "newest": lambda one: -one.id,
        "oldest": lambda one: one.id,
        "updated": lambda one: (-one.updated_at.timestamp(), -one.id),
        "untouched": lambda one: (one.updated_at, one.id),
    }
    expected = [one.number for one in sorted(made, key=keys[sort])]
    address, found = f"/desk/views/view-{save(sort=sort).id}", []
    for _ in range(5):
        page = alice.get(address).text
        found += [int(number) for number in re.findall(r'id="t-(\d+)"', page)]
        more = re.search(r'href="([^"]*)" rel="next"', page)
        if more is None:
            break
        address = more[1].replace("&amp;", "&")
    assert found == expected


def test_rows_show_what_was_chosen(alice: FlaskClient, world: World, save: Save, write: Write) -> None:
    ticket = write().ticket
    tagging.change_tags(ticket, ["vip", "big-order"], [], SYSTEM, clock.now())
    view = save(columns=["tags", "number", "status", "priority", "queue", "organization", "opened", "updated"])
    page = words(alice.get(f"/desk/views/view-{view.id}").text)
    assert f"#{ticket.number} New Normal Care big-order, vip" in page
    assert words(alice.get(f"/desk/views/queue-{world.care_queue.id}").text).count("big-order") == 0


def test_past_tickets_are_found_where_they_are_looked_for(alice: FlaskClient, save: Save, write: Write) -> None:
    ticket, other = write(subject="It is done").ticket, write(subject="It goes on").ticket
    progress.solve(ticket, SYSTEM, clock.now())
    past, both = save(name="Past", among="past", sort="newest"), save(name="Both", among="all", sort="updated")
    page = alice.get(f"/desk/views/view-{past.id}").text
    assert ticket.subject in page and other.subject not in page
    page = alice.get(f"/desk/views/view-{both.id}").text
    assert ticket.subject in page and other.subject in page


def test_counts_end_somewhere_and_are_kept_for_seconds(
    alice: FlaskClient, save: Save, write: Write, monkeypatch: pytest.MonkeyPatch, redis: "Redis"
) -> None:
    monkeypatch.setattr(view_counts, "MOST", 3)
    for _ in range(4):
        write()
    views = [save(name=f"View {n}") for n in range(6)]
    with counted() as first:
        rail = words(alice.get("/desk/rail?view=mine").text)
    assert rail.count(" 2+") == len(views)
    with counted() as second:
        again = words(alice.get("/desk/rail?view=mine").text)
    assert again == rail
    assert len(first) == len(second) + 2  # the limit of time, and one question for all of them
    keys = redis.keys("ticketdesk:view-count:*")
    assert len(keys) == len(views) and all(0 < redis.ttl(key) <= view_counts.KEPT_S for key in keys)


def test_a_change_is_counted_at_once(alice: FlaskClient, save: Save, write: Write) -> None:
    write()
    view = save()
    assert "Hot 1" in words(alice.get("/desk/rail?view=mine").text)
    alice.post(f"/desk/views/{view.id}/setup", data=FORM)
    assert "Hot 0" in words(alice.get("/desk/rail?view=mine").text)


def test_one_slow_view_spoils_no_others(
    alice: FlaskClient, save: Save, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    slow, quick = save(name="Slow").id, save(name="Quick").id
    real, asked = saved_view_conditions.count, []

    def count(views: dict[int, Any], *rest: Any) -> dict[int, int]:
        asked.append(sorted(views))
        if slow in views:
            db.session.execute(db.text("SELECT pg_sleep(1)"))
        return real(views, *rest)

    monkeypatch.setattr(saved_view_conditions, "count", count)
    monkeypatch.setattr(view_counts, "PATIENCE_MS", 100)
    rails = [words(alice.get("/desk/rail?view=mine").text) for _ in range(4)]
    assert asked == [sorted([slow, quick]), [slow], [quick]]
    assert "Quick 1" in rails[3] and "Slow 1" not in rails[3]


def test_a_view_that_takes_too_long_says_so(alice: FlaskClient, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    view = save()
    real = listing.page

    def page(*args: Any, **values: Any) -> listing.Page:
        db.session.execute(db.text("SELECT pg_sleep(1)"))
        return real(*args, **values)

    monkeypatch.setattr(listing, "page", page)
    monkeypatch.setattr("ticketdesk.web.desk.saved_lists.PATIENCE_MS", 50)
    assert "This view takes too long" in words(alice.get(f"/desk/views/view-{view.id}").text)


def test_no_page_asks_more_than_fifteen_questions(alice: FlaskClient, world: World, save: Save, write: Write) -> None:
    ticket = write().ticket
    views = [
        save(name=f"View {n}", columns=["queue", "tags"], conditions=[Condition("tag", "has_not", ("never",))])
        for n in range(12)
    ]
    for address in (
        f"/desk/views/view-{views[0].id}",
        f"/desk/views/{views[0].id}/setup",
        "/desk/views/new",
        "/desk/views",
        f"/desk/views/{views[0].id}/deletion",
        f"/desk/views/queue-{world.care_queue.id}",
    ):
        db.session.execute(db.text("SELECT 1"))
        saved_views.change(views[1], saved_views.setup_of(views[1]), world.alice, clock.now())  # its count is over
        db.session.commit()
        with counted() as asked:
            assert alice.get(address).status_code == 200
        assert len(asked) <= 15, (address, asked)
    with counted() as asked:
        alice.post("/desk/views/new/preview", data=FORM, headers=htmx())
    assert len(asked) <= 15
    assert ticket.number


def test_what_people_write_cannot_run(alice: FlaskClient, save: Save) -> None:
    evil = "<script>alert(1)</script>"
    view = save(name=evil, conditions=[Condition("subject", "contains", (evil,)), Condition("tag", "has", (evil,))])
    for address in (f"view-{view.id}", f"{view.id}/setup", f"{view.id}/deletion", ""):
        assert "<script>alert" not in alice.get(f"/desk/views/{address}".rstrip("/")).text


def test_there_is_a_most(world: World, save: Save, monkeypatch: pytest.MonkeyPatch, alice: FlaskClient) -> None:
    monkeypatch.setattr(saved_views, "MOST_OWN", 2)
    save(), save()
    answer = alice.post("/desk/views", data=FORM)
    assert answer.status_code == 422 and "no more fit" in answer.text
    assert sign_in(alice.application.test_client(), world.bob).post("/desk/views", data=FORM).status_code == 303
