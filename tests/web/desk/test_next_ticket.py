"""The next ticket and passing it on, at the door."""

from datetime import timedelta

from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import Write, fresh, htmx, words
from ticketdesk.accounts import capacities, skills
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import deciding, setting_up
from ticketdesk.routing.setting_up import Room
from ticketdesk.tickets.ticket import Ticket


def test_the_ticket_with_least_time_left_is_ours_and_opens(alice: FlaskClient, world: World, write: Write) -> None:
    calm, urgent, others = (write(subject=name).ticket for name in ("calm", "urgent", "others"))
    for made, hours in ((calm, 5), (urgent, 1), (others, -1)):
        made.next_due_at = clock.now() + timedelta(hours=hours)
    others.assignee_id = world.bob.id
    db.session.commit()
    answer = alice.post("/desk/next")
    assert (answer.status_code, answer.location) == (303, f"/desk/tickets/{urgent.number}")
    assert fresh(urgent).assignee_id == world.alice.id
    page = alice.get(answer.location).text
    assert f"/desk/tickets/{urgent.number}/skip" in page


def test_by_script_the_page_goes_there(alice: FlaskClient, ticket: Ticket) -> None:
    answer = alice.post("/desk/next", headers=htmx())
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/desk/tickets/{ticket.number}")


def test_why_there_is_none_is_said_in_a_sentence(alice: FlaskClient, world: World, write: Write) -> None:
    answer = alice.post("/desk/next", headers=htmx())
    assert answer.status_code == 200
    assert "Nothing waits for you" in answer.headers["HX-Trigger"]
    assert alice.post("/desk/next").location == "/desk/"
    assert "Nothing waits for you" in alice.get("/desk/", follow_redirects=True).text
    write()
    capacities.set_own(world.alice, "email", 0, SYSTEM, clock.now())
    db.session.commit()
    assert "as many tickets as you take" in alice.post("/desk/next", headers=htmx()).headers["HX-Trigger"]
    french = skills.create("French", "language", SYSTEM, clock.now())
    setting_up.change(world.care_queue, Room(required=[french.id]), SYSTEM, clock.now())
    db.session.commit()
    assert "skills that you do not have" in alice.post("/desk/next", headers=htmx()).headers["HX-Trigger"]


def test_nothing_comes_by_looking(alice: FlaskClient, ticket: Ticket) -> None:
    assert alice.get("/desk/next").status_code == 405
    assert fresh(ticket).assignee_id is None


def test_passing_on_needs_a_reason_and_brings_the_next_one(alice: FlaskClient, world: World, write: Write) -> None:
    first, second = write(subject="one").ticket, write(subject="two").ticket
    alice.post("/desk/next")
    sheet = f"/desk/tickets/{first.number}/skip"
    assert "Why do you pass it on?" in alice.get(sheet).text
    assert "<html" not in alice.get(sheet, headers=htmx()).text
    for wrong, said in (
        ({}, "Say why you pass it on."),
        ({"reason": "bored"}, "Not a valid choice"),
        ({"reason": "other"}, "Say in a few words why you pass it on."),
    ):
        answer = alice.post(f"{sheet}s", data=wrong)
        assert answer.status_code == 422
        assert said in answer.text
    assert fresh(first).assignee_id == world.alice.id
    answer = alice.post(f"{sheet}s", data={"reason": "other", "note": "She asked for Bob."})
    assert (answer.status_code, answer.location) == (303, f"/desk/tickets/{second.number}")
    assert (fresh(first).assignee_id, fresh(second).assignee_id) == (None, world.alice.id)
    assert deciding.of_ticket(first.id)[-1].note == "She asked for Bob."
    answer = alice.post(f"/desk/tickets/{second.number}/skips", data={"reason": "no_time"}, headers=htmx())
    assert answer.headers["HX-Redirect"] == "/desk/"
    page = alice.get("/desk/", follow_redirects=True).text
    assert f"#{second.number} is back in its queue. Nothing waits for you." in page


def test_only_ones_own_is_passed_on(alice: FlaskClient, world: World, ticket: Ticket, reader: FlaskClient) -> None:
    address = f"/desk/tickets/{ticket.number}/skip"
    assert alice.get(address).status_code == 409
    assert alice.post(f"{address}s", data={"reason": "no_time"}).status_code == 409
    assert reader.get(address).status_code == 403
    assert alice.get("/desk/tickets/999999/skip").status_code == 404
    assert alice.put(f"{address}s").status_code == 405
    alice.post(f"/desk/tickets/{ticket.number}/assignment", data={"assignee": world.alice.id})
    assert address not in alice.get(f"/desk/tickets/{ticket.number}").text  # taken, not served: it is given back


def test_work_is_taken_channel_by_channel(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    alice.post("/desk/availability", data={"state": "online"})
    alice.post(f"/desk/tickets/{ticket.number}/assignment", data={"assignee": world.alice.id})
    said = words(alice.get("/desk/rail").text)
    assert "1 of 20 mails" in said
    assert "0 of 3 chats" in said
    assert alice.post("/desk/availability", data={"state": "away", "channel": "chat"}).status_code == 303
    page = alice.get("/desk/rail").text
    assert "Availability: Taking by mail, Away by chat" in page
    assert alice.post("/desk/availability", data={"state": "away", "channel": "fax"}).status_code == 422
