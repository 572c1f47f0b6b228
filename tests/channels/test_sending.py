"""Mail on its way out: it arrives, or one is told; and never more than one extra copy (SECURITY P05)."""

import email
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels import sinks
from tests.channels.mails import EVE, later, mail, message_of, rows, take, ticket_of, work_all
from tests.channels.sinks import Sink
from tests.people import World
from ticketdesk.channels import delivery
from ticketdesk.core import clock, jobs, outbox
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import noting, replying
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

DANA = ("dana@customer.example", "Dana")


@pytest.fixture
def sink(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sinks.of(app, monkeypatch) as sink:
        yield sink


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    return ticket_of(
        take(
            mail(
                subject="Re: RE: Armrest",
                message_id="first@customer.example",
                headers=[("Thread-Topic", "Armrest"), ("Thread-Index", "AdEv+/==")],
            ),
            now,
        )
    )


def answer(world: World, ticket: Ticket, at: datetime, **more: object) -> Message:
    made = replying.reply(ticket, world.alice, "We **send** one.", to=[DANA], at=at, **more)  # type: ignore[arg-type]
    db.session.commit()
    return made


def only() -> OutboxRow:
    (row,) = rows("reply")
    return row


def read(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def kinds(ticket: Ticket) -> list[str]:
    return list(db.session.scalars(select(Event.kind).where(Event.ticket_id == ticket.id).order_by(Event.seq)))


def test_a_reply_reaches_the_customer_and_its_answer_comes_back(
    world: World, ticket: Ticket, sink: Sink, now: datetime
) -> None:
    made = answer(world, ticket, now, cc=[("eve@customer.example", "Eve")])
    work_all(now, task="mail.send")
    assert [(sender, recipient) for sender, recipient, _ in sink.mails] == [
        ("support@desk.example", "dana@customer.example"),
        ("support@desk.example", "eve@customer.example"),
    ]
    sent = read(sink.mails[0][2])
    assert sent["from"] == '"Alice (Harrow & Pine)" <support@desk.example>'
    assert (sent["to"], sent["cc"]) == ("Dana <dana@customer.example>", "Eve <eve@customer.example>")
    assert sent["subject"] == "Re: Armrest"
    assert sent["in-reply-to"] == sent["references"] == "<first@customer.example>"
    assert (sent["thread-topic"], sent["thread-index"]) == ("Armrest", "AdEv+/==")
    assert sent["message-id"] == f"<{made.rfc_id}>"
    assert sent["auto-submitted"] is None
    assert "bcc" not in sent
    text, html = sent.get_body(("plain",)), sent.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "We **send** one." in text.get_content()
    assert "<strong>send</strong>" in html.get_content()
    assert all(len(line) <= 998 for line in sink.mails[0][2].split(b"\r\n"))
    for headers, to in (
        ([], sent["reply-to"]),
        ([("In-Reply-To", sent["message-id"])], "support@desk.example"),
    ):
        assert ticket_of(take(mail(to=str(to), headers=headers, subject="Thanks"), now)).id == ticket.id
    assert [row.state for row in rows("reply")] == ["sent", "sent"]
    assert only_response(rows("reply")[0]) == "250 taken as 42"


def only_response(row: OutboxRow) -> str | None:
    return row.response


def test_the_id_is_fixed_before_the_first_attempt(world: World, ticket: Ticket, now: datetime) -> None:
    made = answer(world, ticket, now)
    assert made.rfc_id is not None
    assert (only().state, only().recipient, only().due_at) == ("queued", "dana@customer.example", now)


def test_references_lead_from_the_first_to_the_last(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    made = answer(world, ticket, now)
    take(mail(message_id="second@customer.example", headers=[("In-Reply-To", f"<{made.rfc_id}>")]), later(now, hours=1))
    take(mail(sender=EVE, message_id="held@x", headers=[("In-Reply-To", f"<{made.rfc_id}>")]), later(now, hours=1))
    again = answer(world, ticket, later(now, hours=2))
    work_all(later(now, hours=2), task="mail.send")
    sent = read(sink.mails[-1][2])
    assert sent["in-reply-to"] == "<second@customer.example>"
    assert sent["references"].split() == [
        "<first@customer.example>",
        f"<{made.rfc_id}>",
        "<second@customer.example>",
    ]
    assert again.rfc_id != made.rfc_id


def test_files_go_with_the_reply(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    answer(world, ticket, now, files=[NewFile("räksmörgås.pdf", "application/pdf", b"%PDF-1.4")])
    work_all(now, task="mail.send")
    (file,) = read(sink.mails[0][2]).iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("räksmörgås.pdf", b"%PDF-1.4")


def test_a_note_never_leaves(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    noting.note(ticket, world.alice, "The customer is difficult.", at=now, mentioned=[world.bob.id])
    answer(world, ticket, now)
    db.session.commit()
    work_all(now)
    assert sink.mails
    assert not [content for _, _, content in sink.mails if b"difficult" in content]


def test_a_lone_dot_ends_no_mail(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    replying.reply(ticket, world.alice, "a\n.\nMAIL FROM:<x@y>\n..\nb", to=[DANA], at=now)
    db.session.commit()
    work_all(now, task="mail.send")
    assert len(sink.mails) == 1
    text = read(sink.mails[0][2]).get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n").startswith("a\n.\nMAIL FROM:<x@y>\n..\nb\n")


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"MAIL": "451 later"}, "queued"),
        ({"RCPT": "450 later"}, "queued"),
        ({"DATA": "421 later"}, "queued"),
        ({"END": "452 later"}, "queued"),
        ({"MAIL": "550 no"}, "failed"),
        ({"RCPT": "550 5.1.1 unknown"}, "failed"),
        ({"END": "554 spam"}, "failed"),
    ],
    ids=str,
)
def test_a_refusal_is_tried_again_or_told(
    world: World, ticket: Ticket, sink: Sink, answers: dict[str, str], state: str
) -> None:
    now = clock.now()  # failures are timed by the clock
    sink.answers = answers
    answer(world, ticket, now)
    work_all(now, task="mail.send")
    row = only()
    assert row.state == state
    assert next(iter(answers.values())) in (row.error or "")
    assert ("reply_failed" in kinds(ticket)) is (state == "failed")
    sink.answers = {}
    if state == "queued":
        assert row.due_at > now
        jobs.run(row.id, row.due_at)
    else:
        delivery.repeat(row, world.alice.actor, now)
        db.session.commit()
        jobs.run(row.id, now)
    assert only().state == "sent"
    assert len({read(content)["message-id"] for *_, content in sink.mails}) == 1


def test_a_cut_after_the_words_is_repeated_once_and_then_held(world: World, ticket: Ticket, sink: Sink) -> None:
    now = clock.now()
    sink.cut_at = "data"
    answer(world, ticket, now)
    jobs.run(only().id, now)
    assert only().state == "ambiguous"
    assert only().due_at >= later(now, minutes=10)
    jobs.run(only().id, only().due_at)
    assert (only().state, only().due_at) == ("ambiguous", outbox.HELD)
    assert len(sink.mails) == 2
    assert len({read(content)["message-id"] for *_, content in sink.mails}) == 1
    sink.cut_at = None
    delivery.repeat(only(), world.alice.actor, now)
    db.session.commit()
    jobs.run(only().id, now)
    assert only().state == "sent"
    with pytest.raises(Conflict):
        delivery.repeat(only(), world.alice.actor, now)


def test_a_cut_after_the_answer_is_no_failure(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    sink.cut_at = "250"
    answer(world, ticket, now)
    work_all(now, task="mail.send")
    assert only().state == "sent"
    assert len(sink.mails) == 1


def test_nobody_there_is_tried_for_three_days_then_told(world: World, ticket: Ticket, sink: Sink) -> None:
    now = clock.now()
    answer(world, ticket, now)
    row = only()
    sink.answers = {"RCPT": "450 later"}
    row.attempts = 25
    db.session.commit()
    jobs.run(row.id, now)
    assert only().state == "failed"
    assert "reply_failed" in kinds(ticket)


def test_one_bad_recipient_of_many_does_not_resume_the_clock(
    world: World, ticket: Ticket, sink: Sink, now: datetime
) -> None:
    answer(world, ticket, now, cc=[("eve@customer.example", "")])
    first, second = rows("reply")
    jobs.run(first.id, now)
    sink.answers = {"RCPT": "550 unknown"}
    jobs.run(second.id, now)
    event = db.session.scalars(select(Event).where(Event.kind == "reply_failed")).one()
    assert event.data["permanent"] is False
    assert event.data["outbox_id"] == second.id


def bounce(made: Message, address: str = "dana@customer.example") -> bytes:
    return mail(
        sender="Mail Delivery System <MAILER-DAEMON@mx.customer.example>",
        subject="Undelivered Mail Returned to Sender",
        content_type='multipart/report; report-type=delivery-status; boundary="b"',
        text=(
            "--b\r\n\r\nNo such user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            f"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
            f"From: support@desk.example\r\nMessage-ID: <{made.rfc_id}>\r\nSubject: Re: Armrest\r\n\r\nhi\r\n--b--\r\n"
        ),
    )


def test_a_bounce_is_told_on_the_message_that_bounced(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    made = answer(world, ticket, now)
    work_all(now, task="mail.send")
    raw = take(bounce(made), later(now, minutes=1), envelope_from="")
    assert (raw.state, raw.label) == ("message", "bounce")
    assert ticket_of(raw).id == ticket.id
    assert message_of(raw).inert
    assert only().state == "bounced"
    db.session.refresh(world.dana)
    assert world.dana.undeliverable_since is not None
    assert kinds(ticket)[-2:] == ["reply_bounced", "reply_failed"]
    assert take(mail(), later(now, hours=1)).state == "message"
    db.session.refresh(world.dana)
    assert world.dana.undeliverable_since is None, "who writes can be written to"


def test_a_forged_bounce_marks_nobody(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    made = answer(world, ticket, now)
    work_all(now, task="mail.send")
    take(bounce(made, "eve@customer.example"), now, envelope_from="")
    assert only().state == "sent"
    made.rfc_id = "guessed@desk.example"
    assert take(bounce(made), now, envelope_from="").state == "inert"
    assert only().state == "sent"


def test_without_a_server_mail_is_a_file(world: World, ticket: Ticket, app: Flask, now: datetime) -> None:
    answer(world, ticket, now)
    work_all(now, task="mail.send")
    folder: Path = app.extensions["ticketdesk.config"].outbox
    assert only().state == "sent"
    assert read((folder / f"{only().id}.eml").read_bytes())["subject"] == "Re: Armrest"
    assert [found.name for found in folder.iterdir() if found.name.startswith(".")] == []


def test_a_folder_that_cannot_be_written_is_tried_again(
    world: World, ticket: Ticket, app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = clock.now()
    (tmp_path / "outbox").write_text("a file where the folder should be")
    config = app.extensions["ticketdesk.config"]
    monkeypatch.setitem(app.extensions, "ticketdesk.config", replace(config, var=tmp_path))
    answer(world, ticket, now)
    work_all(now, task="mail.send")
    assert only().state == "queued"
    assert "outbox folder" in (only().error or "")
    (tmp_path / "outbox").unlink()
    jobs.run(only().id, only().due_at)
    assert only().state == "sent"
    assert stat.S_ISREG(os.stat(tmp_path / "outbox" / f"{only().id}.eml").st_mode)
