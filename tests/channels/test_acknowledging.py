"""Acknowledgements: once a ticket, never in a circle, never in a stranger's words (SECURITY R18, fact 4)."""

import email
from datetime import datetime
from email import policy

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import SUPPORT, later, mail, rows, take, ticket_of, work_all
from tests.people import World
from ticketdesk.channels.email import acknowledging
from ticketdesk.channels.mailbox import SenderBlock
from ticketdesk.core import jobs
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.sla import defaults
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.timeline import Event


def acknowledged() -> int:
    return len(rows(acknowledging.PURPOSE))


def test_a_new_ticket_is_acknowledged_and_its_answer_comes_back(world: World, app: Flask, now: datetime) -> None:
    raw = take(mail(subject="Buy cheap watches", sender="Watches now <dana@customer.example>"), now)
    ticket = ticket_of(raw)
    work_all(now)
    (row,) = rows(acknowledging.PURPOSE)
    assert (row.state, row.recipient) == ("sent", "dana@customer.example")
    folder = app.extensions["ticketdesk.config"].outbox
    sent = email.message_from_bytes((folder / f"{row.id}.eml").read_bytes(), policy=policy.default)
    assert str(ticket.number) in sent["subject"]
    assert (sent["auto-submitted"], sent["x-auto-response-suppress"]) == ("auto-replied", "All")
    assert sent["in-reply-to"].startswith("<")
    assert "atches" not in sent.as_string(), "no words of somebody nobody knows"
    back = take(mail(to=str(sent["reply-to"]), subject="Thanks"), later(now, minutes=5))
    assert ticket_of(back).id == ticket.id
    work_all(later(now, minutes=5))
    assert acknowledged() == 1


SILENT = [
    [("Auto-Submitted", "auto-generated")],
    [("Auto-Submitted", "auto-replied")],
    [("X-Auto-Response-Suppress", "All")],
    [("X-Auto-Response-Suppress", "OOF")],
    [("Precedence", "bulk")],
    [("Precedence", "list")],
    [("Precedence", "junk")],
    [("Precedence", "auto_reply")],
    [("List-Id", "<x.list.example>")],
    [("List-Unsubscribe", "<mailto:u@x.example>")],
    [("X-Autoreply", "yes")],
    [("X-Autorespond", "ooo")],
    [("X-Mail-Autoreply", "yes")],
    [("X-Loop", "support@desk.example")],
    [("Feedback-ID", "x")],
    [("Return-Path", "<>")],
]
SILENT_SENDERS = [
    "MAILER-DAEMON@x.example",
    "postmaster@x.example",
    "no-reply@x.example",
    "noreply@x.example",
    f"Desk <{SUPPORT}>",
    "support+x@desk.example",
    "dana@customer.example, eve@customer.example",
]


@pytest.mark.parametrize("headers", SILENT, ids=str)
def test_automatic_mail_is_never_answered_automatically(
    world: World, now: datetime, headers: list[tuple[str, str]]
) -> None:
    """ML-05."""
    take(mail(headers=headers), now)
    work_all(now)
    assert rows() == []


@pytest.mark.parametrize("sender", SILENT_SENDERS)
def test_machines_and_ourselves_are_never_answered(world: World, now: datetime, sender: str) -> None:
    take(mail(sender=sender), now)
    work_all(now)
    assert rows() == []


@pytest.mark.parametrize("subject", ["Automatische Antwort: Stuhl", "Réponse automatique : x", "Out of office: x"])
def test_absence_notices_are_never_answered(world: World, now: datetime, subject: str) -> None:
    take(mail(subject=subject), now)
    work_all(now)
    assert rows() == []


def test_an_empty_envelope_sender_is_never_answered(world: World, now: datetime) -> None:
    take(mail(), now, envelope_from="")
    work_all(now)
    assert rows() == []


def test_spam_and_a_mailbox_that_keeps_quiet_are_not_answered(world: World, now: datetime) -> None:
    db.session.add(SenderBlock(pattern="dana@customer.example", created_at=now))
    take(mail(), now)
    work_all(now)
    world.mailbox.acknowledges = False
    take(mail(sender="Eve <eve@customer.example>"), now)
    work_all(now)
    assert rows() == []


def test_ten_automatic_mails_to_one_address_in_three_hours_and_no_more(world: World, now: datetime) -> None:
    for minute in range(13):
        take(mail(), later(now, minutes=minute))
        work_all(later(now, minutes=minute))
    assert acknowledged() == acknowledging.MOST
    take(mail(sender="Eve <eve@customer.example>"), now)
    work_all(now)
    assert acknowledged() == acknowledging.MOST + 1, "the limit is per address"
    take(mail(), later(now, hours=4))
    work_all(later(now, hours=4))
    assert acknowledged() == acknowledging.MOST + 2, "and ends after its time"


def test_whoever_writes_anew_in_the_same_breath_is_a_machine(world: World, now: datetime) -> None:
    """An answer that hides what it is and begins a ticket each time ends after its first."""
    for seconds in (0, 2, 4):
        take(mail(subject=f"Thank you {seconds}"), later(now, seconds=seconds))
        work_all(later(now, seconds=seconds))
    assert acknowledged() == 1
    take(mail(subject="And another thing"), later(now, seconds=40))
    work_all(later(now, seconds=40))
    assert acknowledged() == 2, "a person takes longer"


def test_two_mails_that_come_together_are_both_answered(world: World, now: datetime) -> None:
    take(mail(), now)
    take(mail(subject="And another thing"), now)
    work_all(later(now, seconds=2))
    assert acknowledged() == 2


def test_told_twice_it_is_sent_once(world: World, now: datetime) -> None:
    """JB-01."""
    take(mail(), now)
    work_all(now)
    for row in db.session.query(OutboxRow).where(OutboxRow.task == "tell"):
        row.state, row.progress = "queued", {}
    db.session.commit()
    work_all(now)
    assert acknowledged() == 1
    assert db.session.query(Event).where(Event.kind == "reply_sent").count() == 1


def test_the_row_run_twice_sends_once(world: World, now: datetime) -> None:
    take(mail(), now)
    work_all(now)
    (row,) = rows(acknowledging.PURPOSE)
    assert jobs.run(row.id, now) is None


def test_the_promise_of_an_answer_is_told_on_the_brands_clock(world: World, now: datetime) -> None:
    defaults.create(SYSTEM, now, timezone="Europe/London")
    world.brand.timezone, world.brand.locale = "Europe/London", "en_GB"
    ticket = ticket_of(take(mail(), now))
    work_all(now)
    told = db.session.scalars(select(Message).where(Message.automatic)).one()
    assert ticket.next_due_metric == "first_response"
    assert "You can expect an answer by Wednesday 4 March, " in told.text
    assert "GMT" in told.text


def test_a_resolution_is_no_promise_of_an_answer(world: World, now: datetime) -> None:
    ticket = ticket_of(take(mail(), now))
    ticket.next_due_at, ticket.next_due_metric, ticket.next_due_state = later(now, hours=4), "resolution", "running"
    db.session.commit()
    work_all(now)
    told = db.session.scalars(select(Message).where(Message.automatic)).one()
    assert "expect an answer" not in told.text
