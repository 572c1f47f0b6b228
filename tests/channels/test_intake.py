"""Taking mail in: nothing is lost, nothing is taken twice, and what is odd is set aside with the reason."""

import hashlib
from datetime import datetime

import pytest
from sqlalchemy import func, select

from tests.channels.mails import (
    EVE,
    SUPPORT,
    later,
    mail,
    message_of,
    placement_of,
    take,
    ticket_of,
)
from tests.people import World
from ticketdesk.channels.email import as_inbound, intake, understanding
from ticketdesk.channels.email.identifiers import Named, message_id
from ticketdesk.channels.email.model import ParsedMail, Unreadable
from ticketdesk.channels.email.raw_mail import MailDelivery, RawMail
from ticketdesk.channels.mailbox import Mailbox, SenderBlock
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock, jobs, storage, tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets.message import Message, Recipient
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket

ODD = [
    mail(),
    mail(text="NUL \x00 and \u202e"),
    mail(text="é" * 5000),
    b"",
    b"\r\n\r\n",
    bytes(range(256)) * 8,
    mail(text="a\n.\nb\r\n.\r\nc"),
    mail(subject="=?utf-8?q?" + "a" * 3000),
]


@pytest.mark.parametrize("raw", ODD, ids=range(len(ODD)))
def test_what_comes_in_is_kept_byte_by_byte(world: World, now: datetime, raw: bytes) -> None:
    """ML-03."""
    stored = take(raw, now)
    assert stored.blob_sha256 == hashlib.sha256(raw).hexdigest()
    assert storage.read(stored.blob_sha256) == raw
    assert stored.state != "stored"
    assert stored.tries == 1


def test_a_mail_opens_a_ticket_in_the_queue_of_its_mailbox(world: World, now: datetime) -> None:
    raw = take(mail(headers=[("Cc", f"{EVE}, {SUPPORT}, Support <support+x@desk.example>")]), now)
    ticket, message = ticket_of(raw), message_of(raw)
    assert raw.state == "message"
    assert (ticket.queue_id, ticket.requester_id, ticket.subject) == (
        world.care_queue.id,
        world.dana.id,
        "The armrest came off",
    )
    assert (message.text, message.written_at) == ("It came off yesterday.", now)
    copied = db.session.scalars(select(Recipient.address).where(Recipient.message_id == message.id)).all()
    assert list(copied) == ["eve@customer.example"], "our own addresses are nobody's"
    assert db.session.scalars(select(Participant.identity_id)).all() == [world.dana.id], "a copy gives no rights"


def test_the_time_of_the_mail_is_ours_not_the_one_it_states(world: World, now: datetime) -> None:
    message = message_of(take(mail().replace(b"04 Mar 2026", b"04 Mar 2036"), now))
    assert message.written_at == now
    assert message.dated_at is not None
    assert message.dated_at.year == 2036


def test_the_same_mail_again_is_one_message(world: World, now: datetime) -> None:
    other = Mailbox(
        brand_id=world.brand.id, queue_id=world.orders_queue.id, address="sales@desk.example", name="", created_at=now
    )
    db.session.add(other)
    raw = mail()
    first = take(raw, now)
    again = take(b"Received: from elsewhere\r\n" + raw, now, envelope_to=["sales@desk.example"])
    assert (again.state, again.duplicate_of_id) == ("duplicate", first.id)
    assert db.session.scalar(select(func.count(Ticket.id))) == 1
    reached = db.session.scalars(select(MailDelivery.mailbox_id).order_by(MailDelivery.id)).all()
    assert list(reached) == [world.mailbox.id, other.id], "the first mailbox decides, the second is remembered"


def test_the_same_id_with_other_words_is_another_message_and_flagged(world: World, now: datetime) -> None:
    first = take(mail(message_id="same@x.example"), now)
    second = take(mail(message_id="same@x.example", text="Quite different."), now)
    assert message_of(second).same_id_as == message_of(first).id


def test_without_an_id_only_the_same_words_are_the_same_mail(world: World, now: datetime) -> None:
    assert take(mail(message_id=None), now).state == "message"
    assert take(mail(message_id=None), now).state == "duplicate"
    assert take(mail(message_id=None, text="In the same second."), now).state == "message"


def test_a_mail_understood_twice_makes_one_message(world: World, now: datetime) -> None:
    """JB-01: the task run again changes nothing."""
    raw = take(mail(), now)
    row = intake.work_on(raw.id)
    row.state, row.due_at = "queued", now
    db.session.commit()
    assert jobs.run(row.id, now) == "done"
    assert db.session.scalar(select(func.count(Message.id))) == 1


def test_the_same_place_is_taken_in_once(world: World, now: datetime) -> None:
    first, second = (
        intake.store(mail(message_id="a@x"), source="imap", mailbox=world.mailbox, received_at=now, source_key="imap:1")
        for _ in range(2)
    )
    assert first.id == second.id


def test_without_a_mailbox_mail_waits_for_one(world: World, now: datetime) -> None:
    world.mailbox.disabled_at = now
    raw = take(mail(), now, mailbox=None)
    assert raw.state == "quarantined"
    assert "no mailbox" in (raw.reason or "")
    world.mailbox.disabled_at = None
    intake.retry(raw, world.ada.actor, now)
    db.session.commit()
    jobs.run(intake.work_on(raw.id).id, now)
    db.session.refresh(raw)
    assert raw.state == "message"
    with pytest.raises(Conflict):
        intake.retry(raw, world.ada.actor, now)


def test_a_mail_that_breaks_the_reader_is_set_aside(
    world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def parse(self, raw: bytes) -> ParsedMail:
            raise Unreadable("It takes too long.")

    monkeypatch.setattr(understanding, "parser", Broken)
    raw = take(mail(), now)
    assert (raw.state, raw.reason) == ("quarantined", "It takes too long.")


def test_a_mail_that_always_fails_is_set_aside_in_minutes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()  # failures are timed by the clock

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(understanding, "_take", broken)
    raw = take(mail(), now)
    row = intake.work_on(raw.id)
    at = now
    while row.state == "queued":
        at = row.due_at
        jobs.run(row.id, at)
        db.session.refresh(row)
    db.session.refresh(raw)
    assert (row.state, raw.state) == ("failed", "quarantined")
    assert "a fault of ours" in (raw.reason or "")
    assert at < later(now, minutes=10)


def test_a_mail_that_kills_its_reader_is_not_read_a_third_time(world: World, now: datetime) -> None:
    raw = intake.store(mail(), source="smtp", mailbox=world.mailbox, received_at=now)
    row = intake.work_on(raw.id)
    row.deaths = understanding.MOST_DEATHS
    db.session.commit()
    jobs.run(row.id, now)
    db.session.refresh(raw)
    assert raw.state == "quarantined"


def test_mail_of_our_own_opens_nothing(world: World, now: datetime) -> None:
    ours = message_id(Named("m", 1), "desk.example", tokens.signing_keys()[0])
    for raw in (mail(sender=f"Desk <{SUPPORT}>"), mail(message_id=ours)):
        stored = take(raw, now)
        assert (stored.state, stored.label) == ("inert", "auto_reply")
    assert db.session.scalar(select(func.count(Ticket.id))) == 0


def test_an_automatic_reply_opens_nothing_but_stays_to_be_seen(world: World, now: datetime) -> None:
    raw = take(mail(headers=[("Auto-Submitted", "auto-replied")]), now)
    assert (raw.state, raw.label) == ("inert", "auto_reply")
    assert raw.reason
    assert db.session.scalar(select(func.count(Ticket.id))) == 0


def test_a_blocked_sender_lands_in_spam(world: World, now: datetime) -> None:
    db.session.add(SenderBlock(pattern="@customer.example", created_at=now))
    assert ticket_of(take(mail(), now)).spam_at == now


UNCLEAR = [
    "alice@desk.example <mallory@evil.example>",
    "dana@customer.example, mallory@evil.example",
    '"dana@customer.example>" <mallory@evil.example',
    "dana@customer.example)mallory@evil.example",
]


@pytest.mark.parametrize("sender", UNCLEAR)
def test_a_sender_who_can_be_read_in_two_ways_is_nobody(world: World, now: datetime, sender: str) -> None:
    raw = take(mail(sender=sender), now)
    message = message_of(raw)
    identity = db.session.get_one(Identity, message.identity_id)
    assert identity.kind == as_inbound.UNCLEAR
    assert identity.id != world.dana.id
    assert message.unanswerable


def test_a_mail_from_nobody_is_set_aside(world: World, now: datetime) -> None:
    assert take(mail(sender=None), now).state == "quarantined"


def test_a_mail_that_reached_us_is_placed_and_never_held(world: World, now: datetime) -> None:
    assert placement_of(message_of(take(mail(), now))).held is False


def test_the_newest_words_stand_apart_from_what_they_quote(world: World, now: datetime) -> None:
    text = "Yes, please.\r\n\r\nOn Tue, 3 Mar 2026 at 10:00, Alice <alice@desk.example> wrote:\r\n> Shall we send one?"
    message = message_of(take(mail(text=text), now))
    assert message.text == "Yes, please."
    assert "Shall we send one?" in message.quoted_text


def test_every_raw_mail_ends_as_exactly_one_thing(world: World, now: datetime) -> None:
    """I2 and I3."""
    same = mail()
    for raw in (same, same, b"", mail(headers=[("Auto-Submitted", "auto-replied")]), mail()):
        take(raw, now)
    counts = select(RawMail.state, func.count().label("mails")).group_by(RawMail.state)
    states = {row.state: row.mails for row in db.session.execute(counts)}
    assert states == {"message": 2, "duplicate": 1, "quarantined": 1, "inert": 1}
    assert db.session.scalar(select(func.count(Message.id))) == 2
