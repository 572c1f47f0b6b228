"""Answers that nobody was there to read, in virtual time (SEMANTICS 8)."""

import email
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels import sinks
from tests.channels.chat.talks import DANA, Guest, answers, comes, texts_of, widget_of
from tests.channels.mails import later, mail, message_of, rows, take, work_all
from tests.channels.sinks import Sink
from tests.people import World
from ticketdesk.channels.chat.missed import PURPOSE
from ticketdesk.channels.chat.reaching import UNDELIVERED
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core import jobs
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import assignment, redacting, replying, tracking
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


@pytest.fixture
def sink(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sinks.of(app, monkeypatch) as sink:
        yield sink


@pytest.fixture
def guest(world: World, now: datetime) -> Guest:
    """Dana, who wrote and gave her address."""
    guest = comes(widget_of(world), now, name="Dana", email=DANA)
    guest.says("The armrest came off", now)
    # Alice has accepted it.
    assignment.assign(guest.ticket, world.alice, world.alice.actor, now)
    db.session.commit()
    work_all(now)
    return guest


def waiting() -> list[tuple[str, str | None]]:
    """The state and the result of every answer in the chat, in order."""
    found = db.session.execute(
        select(OutboxRow.state, OutboxRow.response)
        .where(OutboxRow.task == UNDELIVERED)
        .order_by(OutboxRow.message_id)
        .execution_options(populate_existing=True)
    )
    return [(row.state, row.response) for row in found]


def mailed(sink: Sink) -> list[EmailMessage]:
    return [email.message_from_bytes(content, policy=policy.default) for _sender, _to, content in sink.mails]  # type: ignore[misc]


def told(ticket: Ticket) -> list[list[int]]:
    """The messages of each mail, as the history has it."""
    found = db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == "mailed_unread").order_by(Event.seq)
    )
    return [event.data["message_ids"] for event in found]


def test_whoever_is_there_gets_no_mail(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=1))
    for minute in range(1, 20):
        guest.stays(later(now, minutes=minute))
        work_all(later(now, minutes=minute))
    assert waiting() == [("queued", None)]
    assert db.session.scalar(select(OutboxRow.attempts).where(OutboxRow.task == UNDELIVERED)) == 0
    assert sink.mails == []


def test_what_was_read_is_not_mailed(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=1))
    guest.reads(later(now, minutes=1.5))
    guest.leaves(later(now, minutes=2))
    assert waiting() == [("done", "read")]
    work_all(later(now, minutes=30))
    assert sink.mails == []


@pytest.mark.parametrize(
    ("answered", "left", "due"),
    [(1, 0.5, 3.5), (1, 1, 4), (1, 10, 13), (10, 1, 12), (2.5, 1.5, 4.5)],
    ids=["left before", "left then", "left long after", "answered long after", "both at once"],
)
def test_a_mail_goes_two_minutes_after_the_answer_and_three_after_leaving(
    world: World, guest: Guest, sink: Sink, now: datetime, answered: float, left: float, due: float
) -> None:
    steps = sorted([(answered, "answers"), (left, "leaves")])
    for minute, what in steps:
        if what == "answers":
            answers(world.alice, guest.ticket, "Hello", later(now, minutes=minute))
        else:
            guest.stays(later(now, minutes=minute))
            guest.leaves(later(now, minutes=minute))
    look = later(now, minutes=min(answered, left))
    while look < later(now, minutes=due):
        work_all(look)
        assert sink.mails == [], look
        look = later(look, seconds=5)
    work_all(later(now, minutes=due))
    assert len(sink.mails) == 1
    assert waiting() == [("done", "mailed")]


def test_whoever_vanished_is_gone_since_they_were_last_heard_of(
    world: World, guest: Guest, sink: Sink, now: datetime
) -> None:
    answers(world.alice, guest.ticket, "Hello", later(now, seconds=10))
    work_all(later(now, minutes=2.9))
    assert sink.mails == []
    work_all(later(now, minutes=3.2))
    assert len(sink.mails) == 1


def test_one_mail_carries_the_whole_burst(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    guest.leaves(later(now, seconds=5))
    sent = [
        answers(agent, guest.ticket, words, later(now, minutes=minute)).id
        for agent, words, minute in (
            (world.alice, "It is the **screw**.", 3),
            (world.bob, "We send one.", 4),
            (world.alice, "Anything else?", 5),
        )
    ]
    for second in range(0, 900, 10):
        work_all(later(now, minutes=3, seconds=second))
    assert len(sink.mails) == 1
    assert waiting() == [("done", "mailed")] * 3
    assert told(guest.ticket) == [sent]
    got = mailed(sink)[0]
    words = got.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for part in ("Alice wrote:", "It is the **screw**.", "Bob wrote:", "We send one.", "Anything else?"):
        assert part in words
    assert "<strong>screw</strong>" in got.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "armrest" not in got.as_string(), "no word of whoever typed this address"
    assert got["To"] == f"Dana <{DANA}>"


def test_the_next_burst_is_another_mail_without_the_first(
    world: World, guest: Guest, sink: Sink, now: datetime
) -> None:
    guest.leaves(later(now, seconds=5))
    answers(world.alice, guest.ticket, "First", later(now, minutes=3))
    work_all(later(now, minutes=6))
    answers(world.alice, guest.ticket, "Second", later(now, minutes=7))
    work_all(later(now, minutes=10))
    bodies = [one.get_body(("plain",)).get_content() for one in mailed(sink)]  # type: ignore[union-attr]
    assert ["First" in body for body in bodies] == [True, False]
    assert ["Second" in body for body in bodies] == [False, True]
    first, second = mailed(sink)
    assert first["Message-ID"] in second["References"]
    work_all(later(now, hours=3))
    assert len(sink.mails) == 2


def test_what_was_mailed_is_not_unread_any_more_and_stands_in_the_widget(
    world: World, guest: Guest, sink: Sink, now: datetime
) -> None:
    guest.leaves(now)
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=3))
    work_all(later(now, minutes=6))
    assert guest.sees() == ["The armrest came off", "Hello"]
    guest.reads(later(now, minutes=9))
    assert waiting() == [("done", "mailed")]


def test_without_an_address_it_waits_and_goes_when_there_is_one(world: World, sink: Sink, now: datetime) -> None:
    guest = comes(widget_of(world), now)
    guest.says("Hello", now)
    guest.leaves(now)
    answers(world.alice, guest.ticket, "First", later(now, minutes=3))
    answers(world.alice, guest.ticket, "Second", later(now, minutes=3))
    work_all(later(now, minutes=9))
    assert waiting() == [("done", "later"), ("done", "waits")]
    guest.gives(DANA, later(now, minutes=10))
    work_all(later(now, minutes=12))
    assert len(sink.mails) == 1
    assert waiting() == [("done", "mailed")] * 2


def test_an_address_that_takes_no_mail_is_not_tried(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    world.dana.undeliverable_since = now
    guest.leaves(now)
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=3))
    work_all(later(now, hours=1))
    assert waiting() == [("done", "waits")]
    assert sink.mails == []


def test_an_address_that_an_agent_took_out_gets_nothing(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    taking = db.session.scalars(
        select(Participant).where(Participant.ticket_id == guest.ticket.id, Participant.identity_id == world.dana.id)
    ).one()
    taking.state = "removed"
    guest.leaves(now)
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=3))
    work_all(later(now, hours=1))
    assert sink.mails == []


def test_a_message_that_was_taken_away_is_not_mailed(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    guest.leaves(now)
    made = answers(world.alice, guest.ticket, "Wrong window", later(now, minutes=3))
    redacting.redact(made.id, world.alice.actor, later(now, minutes=4))
    db.session.commit()
    work_all(later(now, hours=1))
    assert sink.mails == []


def test_doing_it_twice_sends_once(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    guest.leaves(now)
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=3))
    row_id = db.session.scalars(select(OutboxRow.id).where(OutboxRow.task == UNDELIVERED)).one()
    work_all(later(now, minutes=6))
    db.session.get_one(OutboxRow, row_id).state = "queued"
    db.session.commit()
    assert jobs.run(row_id, later(now, minutes=7)) == "done"
    work_all(later(now, minutes=8))
    assert len(sink.mails) == 1


def test_the_answer_by_mail_comes_into_the_same_ticket_and_the_widget(
    world: World, guest: Guest, sink: Sink, now: datetime
) -> None:
    guest.leaves(now)
    answers(world.alice, guest.ticket, "Which side?", later(now, minutes=3))
    work_all(later(now, minutes=6))
    got = mailed(sink)[0]
    raw = take(
        mail(
            to=str(got["Reply-To"]),
            subject=f"Re: {got['Subject']}",
            text="The left one.\r\n\r\n> Alice wrote:\r\n> Which side?",
            headers=[("In-Reply-To", str(got["Message-ID"]))],
        ),
        later(now, minutes=20),
        envelope_to=[got["Reply-To"].addresses[0].addr_spec],
    )
    message = message_of(raw)
    assert message.threaded_by == "recipient_token"
    assert texts_of(guest.ticket) == ["The armrest came off", "Which side?", "The left one."]
    assert guest.sees()[-1] == "The left one."


def test_whoever_answers_the_mail_is_known_from_then_on(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    def contacts() -> set[int]:
        wanted = select(IdentityLink.contact_id).where(
            IdentityLink.identity_id.in_((guest.visitor.identity_id, world.dana.id)), IdentityLink.ended_at.is_(None)
        )
        return set(db.session.scalars(wanted))

    guest.leaves(now)
    answers(world.alice, guest.ticket, "Which side?", later(now, minutes=3))
    work_all(later(now, minutes=6))
    assert len(contacts()) == 2, "a typed address proves nothing"
    take(
        mail(subject=f"Re: [#{guest.ticket.number}]", text="I only know the number."),
        later(now, minutes=7),
    )
    work_all(later(now, minutes=7))
    assert len(contacts()) == 2, "neither does a number"
    take(
        mail(text="The left one."),
        later(now, minutes=8),
        envelope_to=[mailed(sink)[0]["Reply-To"].addresses[0].addr_spec],
    )
    work_all(later(now, minutes=8))
    assert len(contacts()) == 1
    assert db.session.get_one(Identity, world.dana.id, populate_existing=True).verification == "replied"
    links = db.session.scalars(
        select(IdentityLink).where(IdentityLink.identity_id == guest.visitor.identity_id).order_by(IdentityLink.id)
    ).all()
    assert [(link.evidence, link.ended_at is None) for link in links] == [("first_seen", False), ("replied", True)]


def test_the_mail_shows_the_way_to_the_ticket(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    guest.leaves(now)
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=3))
    work_all(later(now, minutes=6))
    words = mailed(sink)[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    token = words.partition("/t/")[2].split()[0]
    followed = tracking.followed(token)
    assert followed is not None
    assert (followed.ticket.id, followed.participant.identity_id) == (guest.ticket.id, world.dana.id)


def test_files_go_along(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    guest.leaves(now)
    for name in ("one.txt", "two.txt"):
        replying.reply(
            guest.ticket,
            world.alice,
            f"See {name}",
            to=(),
            channel="chat",
            files=[NewFile(name, "text/plain", name.encode())],
            at=later(now, minutes=3),
        )
        db.session.commit()
    work_all(later(now, minutes=6))
    assert [part.get_filename() for part in mailed(sink)[0].iter_attachments()] == ["one.txt", "two.txt"]


def test_a_mail_that_fails_is_told_to_its_author(world: World, guest: Guest, sink: Sink, now: datetime) -> None:
    sink.answers["RCPT"] = "550 no such person"
    guest.leaves(now)
    made = answers(world.alice, guest.ticket, "Hello", later(now, minutes=3))
    work_all(later(now, minutes=6))
    assert [(row.message_id, row.state) for row in rows(PURPOSE)] == [(made.id, "failed")]
    failed = db.session.scalars(select(Event).where(Event.kind == "reply_failed")).one()
    # It stands in the chat all the same, so the clock that it stopped stays stopped.
    assert (failed.data["message_id"], failed.data["permanent"]) == (made.id, False)
