"""Answering the customer, and writing to colleagues."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, fresh, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import assignment, drafts, progress, replying
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.message import Message, Recipient
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def form(ticket: Ticket, **values: Any) -> dict[str, Any]:
    given = {
        "text": "A new armrest is on its way.",
        "to": ["dana@customer.example"],
        "based_on_seq": str(fresh(ticket).last_seq),
        "client_key": "one-reply",
    }
    return {**given, **values}


def sent(kind: str = "public") -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.agent_id.is_not(None), Message.kind == kind)))


def test_a_reply_goes_out(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket))
    assert answer.status_code == 303
    assert answer.location == f"/desk/tickets/{ticket.number}"
    [message] = sent()
    assert message.text == "A new armrest is on its way."
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.message_id == message.id)).one()
    assert row.recipient == "dana@customer.example"
    assert fresh(ticket).assignee_id == world.alice.id
    assert fresh(ticket).category == "open"


def test_by_htmx_the_page_gets_what_is_new_and_a_fresh_composer(alice: FlaskClient, ticket: Ticket) -> None:
    seen = str(fresh(ticket).last_seq)
    answer = alice.post(
        f"/desk/tickets/{ticket.number}/replies", data=form(ticket), headers=htmx(**{"X-Seen-Seq": seen})
    )
    assert answer.status_code == 201
    assert "A new armrest is on its way." in answer.text.partition('id="composer"')[0]
    assert "one-reply" not in answer.text  # the next reply has another key
    assert "The armrest came off." not in answer.text.partition('id="facts"')[0]


def test_a_repeated_request_makes_one_reply(alice: FlaskClient, ticket: Ticket) -> None:
    data = form(ticket)
    for _ in range(3):
        assert alice.post(f"/desk/tickets/{ticket.number}/replies", data=data).status_code == 303
    assert len(sent()) == 1


@pytest.mark.parametrize(("then", "category"), [("pending", "pending"), ("on_hold", "on_hold"), ("solved", "solved")])
def test_sending_may_move_the_ticket_on(alice: FlaskClient, ticket: Ticket, then: str, category: str) -> None:
    alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket, then=then))
    assert fresh(ticket).category == category


def test_what_came_in_meanwhile_is_shown_before_anything_is_sent(
    alice: FlaskClient, write: Write, ticket: Ticket
) -> None:
    data = form(ticket)
    write("Forget it, I have glued it.", ticket)
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx())
    assert answer.status_code == 409
    assert "Forget it, I have glued it." in answer.text
    assert "A new armrest is on its way." in answer.text
    assert answer.headers["HX-Retarget"] == "#composer"
    assert sent() == []
    data["based_on_seq"] = answer.text.partition('name="based_on_seq" value="')[2].partition('"')[0]
    assert alice.post(f"/desk/tickets/{ticket.number}/replies", data=data).status_code == 303
    assert len(sent()) == 1


def test_another_reply_or_another_owner_is_told_as_well(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    data = form(ticket)
    replying.reply(ticket, world.bob, "Hello from Bob.", to=[("dana@customer.example", "")], at=clock.now())
    db.session.commit()
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=data)
    assert answer.status_code == 409
    asked = words(answer.text.partition("<dialog")[2].partition("</dialog>")[0])
    assert "Hello from Bob." in asked
    assert "Bob took it" in asked


def test_ones_own_doing_and_machines_are_no_surprise(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    data = form(ticket)
    assignment.assign(ticket, world.alice, world.alice.actor, clock.now())
    db.session.commit()
    write("I am out of office.", ticket, inert="vacation")
    assert alice.post(f"/desk/tickets/{ticket.number}/replies", data=data).status_code == 303


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"text": "  "}, "Write something first."),
        ({"to": []}, "Add at least one recipient."),
        ({"to_more": "not an address"}, "is no mail address"),
        ({"cc_more": "support@desk.example"}, "our own mailbox"),
        ({"based_on_seq": "x"}, "valid"),
        ({"client_key": ""}, "required"),
        ({"role": "administrator"}, "no field role"),
        ({"text": "nul \x00"}, "cannot be kept"),
    ],
)
def test_what_does_not_fit_is_said_and_the_words_are_kept(
    alice: FlaskClient, ticket: Ticket, values: dict[str, Any], reason: str
) -> None:
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket, **values))
    assert answer.status_code == 422
    assert reason in words(answer.text)
    if "text" not in values:
        assert "A new armrest is on its way." in answer.text
    assert sent() == []


def test_more_people_can_be_added_and_others_left_out(alice: FlaskClient, ticket: Ticket) -> None:
    data = form(ticket, to=[], to_more="Eve@Customer.Example", cc_more="third@elsewhere.example; eve@customer.example")
    alice.post(f"/desk/tickets/{ticket.number}/replies", data=data)
    lines = db.session.execute(select(Recipient.role, Recipient.address).where(Recipient.message_id == sent()[0].id))
    assert {tuple(line) for line in lines} == {("to", "eve@customer.example"), ("cc", "third@elsewhere.example")}


def test_files_go_along(alice: FlaskClient, ticket: Ticket) -> None:
    data = form(ticket, files=[(io.BytesIO(b"hello"), "../../notes\x07.txt", "text/plain")])
    assert alice.post(f"/desk/tickets/{ticket.number}/replies", data=data).status_code == 303
    file = db.session.scalars(select(Attachment).where(Attachment.message_id == sent()[0].id)).one()
    assert (file.filename, file.size) == ("notes.txt", 5)


def test_the_draft_and_its_files_become_the_message(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    draft = drafts.save(ticket, world.alice, "reply", "half a", {}, 1, clock.now())
    drafts.attach(draft, [NewFile("plan.pdf", "application/pdf", b"%PDF")], clock.now())
    db.session.commit()
    alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket))
    assert db.session.scalar(select(func.count()).select_from(Draft)) == 0
    assert db.session.scalars(select(Attachment.filename).where(Attachment.message_id == sent()[0].id)).all() == [
        "plan.pdf"
    ]


def test_a_closed_ticket_takes_no_reply(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    progress.move_to(ticket, "closed", world.alice.actor, clock.now())
    db.session.commit()
    assert alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket)).status_code == 422
    assert "This ticket is closed" in words(alice.get(f"/desk/tickets/{ticket.number}").text)


@pytest.mark.parametrize("what", ["replies", "notes"])
def test_the_ladder(browser: Browser, reader: FlaskClient, world: World, ticket: Ticket, what: str) -> None:
    address = f"/desk/tickets/{ticket.number}/{what}"
    data = {"text": "Hello.", "client_key": "k", **({} if what == "notes" else form(ticket))}
    assert browser("bob").post(address, data=data).status_code == 303
    assert reader.post(address, data=data).status_code == 403
    assert browser("bob").post(f"/desk/tickets/999999/{what}", data=data).status_code == 404
    assert browser("bob").get(address).status_code == 405


def test_strangers_learn_nothing(browser: Browser, ticket: Ticket) -> None:
    answer = browser("carol").post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket))
    assert answer.status_code == 404
    assert sent() == []


def test_a_note_stays_here_and_names_colleagues(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    data = {"text": "Please look, @Bob.", "client_key": "n1", "based_on_seq": "1"}
    assert alice.post(f"/desk/tickets/{ticket.number}/notes", data=data).status_code == 303
    [note] = sent("note")
    assert db.session.scalar(select(func.count()).where(OutboxRow.message_id == note.id)) == 0
    event = db.session.scalars(select(Event).where(Event.kind == "note_added")).one()
    assert event.data["mentioned"] == [world.bob.id]


def test_an_empty_note_is_refused(alice: FlaskClient, ticket: Ticket) -> None:
    answer = alice.post(f"/desk/tickets/{ticket.number}/notes", data={"text": " ", "client_key": "n"}, headers=htmx())
    assert answer.status_code == 422
    assert "Write something first." in answer.text


def test_a_failed_delivery_is_shown_and_repeated(alice: FlaskClient, reader: FlaskClient, ticket: Ticket) -> None:
    alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket))
    row = db.session.scalars(
        select(OutboxRow).where(OutboxRow.recipient.is_not(None), OutboxRow.purpose == "reply")
    ).one()
    row.state, row.error = "failed", "550 no such user"
    db.session.commit()
    page = words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert "Not sent to dana@customer.example: 550 no such user" in page
    address = f"/desk/tickets/{ticket.number}/deliveries/{row.id}/attempts"
    assert reader.post(address).status_code == 403
    assert alice.post(address).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(OutboxRow, row.id).state == "queued"
    assert alice.post(address).status_code == 409
    assert alice.post(f"/desk/tickets/{ticket.number}/deliveries/99999999/attempts").status_code == 404


def test_a_page_asks_what_became_of_the_messages_it_shows(alice: FlaskClient, ticket: Ticket, write: Write) -> None:
    other = write().ticket
    alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket))
    [message] = sent()
    assert "data-moving" in alice.get(f"/desk/tickets/{ticket.number}").text
    db.session.scalars(select(OutboxRow).where(OutboxRow.message_id == message.id)).one().state = "sent"
    db.session.commit()
    shown = alice.get(f"/desk/tickets/{ticket.number}/deliveries?of={message.id}&of=x", headers=htmx()).text
    assert "Sent to dana@customer.example" in words(shown)
    assert f'id="sent-{message.id}"' in shown and 'hx-swap-oob="true"' in shown
    assert "data-moving" not in shown
    assert alice.get(f"/desk/tickets/{other.number}/deliveries?of={message.id}", headers=htmx()).text.strip() == ""


def test_a_delivery_is_reached_only_through_its_own_ticket(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    other = write().ticket
    alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket))
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.purpose == "reply")).one()
    row.state = "failed"
    db.session.commit()
    assert alice.post(f"/desk/tickets/{other.number}/deliveries/{row.id}/attempts").status_code == 404


def test_a_message_that_must_wait_says_why(alice: FlaskClient, ticket: Ticket) -> None:
    alice.post(f"/desk/tickets/{ticket.number}/replies", data=form(ticket))
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.purpose == "reply")).one()
    row.error = "No space left."
    db.session.commit()
    page = words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert "Not sent yet to dana@customer.example, tried again later: No space left." in page
