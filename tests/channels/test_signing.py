"""What stands below replies by mail: one signature, that of the mailbox, of the brand, or of the agent."""

import email
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels import sinks
from tests.channels.mails import (
    PROVEN,
    behind_relay,
    later,
    mail,
    message_of,
    take,
    ticket_of,
    work_all,
)
from tests.channels.sinks import Sink
from tests.people import LONG_AGO, World
from ticketdesk.accounts.agent import Agent
from ticketdesk.channels import mailboxes, signing
from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import drafts, replying, side_talking, withdrawing
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.side_talking import Draft
from ticketdesk.tickets.ticket import Ticket

FRAME = (
    "**{{ agent.name }}** of {{ brand.name }}\nTicket {{ ticket.number }} of {{ customer.name }}\n{{ agent.signature }}"
)


@pytest.fixture
def sink(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sinks.of(app, monkeypatch) as sink:
        yield sink


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    made = ticket_of(take(mail(message_id="first@customer.example"), now))
    work_all(now)
    return made


def reply(world: World, ticket: Ticket, at: datetime, text: str = "It is on its way.", **more: datetime) -> Message:
    made = replying.reply(ticket, world.alice, text, to=[("dana@customer.example", "Dana")], at=at, **more)
    db.session.commit()
    return made


def parts(sink: Sink) -> tuple[str, str]:
    """The text and the HTML of the mail by alice that left last."""
    found = next(
        made
        for _from, _to, raw in reversed(sink.mails)
        if "Alice" in (made := email.message_from_bytes(raw, policy=policy.default))["From"]
    )
    assert isinstance(found, EmailMessage)
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    assert plain is not None and html is not None
    return plain.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def sign(world: World, text: str, now: datetime) -> None:
    signing.give_brand(world.brand, text, world.ada.actor, now)
    db.session.commit()


def test_an_agents_own_signature_stands_below_once(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    world.alice.signature = "**Alice**\nCare & more"
    made = reply(world, ticket, later(now, minutes=1))
    assert (made.text, made.signature) == ("It is on its way.", "**Alice**\nCare & more")
    work_all(later(now, minutes=2))
    text, html = parts(sink)
    assert text.count("Alice") == 1 and "It is on its way.\n\n-- \n**Alice**\nCare & more" in text
    assert html.count("Alice") == 1 and "<strong>Alice</strong>" in html


def test_the_frame_of_the_brand_is_filled(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    sign(world, FRAME, now)
    world.alice.signature = "*Care*, from {{ agent.name }}"
    reply(world, ticket, later(now, minutes=1))
    work_all(later(now, minutes=2))
    text, html = parts(sink)
    below = f"-- \n**Alice** of Harrow & Pine\nTicket {ticket.number} of Dana\n*Care*, from {{{{ agent.name }}}}"
    assert below in text, "a signature is Markdown, and what is filled in is not filled again"
    assert "<em>Care</em>" in html and "Harrow &amp; Pine" in html and "\\" not in text


def test_the_frame_of_the_mailbox_wins(world: World, ticket: Ticket, now: datetime) -> None:
    world.alice.signature = "Alice"
    sign(world, "The brand", now)
    signing.give_mailbox(world.mailbox, "The mailbox", world.ada.actor, now)
    assert signing.below(ticket, world.alice) == "The mailbox"
    signing.give_mailbox(world.mailbox, "", world.ada.actor, now)
    assert signing.below(ticket, world.alice) == "The brand"
    sign(world, " \r\n", now)
    assert signing.below(ticket, world.alice) == "Alice"


def test_the_mailbox_is_the_one_that_sends(world: World, ticket: Ticket, now: datetime) -> None:
    setup = mailboxes.Setup("Shop", world.care_queue.id)
    other = mailboxes.create("shop@desk.example", setup, world.ada.actor, LONG_AGO)
    signing.give_mailbox(other, "The shop", world.ada.actor, now)
    signing.give_mailbox(world.mailbox, "The default", world.ada.actor, now)
    ticket.mailbox_id = other.id
    db.session.flush()
    assert signing.below(ticket, world.alice) == "The shop"
    mailboxes.disable(other, world.ada.actor, now)
    db.session.flush()
    assert signing.below(ticket, world.alice) == "The default"
    ticket.mailbox_id = None
    db.session.flush()
    assert signing.below(ticket, world.alice) == "The default"
    assert db.session.get_one(Mailbox, other.id).signature == "The shop"


def test_a_frame_of_nothing_but_an_empty_signature_adds_nothing(
    world: World, ticket: Ticket, sink: Sink, now: datetime
) -> None:
    sign(world, "{{ agent.signature }}", now)
    assert reply(world, ticket, later(now, minutes=1)).signature == ""
    work_all(later(now, minutes=2))
    text, html = parts(sink)
    assert "-- \n" not in text and '<div class="signature"' not in html


def test_what_was_sent_keeps_the_signature_of_that_moment(
    world: World, ticket: Ticket, sink: Sink, now: datetime
) -> None:
    sign(world, "Before", now)
    reply(world, ticket, later(now, minutes=1), leaves_at=later(now, minutes=3))
    sign(world, "After", now)
    work_all(later(now, minutes=4))
    assert "Before" in parts(sink)[0]


def test_taken_back_and_sent_again_it_is_signed_once(world: World, ticket: Ticket, now: datetime) -> None:
    world.alice.signature = "Alice"
    made = reply(world, ticket, later(now, minutes=1), leaves_at=later(now, minutes=3))
    withdrawing.withdraw(made.id, world.alice, later(now, minutes=2))
    db.session.commit()
    draft = drafts.draft_of(ticket, world.alice, "reply")
    assert draft is not None and draft.text == "It is on its way."
    assert (made.text, made.signature) == ("", "")
    again = reply(world, ticket, later(now, minutes=3), draft.text)
    assert (again.text, again.signature) == ("It is on its way.", "Alice")


@pytest.mark.parametrize("text", ["{{ customer.email }}", "{{ 7*7 }}", "x" * 4_001])
def test_what_stands_for_nothing_is_refused(world: World, now: datetime, text: str) -> None:
    with pytest.raises(Invalid):
        signing.give_brand(world.brand, text, world.ada.actor, now)
    with pytest.raises(Invalid):
        signing.give_mailbox(world.mailbox, text, world.ada.actor, now)
    assert (world.brand.signature, world.mailbox.signature) == ("", "")


def answer(ticket: Ticket, agent: Agent, text: str, now: datetime) -> Message:
    """An agent answers a notice from their own mail program."""
    to = identifiers.address("support@desk.example", Named("a", ticket.id, agent.id), tokens.signing_keys()[0])
    raw = take(mail(sender=f"{agent.name} <{agent.email}>", to=to, text=text, headers=[PROVEN]), now)
    db.session.commit()
    db.session.expire_all()
    return message_of(raw)


@pytest.mark.parametrize(
    ("written", "text", "signature"),
    [
        ("We send one.", "We send one.", "Alice Moss, Harrow & Pine"),
        ("We send one.\n\n-- \nAlice Moss\n+44 1", "We send one.", "Alice Moss, Harrow & Pine"),
        ("We send one.\n\nAlice Moss\n+44 1", "We send one.\n\nAlice Moss\n+44 1", ""),
        ("We send one.\n\n*Alice Moss* | Care\n+44 1", "We send one.\n\n*Alice Moss* | Care\n+44 1", ""),
        ("We send one.\n\nYours  truly,\nA.", "We send one.\n\nYours  truly,\nA.", ""),
        ("We send one.\nAlice Moss will call.", "We send one.\nAlice Moss will call.", "Alice Moss, Harrow & Pine"),
    ],
)
def test_an_answer_from_an_agents_mail_program_is_signed_once(
    world: World, sink: Sink, now: datetime, written: str, text: str, signature: str
) -> None:
    ticket = behind_relay(world, now)
    world.alice.name, world.alice.signature = "Alice Moss", "Yours truly,\nA."
    sign(world, "{{ agent.name }}, {{ brand.name }}", now)
    made = answer(ticket, world.alice, written.replace("\n", "\r\n"), later(now, minutes=1))
    assert (made.kind, made.text) == ("public", text)
    assert made.signature.replace("\\", "") == signature
    work_all(later(now, minutes=2))
    carried = parts(sink)[0]
    assert carried.count("-- \n") == (1 if signature else 0)
    assert carried.count("Alice Moss") == text.count("Alice Moss") + signature.count("Alice Moss")


def test_people_outside_learn_nothing_of_the_ticket(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    sign(world, FRAME, now)
    world.alice.signature = "Care"
    draft = Draft("Have you one?", (("parts@maker.example", "Maker"),))
    side_talking.begin(ticket, world.alice, "Spare armrest", draft, later(now, minutes=1))
    db.session.commit()
    work_all(later(now, minutes=2))
    text, html = parts(sink)
    assert "-- \n**Alice** of Harrow & Pine\nCare" in text
    for words in (text, html):
        assert "Dana" not in words and "Ticket" not in words


def test_automatic_mail_is_not_signed(world: World, sink: Sink, now: datetime) -> None:
    sign(world, "The brand", now)
    take(mail(), now)
    work_all(now)
    assert sink.mails and b"The brand" not in sink.mails[-1][2]
    automatic = db.session.scalars(select(Message).where(Message.automatic)).all()
    assert automatic and all(one.signature == "" for one in automatic)
