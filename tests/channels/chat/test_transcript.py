"""A talk by mail: to whom, with whose words, and how often."""

import email
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels import sinks
from tests.channels.chat.talks import DANA, Guest, answers, comes, widget_of
from tests.channels.mails import later, mail, message_of, take, work_all
from tests.channels.sinks import Sink
from tests.people import World
from ticketdesk.channels.chat import transcript
from ticketdesk.channels.chat.visiting import TooFast
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import noting, side_talking
from ticketdesk.tickets.side_talking import Answer
from ticketdesk.tickets.timeline import Event

CANARY = "Buy watches at evil.example"
OURS = "We look at it."


@pytest.fixture
def sink(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sinks.of(app, monkeypatch) as sink:
        yield sink


@pytest.fixture
def guest(world: World, now: datetime) -> Guest:
    """Somebody who says that they are Dana."""
    guest = comes(widget_of(world), now, name=CANARY, email=DANA)
    guest.says(CANARY, now)
    answers(world.alice, guest.ticket, OURS, later(now, minutes=1))
    noting.note(guest.ticket, world.alice, "A secret note", at=later(now, minutes=1))
    outside = side_talking.Draft("A secret question", [("parts@maker.example", "")])
    asked = side_talking.begin(guest.ticket, world.alice, "A secret matter", outside, later(now, minutes=1))
    side_talking.receive(asked.side_id, Answer("parts@maker.example", "", "A secret answer"), later(now, minutes=1))
    guest.reads(later(now, minutes=1))
    work_all(later(now, minutes=1))
    return guest


def asks(guest: Guest, at: datetime, locale: str = "en_GB") -> str:
    address = transcript.ask(guest.visitor, locale, at)
    db.session.commit()
    work_all(at)
    return address


def mailed(sink: Sink) -> list[EmailMessage]:
    mails = [content for _sender, to, content in sink.mails if to != "parts@maker.example"]
    return [email.message_from_bytes(content, policy=policy.default) for content in mails]  # type: ignore[misc]


def words(found: EmailMessage) -> str:
    parts = [part.get_content() for part in found.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(found), *parts])


def test_an_address_that_was_only_typed_gets_our_words_alone(guest: Guest, sink: Sink, now: datetime) -> None:
    assert asks(guest, later(now, minutes=2)) == DANA
    found = mailed(sink)[0]
    assert found["To"].addresses[0].addr_spec == DANA
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Auto-Response-Suppress"] == "All"
    assert OURS in words(found)
    assert CANARY not in words(found)
    assert "evil.example" not in words(found)
    assert "A secret" not in words(found)


def test_whoever_answered_from_it_gets_both_sides(guest: Guest, sink: Sink, now: datetime) -> None:
    asks(guest, later(now, minutes=2))
    reply_to = mailed(sink)[0]["Reply-To"].addresses[0].addr_spec
    take(mail(to=reply_to, text="Thank you"), later(now, minutes=3), envelope_to=[reply_to])
    work_all(later(now, minutes=3))
    asks(guest, later(now, minutes=4))
    whole = words(mailed(sink)[-1])
    assert CANARY in whole and OURS in whole and "Thank you" in whole
    assert "A secret" not in whole


def test_an_answer_to_it_goes_into_the_talk(guest: Guest, sink: Sink, now: datetime) -> None:
    asks(guest, later(now, minutes=2))
    found = mailed(sink)[0]
    address = found["Reply-To"].addresses[0].addr_spec
    raw = take(
        mail(to=address, text="One more", headers=[("In-Reply-To", str(found["Message-ID"]))]),
        later(now, minutes=3),
        envelope_to=[address],
    )
    assert message_of(raw).threaded_by == "recipient_token"
    assert guest.sees()[-1] == "One more"


def test_it_speaks_the_language_in_which_it_was_asked_for(guest: Guest, sink: Sink, now: datetime) -> None:
    asks(guest, later(now, minutes=2), "de_AT")
    found = mailed(sink)[0]
    assert str(found["Subject"]).startswith("Ihr Chat mit ")
    assert "Jemand hat diese Adresse in unserem Chat angegeben" in words(found)
    assert 'lang="de-AT"' in words(found)


def test_without_an_address_nothing_is_sent(world: World, sink: Sink, now: datetime) -> None:
    guest = comes(widget_of(world), now)
    with pytest.raises(Invalid):
        asks(guest, now)
    guest.says("Hello", now)
    with pytest.raises(Invalid):
        asks(guest, now)
    assert sink.mails == []


def test_without_an_answer_a_stranger_gets_nothing(world: World, sink: Sink, now: datetime) -> None:
    guest = comes(widget_of(world), now, email=DANA)
    guest.says(CANARY, now)
    with pytest.raises(Invalid):
        asks(guest, now)
    assert sink.mails == []


def test_a_few_times_and_no_more(guest: Guest, sink: Sink, now: datetime) -> None:
    """R18: one visitor cannot fill a mailbox, and neither can many."""
    for minute in range(2, 5):
        asks(guest, later(now, minutes=minute))
    with pytest.raises(TooFast):
        asks(guest, later(now, minutes=6))
    db.session.rollback()
    assert len(sink.mails) == transcript.MOST_ASKED
    asks(guest, later(now, minutes=200))
    assert len(sink.mails) == transcript.MOST_ASKED + 1


def test_many_visitors_do_not_fill_one_mailbox(world: World, sink: Sink, now: datetime) -> None:
    widget, refused = widget_of(world), 0
    for number in range(8):
        guest = comes(widget, now, email=DANA)
        guest.says(f"{CANARY} {number}", now)
        answers(world.alice, guest.ticket, OURS, now)
        guest.reads(now)
        try:
            asks(guest, later(now, minutes=1))
        except TooFast:
            db.session.rollback()
            refused += 1
    assert (len(sink.mails), refused) == (transcript.MOST_ASKED, 5)
    assert all(CANARY not in words(one) for one in mailed(sink))


def test_an_address_that_was_replaced_meanwhile_gets_nothing(guest: Guest, sink: Sink, now: datetime) -> None:
    transcript.ask(guest.visitor, "en", later(now, minutes=2))
    db.session.commit()
    guest.gives("other@customer.example", later(now, minutes=2))
    work_all(later(now, minutes=2))
    assert sink.mails == []


def test_the_history_says_it_without_words(guest: Guest, sink: Sink, now: datetime) -> None:
    asks(guest, later(now, minutes=2))
    event = db.session.scalars(select(Event).where(Event.kind == "transcript_mailed")).one()
    assert event.data == {"identity_id": guest.visitor.email_identity_id, "is_whole": False}
    assert (event.actor_kind, event.actor_id) == ("contact", guest.visitor.identity_id)
