"""Visitors for whom their site signs: one talk in all their browsers, joined by what is proven and by nothing else."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.channels.chat.talks import DANA, Guest, answers, comes, widget_of
from tests.channels.mails import later
from tests.people import World
from ticketdesk.channels.chat import (
    attributes,
    belonging,
    identifying,
    missed,
    recognising,
    saying,
    talk,
    visiting,
    widget_secrets,
)
from ticketdesk.channels.chat.signed_identity import Claims
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.chat.widget_secret import WidgetSecret
from ticketdesk.contacts import joining, resolving
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotAllowed
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


@pytest.fixture
def widget(world: World) -> Widget:
    return widget_of(world)


@pytest.fixture
def secret(widget: Widget, now: datetime) -> WidgetSecret:
    row, _plain = widget_secrets.make(widget, SYSTEM, now)
    db.session.commit()
    return row


def signed(
    secret: WidgetSecret,
    at: datetime,
    user_id: str = "42",
    *,
    present: Guest | None = None,
    name: str = "",
    email: str = "",
    verified: bool = False,
) -> Guest:
    """A browser on whose page the site says who it is."""
    widget = db.session.get_one(Widget, secret.widget_id)
    claims = Claims(user_id, "", name, email, verified)
    visitor, made = identifying.identify(widget, claims, secret.id, present.visitor if present else None, at)
    db.session.commit()
    return Guest(widget, visitor.id, made or (present.secret if present else ""))


def contact_of(identity_id: int | None) -> int:
    return db.session.scalars(
        select(IdentityLink.contact_id).where(IdentityLink.identity_id == identity_id, IdentityLink.ended_at.is_(None))
    ).one()


def known(value: str) -> Identity:
    return db.session.scalars(select(Identity).where(Identity.value == value)).one()


def test_nobody_becomes_a_contact_by_looking_at_a_page(secret: WidgetSecret, now: datetime) -> None:
    guest = signed(secret, now, name="Dana", email=DANA, verified=True)
    assert guest.visitor.identity_id is None
    assert db.session.scalar(select(Identity).where(Identity.kind == "external")) is None


def test_the_first_words_are_those_of_a_proven_identity(secret: WidgetSecret, now: datetime) -> None:
    guest = signed(secret, now, name="Dana")
    message = guest.says("Hello", now)
    identity = db.session.get_one(Identity, message.identity_id)
    assert (identity.kind, identity.verification, identity.name) == ("external", "signed", "Dana")
    assert identity.value == f"w{guest.widget.id}:42"
    assert guest.ticket.requester_id == identity.id
    nameless = signed(secret, now, "77")
    assert db.session.get_one(Identity, nameless.says("Hi", now).identity_id).called == "77"


def test_the_same_person_on_another_device_sees_their_talk(world: World, secret: WidgetSecret, now: datetime) -> None:
    laptop = signed(secret, now)
    laptop.says("From the laptop", now)
    answers(world.alice, laptop.ticket, "An answer", later(now, minutes=1))
    phone = signed(secret, later(now, minutes=2))
    assert phone.sees() == ["From the laptop", "An answer"]
    assert talk.state(phone.visitor).unread == 1
    phone.says("From the phone", later(now, minutes=3))
    assert phone.ticket.id == laptop.ticket.id
    assert laptop.sees() == phone.sees() == ["From the laptop", "An answer", "From the phone"]
    phone.reads(later(now, minutes=4))
    assert talk.state(laptop.visitor).unread == 0, "one read cursor"


def test_first_words_from_two_devices_open_one_ticket(secret: WidgetSecret, now: datetime) -> None:
    laptop, phone = signed(secret, now), signed(secret, now)
    laptop.says("One", now)
    phone.says("Two", now)
    assert laptop.ticket.id == phone.ticket.id
    assert len(db.session.scalars(select(Ticket)).all()) == 1


def test_somebody_else_in_the_same_browser_sees_nothing_of_it(secret: WidgetSecret, now: datetime) -> None:
    dana = signed(secret, now)
    dana.says("Mine alone", now)
    eve = signed(secret, later(now, minutes=1), "43", present=dana)
    assert eve.visitor_id != dana.visitor_id
    assert eve.sees() == []
    eve.says("Hers", later(now, minutes=2))
    assert dana.sees() == ["Mine alone"]
    assert eve.sees() == ["Hers"]
    assert contact_of(dana.visitor.identity_id) != contact_of(eve.visitor.identity_id)


def test_the_same_one_again_keeps_its_secret(secret: WidgetSecret, now: datetime) -> None:
    dana = signed(secret, now)
    again = signed(secret, later(now, hours=1), present=dana, name="Dana")
    assert (again.visitor_id, again.secret) == (dana.visitor_id, dana.secret)
    assert again.visitor.name == "Dana"


def test_what_was_said_just_now_stays_in_the_talk_under_a_new_secret(
    world: World, widget: Widget, secret: WidgetSecret, now: datetime
) -> None:
    nobody = comes(widget, now, name="Dan", email="typed@customer.example")
    nobody.says("Before signing in", now)
    typed = nobody.visitor.email_identity_id
    dana = signed(secret, later(now, minutes=5), present=nobody, name="Dana Keane")
    assert dana.sees() == ["Before signing in"]
    assert visiting.find(widget, nobody.secret) is None, "the old secret opens nothing of the signed talk"
    dana.says("After it", later(now, minutes=6))
    assert dana.sees() == ["Before signing in", "After it"]
    assert dana.ticket.id == nobody.ticket.id
    assert contact_of(dana.visitor.identity_id) == contact_of(nobody.visitor.identity_id)
    assert db.session.get_one(Contact, contact_of(dana.visitor.identity_id)).name == "Dana Keane"
    taking = db.session.scalars(select(Participant).where(Participant.identity_id == typed)).one()
    assert taking.state == "removed", "an address that was typed before is nobody's proof"
    kinds = db.session.scalars(select(Event.kind).where(Event.ticket_id == dana.ticket.id)).all()
    assert kinds.count("visitor_recognised") == 1
    own = {row.Message.identity_id for row in talk.letters(dana.visitor, 0)}
    assert own <= set(db.session.scalars(belonging.own(dana.visitor)))


def test_older_words_of_the_browser_may_be_somebody_elses(widget: Widget, secret: WidgetSecret, now: datetime) -> None:
    nobody = comes(widget, now)
    nobody.says("Last week", now)
    dana = signed(secret, later(now, days=7), present=nobody)
    assert dana.sees() == []
    assert nobody.sees() == ["Last week"]
    assert visiting.find(widget, nobody.secret) is not None


def test_two_signed_ids_never_join(widget: Widget, secret: WidgetSecret, now: datetime) -> None:
    first = signed(secret, now, "1", email=DANA, verified=True)
    first.says("One", now)
    second = signed(secret, now, "2", email=DANA, verified=True)
    second.says("Two", now)
    one, two = first.visitor.identity_id, second.visitor.identity_id
    assert contact_of(one) != contact_of(two)
    assert contact_of(known(DANA).id) == contact_of(one), "the address stays with the first"
    assert joining.join(db.session.get_one(Identity, one), db.session.get_one(Identity, two), "x", now) is None
    assert first.sees() == ["One"] and second.sees() == ["Two"]


def test_words_of_a_browser_that_was_somebody_else_are_not_brought_along(
    widget: Widget, secret: WidgetSecret, now: datetime
) -> None:
    """An unsigned talk whose contact was joined with one signed id does not go over to another."""
    nobody = comes(widget, now)
    nobody.says("One", now)
    other = resolving.resolve("external", "w9:7", "", now, verification="signed")
    joining.join(db.session.get_one(Identity, nobody.visitor.identity_id), other, "signed", now)
    db.session.commit()
    dana = signed(secret, later(now, minutes=1), present=nobody)
    assert dana.sees() == []
    assert visiting.find(widget, nobody.secret) is not None


def test_a_verified_address_joins_and_another_only_gets_answers(
    world: World, secret: WidgetSecret, now: datetime
) -> None:
    dana = signed(secret, now, email="Dana@Customer.example", verified=True)
    dana.says("Hello", now)
    assert contact_of(dana.visitor.identity_id) == contact_of(world.dana.id)
    assert known(DANA).verification == "confirmed"
    eve = signed(secret, now, "43", email="eve@customer.example")
    eve.says("Hello", now)
    assert contact_of(eve.visitor.identity_id) != contact_of(world.eve.id)
    assert eve.visitor.email == "eve@customer.example"
    assert known("eve@customer.example").verification == "none"


def test_a_widget_may_take_every_signed_address_for_proven(world: World, secret: WidgetSecret, now: datetime) -> None:
    db.session.execute(update(Widget).values(trusts_email=True))
    eve = signed(secret, now, "43", email="eve@customer.example")
    eve.says("Hello", now)
    assert contact_of(eve.visitor.identity_id) == contact_of(world.eve.id)


@pytest.mark.parametrize("address", ["info@customer.example", "support@desk.example", "no address", ""])
def test_an_address_of_many_or_of_ours_or_none_joins_nobody(secret: WidgetSecret, now: datetime, address: str) -> None:
    dana = signed(secret, now, email=address, verified=True)
    dana.says("Hello", now)
    links = select(IdentityLink).where(IdentityLink.contact_id == contact_of(dana.visitor.identity_id))
    assert [link.identity_id for link in db.session.scalars(links)] == [dana.visitor.identity_id]


def test_whom_an_agent_took_apart_the_next_signed_visit_leaves_apart(
    world: World, secret: WidgetSecret, now: datetime
) -> None:
    guest = signed(secret, now, name="Dana", email=DANA, verified=True)
    guest.says("Hello", now)
    person = guest.visitor.identity_id
    [join] = joining.of([contact_of(person)])
    joining.undo(join, world.alice.actor, now)
    known(DANA).verification = "none"
    db.session.commit()
    again = signed(secret, later(now, hours=1), present=guest, name="Dana", email=DANA, verified=True)
    elsewhere = signed(secret, later(now, hours=2), name="Dana", email=DANA, verified=True)
    elsewhere.says("Hello again", later(now, hours=2))
    assert again.visitor.identity_id == elsewhere.visitor.identity_id == person
    assert contact_of(person) != contact_of(known(DANA).id)
    assert known(DANA).verification == "none"


def test_a_join_can_be_undone_and_words_stay_where_they_are(world: World, secret: WidgetSecret, now: datetime) -> None:
    dana = signed(secret, now, email=DANA, verified=True)
    message = dana.says("Hello", now)
    kept = contact_of(world.dana.id)
    mine = db.session.scalars(select(IdentityLink).where(IdentityLink.identity_id == message.identity_id)).all()
    ended, current = sorted(mine, key=lambda link: link.id)
    assert (current.contact_id, current.evidence, ended.evidence) == (kept, "signed", "first_seen")
    current.ended_at = now
    db.session.flush()
    db.session.add(
        IdentityLink(identity_id=ended.identity_id, contact_id=ended.contact_id, evidence="separated", started_at=now)
    )
    db.session.flush()
    assert contact_of(message.identity_id) != contact_of(world.dana.id)
    assert dana.sees() == ["Hello"]


def test_what_is_signed_outranks_what_is_typed(secret: WidgetSecret, now: datetime) -> None:
    dana = signed(secret, now, name="Dana Keane", email=DANA, verified=True)
    dana.says("Hello", now)
    dana.gives("other@customer.example", now, name="The Queen")
    assert dana.visitor.name == "Dana Keane"
    assert known(dana.visitor.external_id or "").name == "Dana Keane"
    again = signed(secret, later(now, hours=1), present=dana, name="Dana Miller", email=DANA, verified=True)
    assert known(again.visitor.external_id or "").name == "Dana Miller"
    assert again.visitor.email == "other@customer.example", "where answers go may be chosen; it proves nothing"
    assert contact_of(known("other@customer.example").id) != contact_of(dana.visitor.identity_id)


def test_only_signed_visitors_may_write(widget: Widget, secret: WidgetSecret, now: datetime) -> None:
    before = comes(widget, now)
    db.session.execute(update(Widget).values(signed_only=True))
    db.session.commit()
    with pytest.raises(NotAllowed):
        comes(widget, now)
    with pytest.raises(NotAllowed):
        saying.say(before.visitor, widget, text="Hello", client_key="k", at=now)
    assert signed(secret, now).says("Hello", now).text == "Hello"


def test_a_widget_knows_its_own_users_only(world: World, secret: WidgetSecret, now: datetime) -> None:
    """The same id on another site is another person."""
    dana = signed(secret, now)
    dana.says("Mine", now)
    row, _plain = widget_secrets.make(widget_of(world), SYSTEM, now)
    other = signed(row, now)
    assert other.sees() == []
    other.says("Not the same", now)
    assert contact_of(other.visitor.identity_id) != contact_of(dana.visitor.identity_id)


def test_somebody_is_there_while_one_of_their_browsers_is(world: World, secret: WidgetSecret, now: datetime) -> None:
    laptop, phone = signed(secret, now), signed(secret, now)
    laptop.says("Hello", now)
    laptop.leaves(later(now, minutes=1))
    phone.stays(later(now, minutes=10))
    assert visiting.left_since(laptop.visitor, later(now, minutes=10)) is None
    phone.leaves(later(now, minutes=11))
    assert visiting.left_since(laptop.visitor, later(now, minutes=20)) == later(now, minutes=11)


def test_a_mailed_answer_is_read_in_every_browser(world: World, secret: WidgetSecret, now: datetime) -> None:
    laptop, phone = signed(secret, now, email=DANA, verified=True), signed(secret, now)
    laptop.says("Hello", now)
    answer = answers(world.alice, laptop.ticket, "An answer", later(now, minutes=1))
    for guest in (laptop, phone):
        guest.leaves(later(now, minutes=2))
    visitor = missed.visitor_of(answer)
    assert visitor is not None and missed.address_of(visitor, laptop.ticket) == known(DANA)
    visiting.has_read(visiting.locked(visitor), answer.id)
    db.session.commit()
    assert [talk.state(guest.visitor).unread for guest in (laptop, phone)] == [0, 0]


def test_signing_out_ends_this_browser_and_the_talk_waits(widget: Widget, secret: WidgetSecret, now: datetime) -> None:
    dana = signed(secret, now)
    dana.says("Hello", now)
    identifying.forget(dana.visitor, now)
    db.session.commit()
    assert visiting.find(widget, dana.secret) is None
    there = belonging.of_ticket(dana.ticket)
    assert there is not None and visiting.left_since(there, now) == now, "whoever signed out has left, and comes back"
    assert signed(secret, later(now, hours=1)).sees() == ["Hello"]
    nobody = comes(widget, now)
    identifying.forget(nobody.visitor, now)
    assert visiting.find(widget, nobody.secret) is not None, "who was nobody has nothing to sign out of"


def test_a_secret_taken_back_ends_what_it_proved(widget: Widget, secret: WidgetSecret, now: datetime) -> None:
    dana = signed(secret, now)
    dana.says("Hello", now)
    other, _plain = widget_secrets.make(widget, SYSTEM, now)
    with pytest.raises(Conflict):
        widget_secrets.make(widget, SYSTEM, now)
    phone = signed(other, now)
    widget_secrets.revoke(secret, SYSTEM, now)
    db.session.commit()
    assert visiting.find(widget, dana.secret) is None
    assert visiting.find(widget, phone.secret) is not None
    assert [row.id for row in widget_secrets.of(widget)] == [other.id]
    assert phone.sees() == ["Hello"]


def test_a_secret_is_stored_sealed(widget: Widget, now: datetime) -> None:
    row, plain = widget_secrets.make(widget, SYSTEM, now)
    assert plain not in row.sealed and plain.startswith(row.prefix) and len(plain) >= 47
    assert widget_secrets.opened([row]) == {plain: row.id}
    row.sealed = "of another house"
    assert widget_secrets.opened([row]) == {}


def test_one_person_has_so_many_browsers_at_most(widget: Widget, secret: WidgetSecret, now: datetime) -> None:
    guests = [signed(secret, now + timedelta(minutes=number)) for number in range(identifying.MOST_BROWSERS + 3)]
    good = [visiting.find(widget, guest.secret) is not None for guest in guests]
    assert good == [False] * 3 + [True] * identifying.MOST_BROWSERS


def test_mail_answered_by_a_signed_visitor_joins_as_for_others(
    world: World, secret: WidgetSecret, now: datetime
) -> None:
    eve = signed(secret, now, "43", email="eve@customer.example")
    eve.says("Hello", now)
    assert recognising.EVIDENCE == "replied"
    joining.join(known(eve.visitor.external_id or ""), world.eve, recognising.EVIDENCE, now)
    assert contact_of(eve.visitor.identity_id) == contact_of(world.eve.id)


@pytest.mark.parametrize(
    "given",
    [
        "[]",
        "7",
        "{",
        '{"a": []}',
        '{"a": {}}',
        '{"a": null}',
        '{"": 1}',
        '{"a": NaN}',
        '{"a": 1e999}',
        "[" * 3000,
        '{"a": "' + "x" * 201 + '"}',
        '{"' + "x" * 41 + '": 1}',
        '{"a": "\\u0000"}',
        '{"a": "\\ud800"}',
        "x" * 20000,
        "{" + ",".join(f'"k{n}": 1' for n in range(21)) + "}",
    ],
)
def test_facts_that_cannot_be_kept(given: str) -> None:
    with pytest.raises(Invalid):
        attributes.understood(given)


def test_facts_are_short_and_few() -> None:
    assert attributes.understood("") == {}
    assert attributes.understood('{"Plan ": "Pro  plus", "seats": 5, "paid": true, "since": 1.5}') == {
        "Plan": "Pro plus",
        "seats": 5,
        "paid": True,
        "since": 1.5,
    }
