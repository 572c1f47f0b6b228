"""An agent forwards a customer's mail: one click makes it the customer's ticket, and one takes that back."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.mails import mail, message_of, rows, take, ticket_of, work_all
from tests.people import World, sign_in
from ticketdesk.channels.email import forwarding
from ticketdesk.contacts import resolving
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import redacting, replying, sight
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant, takes_part
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

ALICE = "Alice <alice@desk.example>"
TEXT = """This one is difficult, please be careful with her.

---------- Forwarded message ---------
From: Jo Pine <jo@pine.example>
Date: Tue, 3 Mar 2026 at 18:20
Subject: The table wobbles
To: Alice <alice@desk.example>

It wobbles since Monday.
Jo
"""


@pytest.fixture
def forwarded(world: World, now: datetime) -> Message:
    return message_of(take(mail(sender=ALICE, subject="Fwd: The table wobbles", text=TEXT), now))


def ticket(message: Message) -> Ticket:
    db.session.commit()
    return db.session.scalars(select(Ticket).join(Placement).where(Placement.message_id == message.id)).one()


def give(world: World, message: Message, at: datetime) -> Message:
    return forwarding.give_to_sender(ticket(message), message, world.alice.actor, at)


def readable(of: Ticket, identity_id: int) -> list[str]:
    """What somebody may read on the ticket's page."""
    part = sight.participant_of(of, identity_id)
    if part is None:
        return []
    rows = select(Message.text).join(Placement, Placement.message_id == Message.id).where(sight.may_read(part))
    return list(db.session.scalars(rows.order_by(Message.id)))


def test_it_is_a_ticket_of_the_forwarder_until_somebody_decides(forwarded: Message, now: datetime) -> None:
    made = ticket(forwarded)
    assert made.requester_id == forwarded.identity_id
    offer = forwarded.facts["forwarded"]
    assert (offer["state"], offer["name"], offer["address"]) == ("open", "Jo Pine", "jo@pine.example")
    assert offer["subject"] == "The table wobbles" and offer["text"].startswith("It wobbles since Monday.")
    work_all(now)
    assert "jo@pine.example" not in [row.recipient for row in rows()]


def test_the_original_sender_becomes_the_requester_and_sees_only_their_own_words(
    world: World, forwarded: Message, now: datetime
) -> None:
    work_all(now)
    at = now + timedelta(minutes=5)
    made = give(world, forwarded, at)
    of = ticket(forwarded)
    jo = resolving.resolve("email", "jo@pine.example", "", at)
    assert of.requester_id == jo.id == made.identity_id
    assert of.subject == "The table wobbles"
    assert of.last_words.startswith("It wobbles") and of.last_author == "Jo Pine"
    assert readable(of, jo.id) == ["It wobbles since Monday.\nJo"]
    assert forwarded.identity_id is not None
    assert readable(of, forwarded.identity_id) == [] and not takes_part(of.id, forwarded.identity_id)
    assert [event.kind for event in _events(of)][-1] == "requester_changed"
    assert "Jo" not in str(_events(of)[-1].data), "events hold ids, never words"
    work_all(at)
    assert "jo@pine.example" not in [row.recipient for row in rows()], "nobody is told"
    replying.reply(of, world.alice, "We come.", to=[("jo@pine.example", "Jo")], at=at + timedelta(minutes=1))
    assert readable(of, jo.id)[-1] == "We come."


def test_clocks_go_on_from_when_the_forwarded_mail_came(world: World, forwarded: Message, now: datetime) -> None:
    wrote = ticket(forwarded).customer_wrote_at
    give(world, forwarded, now + timedelta(hours=2))
    assert ticket(forwarded).customer_wrote_at == wrote


@pytest.fixture
def with_files(world: World, now: datetime) -> Message:
    """One file of the customer's, and one that the agent added."""
    files = [
        f"Content-Type: image/png\r\nContent-Disposition: attachment; filename={name}.png\r\n\r\n{name}"
        for name in ("leg", "notes")
    ]
    body = "".join(f"--e\r\n{one}\r\n" for one in [f"Content-Type: text/plain\r\n\r\n{TEXT}", *files]) + "--e--\r\n"
    raw = mail(sender=ALICE, subject="Fwd: The table wobbles", text=body, content_type='multipart/mixed; boundary="e"')
    return message_of(take(raw, now))


def files_of(message: Message) -> dict[str, Attachment]:
    rows = db.session.scalars(select(Attachment).where(Attachment.message_id == message.id))
    return {file.filename: file for file in rows}


def test_files_that_were_the_customers_belong_to_both_and_no_others(
    world: World, with_files: Message, now: datetime
) -> None:
    other = message_of(take(mail(text="A stranger's", subject="Other"), now))
    before = files_of(with_files)
    chosen = [before["leg.png"].reference, *(file.reference for file in files_of(other).values()), "no-such-file"]
    made = forwarding.give_to_sender(ticket(with_files), with_files, world.alice.actor, now, files=chosen)
    db.session.flush()
    given = files_of(made)
    assert set(given) == {"leg.png"}, "what the agent added stays the agent's"
    assert given["leg.png"].blob_sha256 == before["leg.png"].blob_sha256
    assert given["leg.png"].reference != before["leg.png"].reference
    assert set(files_of(with_files)) == {"leg.png", "notes.png"}


def test_the_desk_asks_which_files_were_the_customers(app: Flask, world: World, with_files: Message) -> None:
    alice: FlaskClient = sign_in(app.test_client(), world.alice)
    number = ticket(with_files).number
    page = alice.get(f"/desk/tickets/{number}").text
    references = {name: file.reference for name, file in files_of(with_files).items()}
    for reference in references.values():
        assert f'name="file" value="{reference}" checked' in page
    data = {"to": "sender", "file": [references["leg.png"]]}
    address = f"/desk/tickets/{number}/messages/{with_files.id}/original"
    assert alice.post(address, data=data).status_code == 303
    made = db.session.scalars(select(Message).where(Message.facts["forwarded_in"].as_integer() == with_files.id)).one()
    assert set(files_of(made)) == {"leg.png"}


def test_it_is_undone_while_nothing_was_said(world: World, forwarded: Message, now: datetime) -> None:
    before = (ticket(forwarded).message_count, ticket(forwarded).subject, ticket(forwarded).last_words)
    made = give(world, forwarded, now)
    jo_id = made.identity_id
    assert jo_id is not None
    of = forwarding.give_back(ticket(forwarded), forwarded, world.alice.actor, now)
    assert of.requester_id == forwarded.identity_id
    assert (of.message_count, of.subject, of.last_words) == before
    assert readable(of, jo_id) == []
    assert forwarded.facts["forwarded"]["state"] == "open"
    again = give(world, forwarded, now)
    assert readable(ticket(forwarded), jo_id) == [again.text]
    roles = db.session.scalars(select(Participant.role).where(Participant.ticket_id == of.id)).all()
    assert sorted(roles) == ["requester", "third_party"]


def test_it_is_not_undone_after_an_answer_nor_made_twice(world: World, forwarded: Message, now: datetime) -> None:
    give(world, forwarded, now)
    with pytest.raises(Conflict):
        give(world, forwarded, now)
    replying.reply(ticket(forwarded), world.alice, "We come.", to=[("jo@pine.example", "Jo")], at=now)
    with pytest.raises(Conflict):
        forwarding.give_back(ticket(forwarded), forwarded, world.alice.actor, now)


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("Dana <dana@customer.example>", "Fwd: The table wobbles", TEXT),  # a customer forwards to us
        (ALICE, "The table wobbles", "Nothing is forwarded here."),
        (ALICE, "Fwd: Ours", TEXT.replace("jo@pine.example", "support@desk.example")),
        (ALICE, "Fwd: Mine", TEXT.replace("jo@pine.example", "alice@desk.example")),
        (ALICE, "Fwd: Nobody", TEXT.replace(" <jo@pine.example>", "")),
    ],
)
def test_nothing_is_offered_for_other_mail(world: World, now: datetime, sender: str, subject: str, text: str) -> None:
    raw = take(mail(sender=sender, subject=subject, text=text), now)
    assert "forwarded" not in message_of(raw).facts
    assert ticket_of(raw).requester_id == message_of(raw).identity_id


def test_the_desk_asks_decides_and_undoes(app: Flask, world: World, forwarded: Message) -> None:
    alice: FlaskClient = sign_in(app.test_client(), world.alice)
    number = ticket(forwarded).number
    page = alice.get(f"/desk/tickets/{number}").text
    assert "Make Jo Pine the requester" in page and "Leave it with Alice" in page
    address = f"/desk/tickets/{number}/messages/{forwarded.id}/original"
    assert alice.post(address, data={"to": "everybody"}).status_code == 422
    assert alice.post(address, data={"to": "sender"}).status_code == 303
    page = alice.get(f"/desk/tickets/{number}").text
    assert "Jo Pine is the requester and does not see this mail" in page
    assert "made the original sender the requester" in page
    assert alice.post(address, data={"to": "sender"}).status_code == 409
    assert alice.delete(address).status_code == 303
    assert alice.post(address, data={"to": "forwarder"}).status_code == 303
    assert "Make Jo Pine the requester" not in alice.get(f"/desk/tickets/{number}").text


def test_words_that_were_taken_out_are_out_of_the_offer_too(world: World, forwarded: Message, now: datetime) -> None:
    redacting.redact(forwarded.id, world.ada.actor, now)
    assert "forwarded" not in forwarded.facts


def _events(of: Ticket) -> list[Event]:
    return list(db.session.scalars(select(Event).where(Event.ticket_id == of.id).order_by(Event.seq)))
