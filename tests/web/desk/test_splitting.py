"""Splitting at the desk: the sheet, the doors, the timeline and the way back."""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, fresh, htmx, words
from ticketdesk.channels.inbound import Sender
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import carrying, drafts, receiving, splitting
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

EVE = Sender("email", "eve@customer.example", "Eve")


@pytest.fixture
def second(write: Write, ticket: Ticket) -> Message:
    """Another matter in dana's ticket."""
    return write("And the lamp flickers.", subject="The lamp", ticket=ticket).message


def sheet(ticket: Ticket, *messages: int, **more: object) -> str:
    chosen = [f"messages={one}" for one in messages]
    return f"/desk/tickets/{ticket.number}/split?" + "&".join(chosen + [f"{name}={more[name]}" for name in more])


def fields(world: World, *messages: int, **more: object) -> dict[str, object]:
    given = {"subject": "The lamp", "queue": world.care_queue.id, "requester": world.dana.id}
    return {"messages": list(messages), **given, **more}


def part_of(ticket: Ticket) -> Ticket:
    return db.session.scalars(select(Ticket).where(Ticket.id != ticket.id).order_by(Ticket.id.desc())).first()  # type: ignore[return-value]


def test_the_sheet_shows_the_messages_and_then_what_would_happen(
    alice: FlaskClient, ticket: Ticket, second: Message
) -> None:
    text = alice.get(sheet(ticket), headers=htmx()).text
    assert "The armrest came off." in text
    assert f'value="{second.id}"' in text
    said = words(alice.get(sheet(ticket, second.id), headers=htmx()).text)
    assert "One message moves" in said
    assert "New ticket: an answer is owed since" in said
    assert "Would newly see" not in said
    assert 'value="The lamp"' in alice.get(sheet(ticket, second.id), headers=htmx()).text
    again = alice.get(sheet(ticket, second.id, choose="yes"), headers=htmx()).text
    assert f'value="{second.id}" checked' in again
    assert "<html" in alice.get(sheet(ticket, second.id)).text


def test_splitting_goes_to_the_new_ticket_and_offers_the_way_back(
    alice: FlaskClient, world: World, ticket: Ticket, second: Message
) -> None:
    answer = alice.post(f"/desk/tickets/{ticket.number}/splits", data=fields(world, second.id), headers=htmx())
    assert answer.status_code == 204
    part = part_of(ticket)
    assert json.loads(answer.headers["HX-Location"])["path"] == f"/desk/tickets/{part.number}"
    undoing = json.loads(answer.headers["HX-Trigger"])["undoable"]["address"]
    page = words(alice.get(f"/desk/tickets/{part.number}").text.partition('id="talk"')[2])
    assert "And the lamp flickers." in page
    assert f"Alice split one message off from #{ticket.number}" in page
    rest = words(alice.get(f"/desk/tickets/{ticket.number}").text.partition('id="talk"')[2])
    assert "And the lamp flickers." not in rest
    assert f"Alice split one message off into #{part.number}" in rest
    assert "Undo the split" in rest
    back = alice.post(undoing, headers=htmx())
    assert json.loads(back.headers["HX-Location"])["path"] == f"/desk/tickets/{ticket.number}"
    db.session.expire_all()
    assert fresh(part).merged_into_id == ticket.id
    rest = words(alice.get(f"/desk/tickets/{ticket.number}").text.partition('id="talk"')[2])
    assert "And the lamp flickers." in rest
    assert f"Alice took the split back: #{part.number} is part of this ticket again" in rest
    assert alice.post(undoing, headers=htmx()).status_code == 409


def test_who_would_newly_see_it_must_be_said_yes_to(
    alice: FlaskClient, browser: Browser, world: World, ticket: Ticket, second: Message
) -> None:
    ada = browser("ada")
    said = words(ada.get(sheet(ticket, second.id, queue=world.orders_queue.id), headers=htmx()).text)
    assert "At the desk: Carol: one message" in said
    address = f"/desk/tickets/{ticket.number}/splits"
    given = fields(world, second.id, queue=world.orders_queue.id)
    answer = ada.post(address, data=given, headers=htmx())
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#sheet")
    assert carrying.standing_in(fresh(ticket)).count(second.id) == 1
    assert ada.post(address, data={**given, "widen": "yes"}, headers=htmx()).status_code == 204
    # into a queue that one does not see nothing is put
    assert alice.post(address, data=given, headers=htmx()).status_code == 422


def test_a_strangers_message_can_be_split_off_where_it_is_held(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    held = write("I have one too.", sender=EVE, subject="Mine", ticket=ticket).message
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "Split it off" in page
    text = alice.get(sheet(ticket, held.id), headers=htmx()).text
    assert f'<option value="{world.eve.id}" selected>' in text
    assert "Would newly see" not in text
    answer = alice.post(
        f"/desk/tickets/{ticket.number}/splits", data=fields(world, held.id, requester=world.eve.id), headers=htmx()
    )
    assert answer.status_code == 204
    assert part_of(ticket).requester_id == world.eve.id


def test_a_draft_stays_and_is_told_what_moved(
    alice: FlaskClient, browser: Browser, world: World, ticket: Ticket, second: Message
) -> None:
    bob = browser("bob")
    based_on = fresh(ticket).last_seq
    drafts.save(ticket, world.bob, "reply", "Dear", {}, based_on, clock.now())
    db.session.commit()
    alice.post(f"/desk/tickets/{ticket.number}/splits", data=fields(world, second.id), headers=htmx())
    answer = bob.post(
        f"/desk/tickets/{ticket.number}/replies",
        data={"text": "Dear", "to": "dana@customer.example", "based_on_seq": based_on, "client_key": "k1"},
        headers=htmx(),
    )
    assert answer.status_code == 409
    assert "Alice split one message off into" in words(answer.text)
    assert "Dear" in answer.text


def test_taking_it_back_asks_where_somebody_would_read_more(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket, second: Message
) -> None:
    alice.post(f"/desk/tickets/{ticket.number}/splits", data=fields(world, second.id), headers=htmx())
    part = part_of(ticket)
    held = write("Same lamp.", sender=EVE, ticket=part).message
    receiving.accept(held.id, world.alice.actor, clock.now())
    write("One more.", ticket=ticket)
    db.session.commit()
    address = f"/desk/tickets/{part.number}/split/undoing"
    answer = alice.post(address, headers=htmx())
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#sheet")
    assert "Eve: one message" in words(answer.text)
    assert fresh(part).merged_into_id is None
    assert alice.post(address, data={"widen": "yes"}, headers=htmx()).status_code == 204


def test_what_does_not_fit_is_said(alice: FlaskClient, world: World, ticket: Ticket, second: Message) -> None:
    address = f"/desk/tickets/{ticket.number}/splits"
    everything = carrying.standing_in(ticket)
    assert "Leave at least one" in words(alice.get(sheet(ticket, *everything), headers=htmx()).text)
    assert alice.post(address, data=fields(world, *everything), headers=htmx()).status_code == 422
    assert alice.post(address, data=fields(world), headers=htmx()).status_code == 422
    assert alice.post(address, data=fields(world, second.id, other="x"), headers=htmx()).status_code == 422


def test_strangers_find_nothing(world: World, browser: Browser, ticket: Ticket, second: Message) -> None:
    assert browser("carol").get(sheet(ticket, second.id), headers=htmx()).status_code == 404


def test_whoever_may_only_read_cannot(reader: FlaskClient, world: World, ticket: Ticket, second: Message) -> None:
    assert reader.get(sheet(ticket, second.id), headers=htmx()).status_code == 403
    address = f"/desk/tickets/{ticket.number}/splits"
    assert reader.post(address, data=fields(world, second.id), headers=htmx()).status_code == 403


def test_without_scripts_it_works_as_well(
    alice: FlaskClient, world: World, browser: Browser, ticket: Ticket, second: Message
) -> None:
    answer = alice.post(f"/desk/tickets/{ticket.number}/splits", data=fields(world, second.id))
    part = part_of(ticket)
    assert answer.headers["Location"] == f"/desk/tickets/{part.number}"
    back = alice.post(f"/desk/tickets/{part.number}/split/undoing")
    assert back.headers["Location"] == f"/desk/tickets/{ticket.number}"
    assert splitting.origin(part) is not None


def test_nothing_is_told_of_messages_of_other_tickets(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    """R11: a subject that is suggested is one of this ticket."""
    elsewhere = write("Nobody's business.", sender=EVE, subject="A secret matter").message
    for more in ({}, {"requester": world.dana.id}):
        answer = alice.get(sheet(ticket, elsewhere.id, **more), headers=htmx())
        assert "secret" not in answer.text
        assert "does not stand here" in words(answer.text)
    answer = alice.post(f"/desk/tickets/{ticket.number}/splits", data=fields(world, elsewhere.id), headers=htmx())
    assert answer.status_code == 409
    assert "secret" not in answer.text
