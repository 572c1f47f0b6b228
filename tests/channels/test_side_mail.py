"""Side conversations by mail: the answer comes back beside the ticket, and neither side sees what the other reads."""

import email
import json
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.channels import sinks
from tests.channels.mails import DANA, SUPPORT, behind_relay, later, mail, take, ticket_of, work_all
from tests.channels.sinks import Sink
from tests.people import World
from ticketdesk.channels import side_delivery
from ticketdesk.channels.email import identifiers, side_letters
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.contacts import linking, resolving
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotAllowed
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.notifications import sending as notices
from ticketdesk.notifications.notification import Notification
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import merging, participant, replying, side_talking, side_withdrawing, snoozing, splitting
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage
from ticketdesk.tickets.side_talking import Draft
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MAKER = "Maker <parts@maker.example>"
TO_MAKER = (("parts@maker.example", "Maker"),)
MALLORY = "Mallory <mallory@evil.example>"


@pytest.fixture
def sink(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sinks.of(app, monkeypatch) as sink:
        yield sink


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    made = ticket_of(take(mail(message_id="first@customer.example"), now))
    work_all(now)
    return made


def ask(world: World, ticket: Ticket, at: datetime, **more: object) -> SideMessage:
    draft = Draft("Have you an **armrest** for 1906?", TO_MAKER, **more)  # type: ignore[arg-type]
    made = side_talking.begin(ticket, world.alice, "Spare armrest", draft, at)
    db.session.commit()
    return made


def address(side_id: int) -> str:
    return identifiers.address(SUPPORT, Named("s", side_id), tokens.signing_keys()[0])


def read(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def answers(side_id: int) -> list[SideMessage]:
    wanted = select(SideMessage).where(SideMessage.side_id == side_id, SideMessage.direction == "in")
    return list(db.session.scalars(wanted.order_by(SideMessage.id).execution_options(populate_existing=True)))


def in_the_ticket(ticket: Ticket) -> int:
    standing = select(func.count()).where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
    return db.session.execute(standing).scalar_one()


def kinds(ticket: Ticket) -> list[str]:
    return list(db.session.scalars(select(Event.kind).where(Event.ticket_id == ticket.id).order_by(Event.seq)))


def test_it_reaches_the_third_party_and_the_answer_comes_back_beside_the_ticket(
    world: World, ticket: Ticket, sink: Sink, now: datetime
) -> None:
    before = in_the_ticket(ticket)
    asked = ask(world, ticket, now, files=[NewFile("photo.png", "image/png", b"\x89PNG\r\n\x1a\n1")])
    work_all(now)
    [(sender, recipient, content)] = [one for one in sink.mails if one[1] == "parts@maker.example"]
    sent = read(content)
    assert (sender, recipient) == (SUPPORT, "parts@maker.example")
    assert (sent["subject"], sent["to"]) == ("Spare armrest", MAKER)
    assert sent["message-id"] == f"<{asked.rfc_id}>"
    assert [part.get_filename() for part in sent.iter_attachments()] == ["photo.png"]
    shown = content.decode()
    # Nothing of the ticket is in it: neither its subject, its number, a link, its token nor the customer.
    for word in ("came off", f"#{ticket.number}", "/desk/", "[ref:", "dana@", "first@customer.example"):
        assert word not in shown
    for to, headers in ((str(sent["reply-to"]), []), (SUPPORT, [("In-Reply-To", str(sent["message-id"]))])):
        raw = take(mail(sender=MAKER, to=to, headers=headers, subject="Re: Spare armrest", text="Yes, two."), now)
        assert raw.state == "message"
    found = answers(asked.side_id)
    assert [(one.text, one.held, one.threaded_by) for one in found] == [
        ("Yes, two.", False, "recipient_token"),
        ("Yes, two.", False, "reference_token"),
    ]
    assert in_the_ticket(ticket) == before
    # And so does what answers their own mail alone.
    take(mail(sender=MAKER, headers=[("References", f"<{found[0].rfc_id}>")], subject="One more thing"), now)
    assert answers(asked.side_id)[-1].threaded_by == "message_id"
    assert in_the_ticket(ticket) == before
    # The next one answers the last of theirs, in the same thread.
    side_talking.write(asked.side_id, world.alice, Draft("Please send both.", TO_MAKER), later(now, minutes=5))
    db.session.commit()
    work_all(later(now, minutes=5))
    second = read(sink.mails[-1][2])
    assert second["subject"] == "Re: Spare armrest"
    assert second["in-reply-to"] == f"<{answers(asked.side_id)[-1].rfc_id}>"
    assert str(second["references"]).split()[0] == f"<{asked.rfc_id}>"


def test_an_id_that_they_chose_leads_no_mail_of_the_customer_astray(
    world: World, ticket: Ticket, now: datetime
) -> None:
    """SEMANTICS 1: what we signed (steps 1 and 2) counts before an id that anybody may choose (step 3)."""
    asked = ask(world, ticket, now)
    take(mail(sender=MAKER, to=address(asked.side_id), message_id="first@customer.example"), now)
    key = tokens.signing_keys()[0]
    ours = db.session.scalars(select(Placement.message_id).where(Placement.ticket_id == ticket.id)).first()
    assert ours is not None
    signed = identifiers.message_id(Named("m", ours), "desk.example", key)
    chosen = [("References", "<first@customer.example>")]
    for to, headers in (
        (identifiers.address(SUPPORT, Named("t", ticket.id), key), chosen),
        (SUPPORT, [("References", f"<{signed}> <first@customer.example>")]),
    ):
        raw = take(mail(to=to, headers=headers, text="The leg."), later(now, minutes=1))
        assert ticket_of(raw).id == ticket.id
    assert len(answers(asked.side_id)) == 1
    # What a machine sent leads nowhere at all.
    absent = [("Auto-Submitted", "auto-replied")]
    take(mail(sender=MAKER, to=address(asked.side_id), message_id="away@maker.example", headers=absent), now)
    take(mail(headers=[("References", "<away@maker.example>")]), later(now, minutes=2))
    assert len(answers(asked.side_id)) == 2


def test_a_long_one_is_threaded_by_its_first_and_its_newest(
    world: World, ticket: Ticket, sink: Sink, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_letters, "MOST_BEFORE", 3)
    sent = [ask(world, ticket, now)]
    for minute in range(1, 6):
        draft = Draft("And?", TO_MAKER)
        sent.append(side_talking.write(sent[0].side_id, world.alice, draft, later(now, minutes=minute)))
    db.session.commit()
    outgoing, _mailbox = side_letters.of_message(sent[-1])
    assert list(outgoing.references) == [sent[one].rfc_id for one in (0, 3, 4)]


def test_a_copy_of_an_answer_is_kept_once(world: World, ticket: Ticket, now: datetime) -> None:
    asked = ask(world, ticket, now)
    raw = mail(sender=MAKER, to=address(asked.side_id))
    assert [take(raw, now).state, take(raw, now).state] == ["message", "duplicate"]
    assert len(answers(asked.side_id)) == 1


@pytest.mark.parametrize("sender", [MALLORY, DANA])
def test_whoever_was_not_asked_is_held(world: World, ticket: Ticket, now: datetime, sender: str) -> None:
    asked = ask(world, ticket, now)
    before = in_the_ticket(ticket)
    take(mail(sender=sender, to=address(asked.side_id), text="Send it to me"), now)
    work_all(now)
    [held] = answers(asked.side_id)
    assert held.held
    assert in_the_ticket(ticket) == before
    assert not db.session.scalars(select(Notification).where(Notification.kind == "side_received")).all()
    if sender == DANA:
        with pytest.raises(Conflict, match="as a customer"):
            side_talking.accept(asked.side_id, held.id, world.alice.actor, later(now, minutes=1))
        return
    side_talking.accept(asked.side_id, held.id, world.alice.actor, later(now, minutes=1))
    with pytest.raises(Conflict):
        side_talking.accept(asked.side_id, held.id, world.alice.actor, later(now, minutes=1))
    db.session.commit()
    take(mail(sender=sender, to=address(asked.side_id), text="Once more"), now)
    assert [one.held for one in answers(asked.side_id)] == [False, False]


def test_a_stranger_is_held_whatever_machine_they_claim_to_be(world: World, ticket: Ticket, now: datetime) -> None:
    """Accepted, it stays what a machine wrote: nobody is told, and nothing goes on because of it."""
    asked = ask(world, ticket, now)
    machine = [("Auto-Submitted", "auto-replied")]
    take(mail(sender=MALLORY, to=address(asked.side_id), headers=machine), now)
    [came] = answers(asked.side_id)
    assert (came.held, came.inert is not None) == (True, True)
    side_talking.finish(asked.side_id, world.alice.actor, now)
    snoozing.snooze(ticket, later(now, days=2), world.alice.actor, later(now, minutes=1), despite_due=True)
    side_talking.accept(asked.side_id, came.id, world.alice.actor, later(now, minutes=2))
    db.session.commit()
    work_all(later(now, minutes=2))
    db.session.expire_all()
    assert db.session.get_one(SideConversation, asked.side_id).done_at == now
    assert ticket.snoozed_until is not None
    assert not db.session.scalars(select(Notification).where(Notification.kind.startswith("side_"))).all()


def test_a_token_of_another_kind_opens_nothing(world: World, ticket: Ticket, now: datetime) -> None:
    """The number of a side conversation is no ticket's, and the other way round."""
    asked = ask(world, ticket, now)
    while ticket.id in (asked.side_id, asked.id):
        ticket = ticket_of(take(mail(subject="One more"), now))
    key = tokens.signing_keys()[0]
    reference = identifiers.message_id(Named("o", ticket.id), "desk.example", key)
    for raw in (
        mail(to=identifiers.address(SUPPORT, Named("s", ticket.id), key), sender=MALLORY, subject="A conversation"),
        mail(headers=[("In-Reply-To", f"<{reference}>")], sender=MALLORY, subject="A message"),
        mail(to=address(asked.side_id).replace("@", "x@"), sender=MALLORY, subject="Forged"),
    ):
        assert ticket_of(take(raw, now)).id != ticket.id
    assert answers(asked.side_id) == []


def test_no_clock_status_or_customer_hears_of_it(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    replying.reply(ticket, world.alice, "We ask.", to=[("dana@customer.example", "Dana")], at=now)
    db.session.commit()
    work_all(now)
    clocks = select(SlaTimer.metric, SlaTimer.state, SlaTimer.due_at).where(SlaTimer.ticket_id == ticket.id)
    was = (db.session.execute(clocks.order_by(SlaTimer.id)).all(), ticket.category, ticket.answered_at)
    told = [recipient for _sender, recipient, _content in sink.mails]
    asked = ask(world, ticket, later(now, minutes=1))
    take(mail(sender=MAKER, to=address(asked.side_id), text="Two are left."), later(now, minutes=2))
    work_all(later(now, minutes=2))
    db.session.expire_all()
    assert [one.text for one in answers(asked.side_id)] == ["Two are left."]
    assert (db.session.execute(clocks.order_by(SlaTimer.id)).all(), ticket.category, ticket.answered_at) == was
    assert ticket.customer_wrote_at == now
    new = [recipient for _sender, recipient, _content in sink.mails[len(told) :]]
    assert "dana@customer.example" not in new
    assert not db.session.scalars(select(Message.id).where(Message.text.contains("Two are left."))).all()


def test_an_answer_is_told_and_ends_a_snooze(world: World, ticket: Ticket, now: datetime) -> None:
    asked = ask(world, ticket, now)
    side_talking.finish(asked.side_id, world.alice.actor, now)
    snoozing.snooze(ticket, later(now, days=2), world.alice.actor, later(now, minutes=1), despite_due=True)
    db.session.commit()
    absent = mail(sender=MAKER, to=address(asked.side_id), headers=[("Auto-Submitted", "auto-replied")])
    take(absent, later(now, minutes=2))
    db.session.expire_all()
    assert ticket.snoozed_until is not None
    take(mail(sender=MAKER, to=address(asked.side_id)), later(now, minutes=3))
    work_all(later(now, minutes=3))
    db.session.expire_all()
    assert ticket.snoozed_until is None
    assert db.session.get_one(SideConversation, asked.side_id).done_at is None  # it goes on
    told = db.session.execute(
        select(Notification.agent_id, Notification.reason).where(Notification.kind == "side_received")
    ).all()
    assert (world.alice.id, "asker") in [tuple(row) for row in told]


def report_of(asked: SideMessage, address: str) -> bytes:
    """What a mail server says of a message that it could not deliver."""
    report = "\r\n".join(
        [
            "--b", "Content-Type: text/plain", "", "It did not arrive.", "--b", "Content-Type: message/delivery-status",
            "", "Reporting-MTA: dns; mx.example", "", f"Final-Recipient: rfc822; {address}", "Action: failed",
            "Status: 5.1.1", "", "--b", "Content-Type: text/rfc822-headers", "", f"Message-ID: <{asked.rfc_id}>", "",
            "--b--",
        ]
    )  # fmt: skip
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    return mail(sender="mailer-daemon@maker.example", text=report, content_type=kind)


def test_a_mail_that_comes_back_is_told_to_its_author(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    asked = ask(world, ticket, now)
    work_all(now)
    raw = take(report_of(asked, "parts@maker.example"), later(now, minutes=1), envelope_from="")
    assert (raw.state, raw.label) == ("inert", "bounce")
    [row] = db.session.scalars(select(OutboxRow).where(OutboxRow.task == side_delivery.TASK))
    assert row.state == "bounced"
    assert kinds(ticket)[-1] == "side_failed"
    work_all(later(now, minutes=1), task="tell")
    assert db.session.scalars(select(Notification.reason).where(Notification.kind == "side_failed")).all() == ["author"]
    side_delivery.repeat(asked.side_id, row.id, world.alice.actor, later(now, minutes=2))
    db.session.commit()
    work_all(later(now, minutes=2), task=side_delivery.TASK)
    assert [recipient for _sender, recipient, _content in sink.mails].count("parts@maker.example") == 2
    with pytest.raises(Conflict):
        side_delivery.repeat(asked.side_id, row.id, world.alice.actor, later(now, minutes=3))


def test_whom_a_report_means_is_told_where_one_alone_was_asked(
    world: World, ticket: Ticket, sink: Sink, now: datetime
) -> None:
    """Their mail is forwarded, and the report names where to."""
    maker = resolving.resolve("email", "parts@maker.example", "Maker", now)
    asked = ask(world, ticket, now)
    work_all(now)
    raw = take(report_of(asked, "inbox@elsewhere.example"), later(now, minutes=1), envelope_from="")
    assert raw.state == "inert"
    [row] = db.session.scalars(select(OutboxRow).where(OutboxRow.task == side_delivery.TASK))
    assert (row.state, kinds(ticket)[-1]) == ("bounced", "side_failed")
    db.session.refresh(maker)
    assert maker.undeliverable_since == later(now, minutes=1)


def test_a_report_that_names_nobody_we_asked_is_there_to_be_read(
    world: World, ticket: Ticket, sink: Sink, now: datetime
) -> None:
    to = [*TO_MAKER, ("carrier@road.example", "Carrier")]
    asked = side_talking.begin(ticket, world.alice, "Spare armrest", Draft("Where is it?", to), now)
    db.session.commit()
    work_all(now)
    report = report_of(asked, "inbox@elsewhere.example")
    raw = take(report, later(now, minutes=1), envelope_from="")
    assert (raw.state, raw.label) == ("message", "bounce")
    assert take(report, later(now, minutes=2), envelope_from="").state == "duplicate"
    [came] = answers(asked.side_id)
    assert (came.held, came.inert is not None, "did not arrive" in came.text) == (False, True, True)
    states = db.session.scalars(select(OutboxRow.state).where(OutboxRow.task == side_delivery.TASK)).all()
    assert set(states) == {"sent"}


def test_it_can_be_taken_back_until_it_leaves(world: World, ticket: Ticket, sink: Sink, now: datetime) -> None:
    asked = ask(world, ticket, now, leaves_at=later(now, seconds=10), files=[NewFile("a.txt", "text/plain", b"a")])
    with pytest.raises(NotAllowed):
        side_withdrawing.withdraw(asked.side_id, asked.id, world.bob, now)
    assert "armrest" in side_withdrawing.withdraw(asked.side_id, asked.id, world.alice, later(now, seconds=5))
    with pytest.raises(Conflict):
        side_withdrawing.withdraw(asked.side_id, asked.id, world.alice, later(now, seconds=6))
    db.session.commit()
    work_all(later(now, seconds=20))
    assert "parts@maker.example" not in [recipient for _sender, recipient, _content in sink.mails]
    assert db.session.scalars(select(Attachment).where(Attachment.side_message_id == asked.id)).all() == []
    # Nobody was asked, so whoever writes there now is held.
    take(mail(sender=MAKER, to=address(asked.side_id)), later(now, minutes=1))
    assert answers(asked.side_id)[0].held
    left = ask(world, ticket, later(now, minutes=2), leaves_at=later(now, minutes=3))
    work_all(later(now, minutes=4))
    with pytest.raises(Conflict):
        side_withdrawing.withdraw(left.side_id, left.id, world.alice, later(now, minutes=4))


def test_the_customer_is_not_asked_beside_their_own_ticket(world: World, ticket: Ticket, now: datetime) -> None:
    with pytest.raises(Invalid, match="takes part"):
        side_talking.begin(ticket, world.alice, "Armrest", Draft("?", [("dana@customer.example", "")]), now)
    for subject, draft in (("", Draft("?", TO_MAKER)), ("A", Draft(" ", TO_MAKER)), ("A", Draft("?", []))):
        with pytest.raises(Invalid):
            side_talking.begin(ticket, world.alice, subject, draft, now)


def test_nor_at_another_address_of_theirs(world: World, ticket: Ticket, now: datetime) -> None:
    """An address of the same contact is the customer's as well; also where the ticket knows a visitor alone."""
    private = resolving.resolve("email", "dana@private.example", "Dana", now)
    visitor = resolving.resolve("visitor", "v1", "Visitor", now)
    at_home = resolving.resolve("email", "visitor@home.example", "", now)
    participant.add(ticket.id, visitor.id, "cc", "active", now)
    db.session.commit()
    ask_them = [[("dana@private.example", "")], [("visitor@home.example", "")]]
    for to in ask_them:  # nobody knows yet whose they are
        side_talking.check_people(ticket, to)
    linking.move([private], linking.contact_of(world.dana), "joined_by_agent", now)
    linking.move([at_home], linking.contact_of(visitor), "joined_by_agent", now)
    db.session.commit()
    for to in ask_them:
        with pytest.raises(Invalid, match="takes part"):
            side_talking.begin(ticket, world.alice, "Armrest", Draft("?", to), now)


def test_the_same_request_again_asks_once(world: World, ticket: Ticket, now: datetime) -> None:
    assert ask(world, ticket, now, client_key="k").id == ask(world, ticket, now, client_key="k").id


def test_it_follows_a_merge_and_its_undoing_and_stays_at_a_split(world: World, ticket: Ticket, now: datetime) -> None:
    asked = ask(world, ticket, now)
    other = ticket_of(take(mail(subject="The other", message_id="other@customer.example"), now))
    own = ask(world, other, now)
    merging.merge(ticket, other, world.alice.actor, later(now, minutes=1))
    db.session.commit()
    where = select(SideConversation.id, SideConversation.ticket_id).order_by(SideConversation.id)
    assert [tuple(row) for row in db.session.execute(where)] == [(asked.side_id, other.id), (own.side_id, other.id)]
    take(mail(sender=MAKER, to=address(asked.side_id)), later(now, minutes=2))
    assert kinds(other)[-1] == "side_received"
    merging.undo(ticket, world.alice.actor, later(now, minutes=3))
    db.session.commit()
    assert [tuple(row) for row in db.session.execute(where)] == [(asked.side_id, ticket.id), (own.side_id, other.id)]
    take(mail(headers=[("References", "<first@customer.example>")], text="The leg."), later(now, minutes=4))
    leg = db.session.scalars(select(Message.id).where(Message.text == "The leg.")).one()
    share = splitting.Share((leg,), world.care_queue, world.dana, "The leg")
    part = splitting.split(ticket, share, world.alice.actor, later(now, minutes=5))
    db.session.commit()
    assert part.id != ticket.id
    assert [tuple(row) for row in db.session.execute(where)] == [(asked.side_id, ticket.id), (own.side_id, other.id)]


def test_the_command_tells_where_an_answer_went(app: Flask, world: World, ticket: Ticket, now: datetime) -> None:
    asked = ask(world, ticket, now)
    raw = mail(sender=MAKER, to=address(asked.side_id), message_id="answer@maker.example")
    number = ticket.number
    said = app.test_cli_runner().invoke(args=["mail", "ingest", "-"], input=raw)
    line = json.loads(said.stdout.splitlines()[-1])
    assert (line["outcome"], line["ticket"], line["message_id"]) == ("appended", number, "answer@maker.example")
    assert line["threaded_by"] == "recipient_token"


def test_a_notice_of_it_is_answered_by_a_note(world: World, now: datetime, sink: Sink) -> None:
    """What an agent answers to a notice of a side conversation must not go to the customer."""
    ticket = behind_relay(world, now)
    asked = ask(world, ticket, now)
    take(mail(sender=MAKER, to=address(asked.side_id)), later(now, minutes=1))
    event = db.session.scalars(select(Event).where(Event.kind == "side_received")).one()
    assert notices._answers_as(event) == "i"
