"""What a visitor says becomes a ticket, and more of it."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from tests.channels.chat.talks import DANA, Guest, answers, comes, texts_of, widget_of
from tests.channels.mails import later
from tests.people import World
from ticketdesk.channels.chat import saying, visiting
from ticketdesk.channels.chat.visiting import TooFast
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import noting, progress, receiving, replying
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


@pytest.fixture
def widget(world: World) -> Widget:
    return widget_of(world)


@pytest.fixture
def guest(widget: Widget, now: datetime) -> Guest:
    return comes(widget, now, name="Dana", email=DANA)


def test_nobody_has_a_ticket_before_they_write(guest: Guest) -> None:
    assert guest.visitor.ticket_id is None
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0
    assert guest.sees() == []


def test_the_first_words_open_a_ticket(world: World, guest: Guest, now: datetime) -> None:
    guest.says("The armrest came off again.\nCan you help?", now)
    ticket = guest.ticket
    assert (ticket.channel, ticket.queue_id, ticket.subject) == (
        "chat",
        world.care_queue.id,
        "The armrest came off again.",
    )
    assert ticket.mailbox_id == world.mailbox.id
    requester = db.session.get_one(Identity, ticket.requester_id)
    assert (requester.kind, requester.name, requester.verification) == ("visitor", "Dana", "none")
    assert guest.sees() == ["The armrest came off again.\nCan you help?"]


def test_a_typed_address_takes_part_in_this_ticket_and_proves_nothing(
    world: World, guest: Guest, now: datetime
) -> None:
    guest.says("Hello", now)
    parts = {
        identity.kind: (taking.role, taking.state, identity.verification)
        for taking, identity in db.session.execute(
            select(Participant, Identity)
            .join(Identity, Identity.id == Participant.identity_id)
            .where(Participant.ticket_id == guest.ticket.id)
        )
    }
    assert parts == {"visitor": ("requester", "active", "none"), "email": ("cc", "active", "none")}
    assert db.session.scalar(select(func.count()).where(Participant.identity_id == world.dana.id)) == 1


def test_what_follows_goes_into_the_same_ticket_and_reopens_a_solved_one(
    world: World, guest: Guest, now: datetime
) -> None:
    guest.says("One", now)
    ticket = guest.ticket
    progress.solve(ticket, world.alice.actor, later(now, minutes=1))
    db.session.commit()
    guest.says("Two", later(now, minutes=2))
    assert texts_of(ticket) == ["One", "Two"]
    assert guest.ticket.category == "open"


def test_after_a_closed_ticket_a_linked_one_goes_on(world: World, guest: Guest, now: datetime) -> None:
    guest.says("One", now)
    first = guest.ticket
    progress.move_to(first, "closed", SYSTEM, later(now, minutes=1))
    db.session.commit()
    guest.says("Two", later(now, minutes=2))
    assert guest.ticket.follows_id == first.id
    assert guest.sees() == ["One", "Two"]  # one talk for whoever writes


def test_the_same_message_twice_is_one(guest: Guest, now: datetime) -> None:
    first = guest.says("Hello", now, key="k1")
    again, is_new = saying.say(guest.visitor, guest.widget, text="Hello", client_key="k1", at=now)
    assert (again.id, is_new) == (first.id, False)
    assert texts_of(guest.ticket) == ["Hello"]


def test_two_visitors_may_use_the_same_key(widget: Widget, now: datetime) -> None:
    one, other = comes(widget, now), comes(widget, now)
    assert one.says("Mine", now, key="k1").id != other.says("Yours", now, key="k1").id
    assert (one.sees(), other.sees()) == (["Mine"], ["Yours"])


@pytest.mark.parametrize("text", ["", "   \n ", "x" * (saying.LONGEST + 1)])
def test_empty_and_endless_words_are_refused(guest: Guest, now: datetime, text: str) -> None:
    with pytest.raises(Invalid):
        guest.says(text, now)


def test_nobody_writes_faster_than_a_person(guest: Guest, now: datetime) -> None:
    for _ in range(saying.SPEED[0]):
        guest.says("Hello", now)
    with pytest.raises(TooFast):
        guest.says("Hello", now)
    db.session.rollback()
    guest.says("Later", later(now, minutes=2))


def test_many_visitors_at_once_are_too_many(widget: Widget, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "VISITS", (3, visiting.VISITS[1]))
    for _ in range(3):
        comes(widget, now)
    with pytest.raises(TooFast):
        comes(widget, now)


@pytest.mark.parametrize("asked", ["ask_name", "ask_email"])
def test_what_is_required_is_asked_for(widget: Widget, now: datetime, asked: str) -> None:
    setattr(widget, asked, "required")
    with pytest.raises(Invalid) as refusal:
        comes(widget, now)
    assert refusal.value.field == asked.removeprefix("ask_")


@pytest.mark.parametrize("typed", ["no address", "a@b@c", "support@desk.example", "support+x@desk.example"])
def test_an_address_is_an_address_and_not_ours(widget: Widget, now: datetime, typed: str) -> None:
    with pytest.raises(Invalid):
        comes(widget, now, email=typed)


def test_a_corrected_address_leaves_nobody_else_with_the_talk(widget: Widget, now: datetime) -> None:
    guest = comes(widget, now, email="dnaa@customer.example")
    guest.says("Hello", now)
    guest.gives(DANA, later(now, minutes=1), name="Dana")
    states = dict(
        db.session.execute(
            select(Identity.value, Participant.state)
            .join(Identity, Identity.id == Participant.identity_id)
            .where(Participant.ticket_id == guest.ticket.id, Identity.kind == "email")
        ).all()
    )
    assert states == {"dnaa@customer.example": "removed", DANA: "active"}
    assert db.session.get_one(Identity, guest.ticket.requester_id).name == "Dana"
    contact = select(Contact.name).join(IdentityLink, IdentityLink.contact_id == Contact.id)
    assert db.session.scalar(contact.where(IdentityLink.identity_id == guest.visitor.identity_id)) == "Dana"


def test_a_requester_by_mail_never_loses_their_part_to_a_visitor(world: World, widget: Widget, now: datetime) -> None:
    """Who typed dana's address and then another one has no say over dana's own tickets."""
    guest = comes(widget, now, email=DANA)
    guest.says("Hello", now)
    guest.gives("eve@customer.example", now)
    assert db.session.scalar(select(Visitor.email).where(Visitor.id == guest.visitor_id)) == "eve@customer.example"
    assert db.session.scalar(select(func.count()).where(Participant.identity_id == world.dana.id)) == 1


def test_an_agents_answer_needs_no_recipient_in_a_chat_and_only_there(
    world: World, guest: Guest, now: datetime
) -> None:
    guest.says("Hello", now)
    message = answers(world.alice, guest.ticket, "Hello **Dana**", later(now, minutes=1))
    assert (message.channel, message.rfc_id) == ("chat", None)
    assert guest.sees() == ["Hello", "Hello **Dana**"]
    assert guest.ticket.answered_at == later(now, minutes=1)
    with pytest.raises(Invalid):
        replying.reply(guest.ticket, world.alice, "Nobody", to=(), at=now)


def test_notes_and_held_mail_are_never_among_what_a_visitor_reads(world: World, guest: Guest, now: datetime) -> None:
    guest.says("Hello", now)
    noting.note(guest.ticket, world.alice, "Difficult one", at=now)
    stranger = Letter(channel="email", text="I am the lawyer")
    receiving.receive(guest.ticket, world.eve, stranger, now)
    db.session.commit()
    assert guest.sees() == ["Hello"]


def test_a_closed_chat_takes_no_answer(world: World, guest: Guest, now: datetime) -> None:
    guest.says("Hello", now)
    progress.move_to(guest.ticket, "closed", SYSTEM, now)
    with pytest.raises(Conflict):
        answers(world.alice, guest.ticket, "Too late", now)


def test_the_clocks_hear_a_chat_as_they_hear_mail(world: World, guest: Guest, now: datetime) -> None:
    guest.says("Hello", now)
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=1))
    told = db.session.scalars(
        select(Event)
        .where(Event.ticket_id == guest.ticket.id, Event.kind.in_(("message_received", "reply_sent")))
        .order_by(Event.seq)
    ).all()
    assert [(event.kind, event.actor_kind, event.data["channel"]) for event in told] == [
        ("message_received", "contact", "chat"),
        ("reply_sent", "agent", "chat"),
    ]
    assert not any(event.data.get("held") or event.data.get("automatic") for event in told)
    assert db.session.scalar(select(Message.automatic).where(Message.channel == "chat").limit(1)) is False


def test_a_name_given_later_does_not_turn_our_words_around_it(world: World, now: datetime) -> None:
    guest = comes(widget_of(world), now, name="\u202eanaD")
    guest.says("One", now)
    guest.gives("dana@customer.example", later(now, minutes=1), name="\u202eanaD \u2066Dana")
    assert guest.visitor.name == "anaD Dana"
    assert guest.visitor.identity_id is not None
    assert db.session.get_one(Identity, guest.visitor.identity_id).name == "anaD Dana"
