"""Who is told of what: never twice, never the one who did it, never who may not see it (SEMANTICS 11)."""

import email
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import mail, message_of, rows, take, ticket_of, work_all
from tests.people import LONG_AGO, World
from ticketdesk.accounts import availability, people
from ticketdesk.channels import delivery
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim, OutboxRow
from ticketdesk.notifications.notification import Notification
from ticketdesk.routing import missing, offering, transferring
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.sla import defaults
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import assignment, following, noting, opening, priority, receiving, replying, timeline
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    world.mailbox.acknowledges = False
    made = ticket_of(take(mail(), now))
    work_all(now)
    db.session.execute(Notification.__table__.delete())
    db.session.commit()
    return made


def told() -> dict[str, set[tuple[str, str]]]:
    """Event kinds with who was told why."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in db.session.scalars(select(Notification)):
        found.setdefault(row.kind, set()).add((_name(row.agent_id), row.reason))
    return found


def _name(agent_id: int) -> str:
    from_rows = db.session.execute(db.text("SELECT name FROM agents WHERE id = :id"), {"id": agent_id}).scalar_one()
    return str(from_rows).lower()


def mailed() -> list[tuple[str, str]]:
    return [(row.recipient or "", row.state) for row in rows("notice")]


def file_of(app: Flask, row: OutboxRow) -> EmailMessage:
    folder = app.extensions["ticketdesk.config"].outbox
    found = email.message_from_bytes((folder / f"{row.id}.eml").read_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_new_owner_is_told_by_mail(world: World, ticket: Ticket, app: Flask, now: datetime) -> None:
    assignment.assign(ticket, world.bob, world.alice.actor, now)
    db.session.commit()
    work_all(now)
    assert told() == {"assigned": {("bob", "assignee")}}
    assert mailed() == [("bob@desk.example", "sent")]
    sent = file_of(app, rows("notice")[0])
    assert sent["subject"] == f"[#{ticket.number}] Assigned to you: The armrest came off"
    assert (sent["auto-submitted"], sent["to"]) == ("auto-generated", "Bob <bob@desk.example>")
    text = sent.get_body(("plain",))
    assert text is not None
    assert f"http://localhost/desk/tickets/{ticket.number}" in text.get_content()


@pytest.fixture
def chat(world: World, now: datetime) -> Ticket:
    """Alice has a chat, and bob is there."""
    for agent in (world.alice, world.bob):
        availability.state(agent, "chat", "online", now)
    made = opening.open_ticket(
        queue_id=world.care_queue.id, requester=world.eve, subject="Hello", channel="chat", by=SYSTEM, at=now
    )
    assignment.assign(made, world.alice, world.alice.actor, now)
    db.session.commit()
    work_all(now)
    db.session.execute(Notification.__table__.delete())
    db.session.commit()
    return made


def test_a_chat_offered_by_a_colleague_and_what_comes_back(world: World, chat: Ticket, now: datetime) -> None:
    offer = transferring.to_agent(chat, world.bob, world.alice, "He asks for the workshop", now)
    db.session.commit()
    work_all(now)
    assert told() == {"chat_offered": {("bob", "offered")}, "note_added": {("bob", "mentioned")}}
    offering.pass_on(offer.id, world.bob, now, "At lunch")
    offering.pass_on(offer.id, world.bob, now, "At lunch")
    db.session.commit()
    work_all(now)
    assert told()["chat_passed_on"] == {("alice", "came_back")}
    assert len(db.session.scalars(select(Notification).where(Notification.kind == "chat_passed_on")).all()) == 1


def test_who_did_not_answer_leaves_it_with_whoever_had_it(world: World, chat: Ticket, now: datetime) -> None:
    transferring.to_agent(chat, world.bob, world.alice, "", now)
    missing.expire(now + timedelta(minutes=5))
    db.session.commit()
    work_all(now + timedelta(minutes=5))
    assert told() == {"chat_offered": {("bob", "offered")}, "chat_passed_on": {("alice", "came_back")}}


def test_asked_into_a_chat(world: World, chat: Ticket, now: datetime) -> None:
    for _again in range(2):
        transferring.invite(chat, world.bob, world.alice, now)
    db.session.commit()
    work_all(now)
    assert told() == {"chat_invited": {("bob", "invited")}}
    assert len(db.session.scalars(select(Notification)).all()) == 1


def test_what_the_rules_let_ring_leaves_no_notice(world: World, now: datetime) -> None:
    availability.state(world.bob, "chat", "online", now)
    opening.open_ticket(
        queue_id=world.care_queue.id, requester=world.eve, subject="Hello", channel="chat", by=SYSTEM, at=now
    )
    db.session.commit()
    work_all(now)
    [offer] = db.session.scalars(select(RoutingOffer)).all()
    offering.pass_on(offer.id, world.bob, now)
    db.session.commit()
    work_all(now)
    assert told().keys() <= {"message_received"}


def test_who_takes_a_ticket_is_not_told_of_it(world: World, ticket: Ticket, now: datetime) -> None:
    assignment.assign(ticket, world.bob, world.bob.actor, now)
    db.session.commit()
    work_all(now)
    assert told() == {}


def test_a_mention_tells_those_who_may_see_the_ticket(world: World, ticket: Ticket, app: Flask, now: datetime) -> None:
    following.follow(ticket, world.sam, SYSTEM, now)
    ids = [world.bob.id, world.carol.id, world.alice.id]
    noting.note(ticket, world.alice, "A secret word", at=now, mentioned=ids)
    db.session.commit()
    work_all(now)
    assert told() == {"note_added": {("bob", "mentioned"), ("sam", "follower")}}
    assert mailed() == [("bob@desk.example", "sent")]
    assert "secret" not in file_of(app, rows("notice")[0]).as_string(), "notes never leave the desk"


def test_a_customer_is_heard_by_the_team_until_somebody_has_the_ticket(
    world: World, ticket: Ticket, now: datetime
) -> None:
    message_id = db.session.execute(db.text("SELECT rfc_id FROM messages")).scalar_one()
    headers = [("In-Reply-To", f"<{message_id}>")]
    take(mail(headers=headers), now)
    work_all(now)
    assert told() == {"message_received": {("alice", "team"), ("bob", "team"), ("sam", "team")}}
    assignment.assign(ticket, world.bob, world.bob.actor, now)
    db.session.execute(Notification.__table__.delete())
    take(mail(headers=headers, text="Hello?"), now)
    work_all(now)
    assert told() == {"message_received": {("bob", "assignee")}}
    assert mailed() == []


def test_and_again_when_whoever_has_it_no_longer_works_here(world: World, ticket: Ticket, now: datetime) -> None:
    assignment.assign(ticket, world.bob, world.bob.actor, now)
    people.disable(world.bob, SYSTEM, now)
    receiving.receive(ticket, world.dana, Letter("email", "Hello?"), now)
    db.session.commit()
    work_all(now)
    assert told() == {"message_received": {("alice", "team"), ("sam", "team")}}


def test_a_held_message_tells_nobody(world: World, ticket: Ticket, now: datetime) -> None:
    message_id = db.session.execute(db.text("SELECT rfc_id FROM messages")).scalar_one()
    raw = take(mail(sender="Mallory <m@evil.example>", headers=[("In-Reply-To", f"<{message_id}>")]), now)
    work_all(now)
    assert ticket_of(raw).id == ticket.id
    assert told() == {}
    receiving.accept(message_of(raw).id, world.alice.actor, now)
    db.session.commit()
    work_all(now)
    assert ("bob", "team") in told()["message_accepted"]


@pytest.mark.parametrize("kind", ["sla_warned", "sla_breached"])
def test_a_deadline_is_told_to_whoever_has_the_ticket(
    world: World, ticket: Ticket, app: Flask, now: datetime, kind: str
) -> None:
    ticket.assignee_id = world.bob.id
    defaults.create(SYSTEM, LONG_AGO)
    priority.change_priority(ticket, "high", SYSTEM, now)
    timer_id = db.session.scalars(select(SlaTimer.id).where(SlaTimer.metric == "first_response")).one()
    timeline.record(ticket, kind, SYSTEM, now, {"metric": "first_response", "timer_id": timer_id, "late_s": 0})
    db.session.commit()
    work_all(now)
    assert told() == {kind: {("bob", "assignee")}}
    assert "First answer" in file_of(app, rows("notice")[0]).as_string()


def test_the_author_hears_that_a_reply_failed(world: World, ticket: Ticket, app: Flask, now: datetime) -> None:
    ticket.assignee_id = world.bob.id
    made = replying.reply(ticket, world.alice, "Hello", to=[("dana@customer.example", "")], at=now)
    db.session.commit()
    (row,) = rows("reply")
    row.state, row.error = "failed", "550 unknown"
    delivery.failed(Claim(row.id, "", "mail.send", {}, 1, message_id=made.id), now, "550 unknown")
    db.session.commit()
    work_all(now)
    assert told() == {"reply_failed": {("alice", "author"), ("bob", "assignee")}}
    assert "550 unknown" in file_of(app, rows("notice")[0]).as_string()


def test_told_twice_nobody_hears_twice(world: World, ticket: Ticket, now: datetime) -> None:
    """JB-01."""
    assignment.assign(ticket, world.bob, world.alice.actor, now)
    db.session.commit()
    work_all(now)
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.task == "tell").order_by(OutboxRow.id.desc())).first()
    assert row is not None
    row.state, row.progress = "queued", {}
    db.session.commit()
    work_all(now)
    assert len(mailed()) == 1
    assert db.session.query(Notification).count() == 1


def test_an_agent_who_may_see_no_more_gets_no_mail(world: World, ticket: Ticket, now: datetime) -> None:
    assignment.assign(ticket, world.bob, world.alice.actor, now)
    db.session.commit()
    work_all(now, task="tell")
    world.bob.disabled_at = now
    db.session.commit()
    work_all(now)
    assert mailed() == [("bob@desk.example", "cancelled")]


def test_the_event_names_itself_in_the_row(world: World, ticket: Ticket, now: datetime) -> None:
    assignment.assign(ticket, world.bob, world.alice.actor, now)
    db.session.commit()
    work_all(now)
    row = db.session.scalars(select(Notification)).one()
    assert db.session.get_one(Event, row.event_id).kind == row.kind
