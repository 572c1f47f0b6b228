"""Mail as a way in for attackers: spoofed agents, strangers in threads, circles, and headers of their own."""

import email
from datetime import UTC, datetime
from email import policy

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import (
    ALICE,
    DANA,
    PROVEN,
    RELAY,
    behind_relay,
    later,
    mail,
    message_of,
    placement_of,
    rows,
    take,
    work_all,
)
from tests.people import World
from ticketdesk.channels.email import composing, identifiers
from ticketdesk.channels.email.composing import File, Outgoing, Person
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.tickets import assignment, replying
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    return behind_relay(world, now)


def agents_address(ticket: Ticket, agent_id: int) -> str:
    return identifiers.address("support@desk.example", Named("a", ticket.id, agent_id), tokens.signing_keys()[0])


def is_agents(raw_id: int) -> bool:
    """Whether a mail became a reply of ours."""
    message = db.session.scalars(select(Message).where(Message.raw_mail_id == raw_id)).one()
    return message.direction == "out"


def test_an_agent_can_answer_by_mail_when_everything_proves_it(world: World, ticket: Ticket, now: datetime) -> None:
    to = agents_address(ticket, world.alice.id)
    raw = take(mail(sender=ALICE, to=to, text="We send one.", headers=[PROVEN]), now)
    made = message_of(raw)
    assert (made.direction, made.agent_id, made.text) == ("out", world.alice.id, "We send one.")
    assert [row.recipient for row in rows("reply")] == ["dana@customer.example"]
    assert take(mail(sender=ALICE, to=to, text="And a cushion.", headers=[PROVEN]), now).state == "message"
    assert len(rows("reply")) == 2


def test_an_agents_mail_that_comes_twice_answers_once(world: World, ticket: Ticket, now: datetime) -> None:
    raw = mail(sender=ALICE, to=agents_address(ticket, world.alice.id), headers=[PROVEN])
    assert take(raw, now).state == "message"
    assert take(raw, now).state == "duplicate"
    assert len(rows("reply")) == 1


LACKING = {
    "a proof": lambda world, ticket: mail(sender=ALICE, to=agents_address(ticket, world.alice.id)),
    "a proof by the named relay": lambda world, ticket: mail(
        sender=ALICE,
        to=agents_address(ticket, world.alice.id),
        headers=[("Authentication-Results", "mx.evil.example; dmarc=pass header.from=desk.example")],
    ),
    "a proof above the forged one": lambda world, ticket: mail(
        sender=ALICE,
        to=agents_address(ticket, world.alice.id),
        headers=[("Authentication-Results", f"{RELAY}; dmarc=fail header.from=desk.example"), PROVEN],
    ),
    "a token": lambda world, ticket: mail(sender=ALICE, headers=[PROVEN, ("In-Reply-To", "<first@customer.example>")]),
    "a token of their own": lambda world, ticket: mail(
        sender=ALICE, to=agents_address(ticket, world.bob.id), headers=[PROVEN]
    ),
    "the token of an agent": lambda world, ticket: mail(
        sender=ALICE,
        to=identifiers.address("support@desk.example", Named("t", ticket.id), tokens.signing_keys()[0]),
        headers=[PROVEN],
    ),
    "sight of the ticket": lambda world, ticket: mail(
        sender="Carol <carol@desk.example>", to=agents_address(ticket, world.carol.id), headers=[PROVEN]
    ),
    "one sender": lambda world, ticket: mail(
        sender="alice@desk.example, mallory@evil.example",
        to=agents_address(ticket, world.alice.id),
        headers=[PROVEN],
    ),
}


@pytest.mark.parametrize("what", LACKING)
def test_an_agents_reply_that_lacks_one_proof_is_a_strangers_mail(
    world: World, ticket: Ticket, now: datetime, what: str
) -> None:
    """R01 and R02: no reply leaves, and what came in is held for an agent to look at."""
    raw = take(LACKING[what](world, ticket), now)
    assert is_agents(raw.id) is False
    assert placement_of(message_of(raw)).held is True
    assert rows("reply") == []


def test_without_a_trusted_relay_no_agent_answers_by_mail(world: World, ticket: Ticket, now: datetime) -> None:
    world.mailbox.trusted_relay = None
    raw = take(mail(sender=ALICE, to=agents_address(ticket, world.alice.id), headers=[PROVEN]), now)
    assert is_agents(raw.id) is False


def test_an_agent_who_was_disabled_answers_no_more(world: World, ticket: Ticket, now: datetime) -> None:
    """AZ-07: rights are read when the mail comes, not when the token was made."""
    world.alice.disabled_at = now
    raw = take(mail(sender=ALICE, to=agents_address(ticket, world.alice.id), headers=[PROVEN]), now)
    assert is_agents(raw.id) is False


def test_strangers_hear_nothing_of_what_was_said_before(
    world: World, ticket: Ticket, app: Flask, now: datetime
) -> None:
    """ML-04: who was held hears nothing, not even what goes to the customer afterwards."""
    replying.reply(ticket, world.alice, "The canary sings", to=[("dana@customer.example", "")], at=now)
    db.session.commit()
    take(mail(sender="Mallory <m@evil.example>", headers=[("In-Reply-To", "<first@customer.example>")]), now)
    take(mail(headers=[("In-Reply-To", "<first@customer.example>"), ("Cc", "m@evil.example")]), now)
    replying.reply(ticket, world.alice, "The canary sings on", to=[("dana@customer.example", "")], at=now)
    db.session.commit()
    work_all(now)
    folder = app.extensions["ticketdesk.config"].outbox
    for row in rows():
        content = (folder / f"{row.id}.eml").read_bytes()
        assert row.recipient != "m@evil.example"
        assert b"evil.example" not in content


def test_a_confirmation_for_somebody_else_is_nobodys_to_read(world: World, now: datetime) -> None:
    """R03, the ticket trick."""
    raw = take(mail(sender="no-reply@service.example", subject="Confirm your email address: ABC-123"), now)
    assert raw.state == "quarantined"


NASTY = [
    "=?utf-8?q?x=0D=0A=0D=0ABody?= =?utf-8?b?DQpCY2M6IG1AZXZpbC5leGFtcGxl?=",
    "==??utf-8?q?x=0D=0ABcc=3A_mallory=40evil=2Eexample?=",
    "=\u202e?utf-8?q?x=0D=0ABcc=3A_mallory=40evil=2Eexample?=",
    "x\r\nBcc: mallory@evil.example",
    "x\nBcc: mallory@evil.example",
    "x\r\n\r\nBody of theirs",
    "x\x00y",
    "x\u2028Bcc: mallory@evil.example",
    "x\x0b\x0cBcc: mallory@evil.example",
    "=?utf-8?q?x=0D=0ABcc=3A_mallory=40evil=2Eexample?=",
    "\ud800",
    "a" * 5000,
    "\u202ereversed",
    '"><script>',
    ",;:<>@()[]\\\"'",
    "",
    "ä" * 500,
    "👩‍🚒" * 100,
]


def outgoing(word: str) -> Outgoing:
    return Outgoing(
        message_id="t1@desk.example",
        sender=Person("support@desk.example", word),
        reply_to=Person("support+t1@desk.example", word),
        to=(Person("dana@customer.example", word),),
        cc=(Person("eve@customer.example", word),),
        subject=word,
        text=word,
        html=f"<p>{composing.html_of(word)}</p>",
        date=datetime(2026, 3, 4, 10, 0, tzinfo=UTC),
        in_reply_to=word,
        references=(word, "fine@customer.example", word),
        thread_topic=word,
        thread_index=word,
        files=(File(word, word, b"content"),),
    )


@pytest.mark.parametrize("word", NASTY, ids=range(len(NASTY)))
def test_no_word_makes_a_header_or_a_recipient(word: str) -> None:
    """IN-08 and R19: the headers and the recipients are those that were meant, whatever stands in them."""
    raw = composing.written(outgoing(word))
    sent = email.message_from_bytes(raw, policy=policy.default)
    assert {name.lower() for name in sent} <= {
        *("from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references"),
        *("thread-topic", "thread-index", "mime-version", "content-type", "content-transfer-encoding"),
    }
    assert [address.addr_spec for name in ("to", "cc") for address in sent[name].addresses] == [
        "dana@customer.example",
        "eve@customer.example",
    ]
    assert "fine@customer.example" in sent["references"]
    assert len(list(sent.iter_attachments())) == 1
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.replace(b"\r\n", b"").find(b"\n") == -1


ADDRESSES = [
    "x",
    "=?utf-8?q?a=0D=0ABcc=3A?=@c.example",
    "a@b@c.example",
    "a b@c.example",
    "a@c.example\r\nBcc: m@evil.example",
    "ü@c.example",
    "<a@c.example>",
]


@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        composing.written(
            Outgoing(
                message_id="t1@desk.example",
                sender=Person("support@desk.example"),
                reply_to=Person("support@desk.example"),
                to=(Person(address),),
                subject="x",
                text="x",
                html="x",
                date=datetime(2026, 3, 4, 10, 0, tzinfo=UTC),
            )
        )
    assert refused.value.permanent


def test_agents_write_no_markup_into_mail() -> None:
    html = composing.html_of("<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.example/t.gif)")
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html


def test_two_desks_never_write_to_each_other_for_ever(world: World, app: Flask, now: datetime) -> None:
    """ML-06: the acknowledgement of one desk, brought to another, is inert there."""
    take(mail(sender="Other desk <help@other.example>"), now)
    work_all(now)
    (row,) = rows()
    folder = app.extensions["ticketdesk.config"].outbox
    ours = (folder / f"{row.id}.eml").read_bytes()
    theirs = ours.replace(b"support@desk.example", b"help@other.example").replace(b"Message-ID: <", b"Message-ID: <x")
    for minute in range(3):
        take(theirs.replace(b"<x", f"<x{minute}".encode()), later(now, minutes=minute))
        work_all(later(now, minutes=minute))
    assert len(rows()) == 1


def test_a_rude_responder_gets_one_mail_a_ticket(world: World, app: Flask, now: datetime) -> None:
    """ML-06: an automatic answer that hides what it is comes back to its ticket, and is not answered again."""
    take(mail(sender=DANA), now)
    work_all(now)
    (row,) = rows()
    folder = app.extensions["ticketdesk.config"].outbox
    sent = email.message_from_bytes((folder / f"{row.id}.eml").read_bytes(), policy=policy.default)
    for minute in range(5):
        at = later(now, minutes=minute)
        take(mail(to=str(sent["reply-to"]), subject="I am on the beach", text=f"Back soon {minute}"), at)
        work_all(at)
    assert len(rows()) == 1


def test_a_mail_does_not_make_an_assignment(world: World, ticket: Ticket, now: datetime) -> None:
    """Who answers by mail without proof never takes the ticket."""
    assignment.assign(ticket, None, world.ada.actor, now)
    take(mail(sender=ALICE, to=agents_address(ticket, world.alice.id)), now)
    db.session.refresh(ticket)
    assert ticket.assignee_id is None
