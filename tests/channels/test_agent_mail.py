"""Agents by mail: replies, notes and orders, each done with their own rights, and what was not done is told."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import PROVEN, RELAY, behind_relay, mail, message_of, rows, take, ticket_of, work_all
from tests.people import World
from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.email import identifiers, order_refusals
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import merging, noting, progress, tagging
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.queue import QueueGrant
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    return behind_relay(world, now)


def write(ticket: Ticket, agent: Agent, text: str, now: datetime, kind: str = "a") -> Message:
    """An agent answers a notice."""
    key = tokens.signing_keys()[0]
    to = identifiers.address("support@desk.example", Named(kind, ticket.id, agent.id), key)
    raw = take(mail(sender=f"{agent.name} <{agent.email}>", to=to, text=text, headers=[PROVEN]), now)
    db.session.commit()
    db.session.expire_all()
    return message_of(raw)


def told() -> list[list[list[str]]]:
    """What agents are told of orders that were not done."""
    found = db.session.scalars(select(OutboxRow.payload).where(OutboxRow.task == order_refusals.TASK))
    return [payload["refused"] for payload in found]


def test_orders_are_done_and_never_sent(world: World, ticket: Ticket, now: datetime) -> None:
    text = "/status pending\n/priority high\n/tag wood, armrest\n/assign bob\n\nWe send one."
    made = write(ticket, world.alice, text, now)
    assert (made.kind, made.text) == ("public", "We send one.")
    assert (ticket.category, ticket.priority, ticket.assignee_id) == ("pending", "high", world.bob.id)
    assert tagging.tags_of(ticket.id) == ["armrest", "wood"]
    assert told() == [] and len(rows("reply")) == 1


def test_an_answer_to_a_notice_of_a_note_is_a_note(world: World, ticket: Ticket, now: datetime) -> None:
    assert write(ticket, world.alice, "I think so too.", now, kind="i").kind == "note"
    assert rows("reply") == []
    assert write(ticket, world.alice, "/reply\nWe send one.", now, kind="i").kind == "public"
    assert write(ticket, world.alice, "/note\nOnly for us.", now).kind == "note"
    assert len(rows("reply")) == 1


def test_orders_alone_leave_a_note_of_themselves(world: World, ticket: Ticket, now: datetime) -> None:
    made = write(ticket, world.alice, "/take\n/close", now)
    assert (made.kind, made.text) == ("note", "/take\n/close")
    assert (ticket.category, ticket.assignee_id) == ("solved", world.alice.id)
    assert rows("reply") == []


def test_what_is_unclear_goes_to_nobody_and_is_told_once(
    world: World, ticket: Ticket, app: Flask, now: datetime
) -> None:
    made = write(ticket, world.alice, "/stauts solved\n/priority high\nWe send one.", now)
    assert made.kind == "note" and "We send one." in made.text
    assert (ticket.category, ticket.priority) == ("new", "normal"), "nothing is half done"
    assert rows("reply") == []
    assert told() == [[["/stauts solved", "there is no such order"]]]
    work_all(now)
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.task == order_refusals.TASK)).one()
    sent = (app.extensions["ticketdesk.config"].outbox / f"{row.id}.eml").read_bytes()
    assert b"alice@desk.example" in sent and b"/stauts solved" in sent and b"Auto-Submitted: auto-replied" in sent


@pytest.mark.parametrize("order", ["/assign carol", "/assign nobody-here", "/tag " + "x" * 60])
def test_a_refused_order_does_not_keep_the_answer_back(world: World, ticket: Ticket, now: datetime, order: str) -> None:
    made = write(ticket, world.alice, f"{order}\n/priority urgent\nWe send one.", now)
    assert (made.kind, made.text, ticket.priority) == ("public", "We send one.", "urgent")
    assert [line for [[line, _why]] in told() for line in [line]] == [order]


def test_whoever_may_only_read_orders_nothing(world: World, ticket: Ticket, now: datetime) -> None:
    db.session.add(QueueGrant(team_id=world.orders.id, queue_id=world.care_queue.id, level="read"))
    db.session.commit()
    made = write(ticket, world.carol, "/close\nDone.", now)
    assert made.direction == "in" and ticket.category == "new"


def test_customers_order_nothing(world: World, ticket: Ticket, now: datetime) -> None:
    key = tokens.signing_keys()[0]
    to = identifiers.address("support@desk.example", Named("t", ticket.id), key)
    proven = ("Authentication-Results", f"{RELAY}; dmarc=pass header.from=customer.example")
    raw = take(mail(to=to, text="/close\n/note\nThank you.", headers=[proven]), now)
    assert message_of(raw).text.startswith("/close") and ticket.category == "new"
    to = identifiers.address("support@desk.example", Named("a", ticket.id, world.alice.id), key)
    raw = take(mail(to=to, text="/close\nThank you!", headers=[proven]), now)
    assert message_of(raw).direction == "in" and ticket.category == "new"


def test_a_closed_ticket_keeps_the_words_as_a_note(world: World, ticket: Ticket, now: datetime) -> None:
    progress.move_to(ticket, "closed", world.alice.actor, now)
    made = write(ticket, world.alice, "We send one.", now)
    assert made.kind == "note" and len(told()) == 1
    assert rows("reply") == []


def test_an_answer_to_a_merged_ticket_goes_to_the_one_it_became(world: World, ticket: Ticket, now: datetime) -> None:
    other = ticket_of(take(mail(subject="Another matter"), now))
    merging.merge(ticket, other, world.alice.actor, now, widen=True)
    db.session.commit()
    made = write(ticket, world.alice, "/priority low\nWe send one.", now)
    assert made.kind == "public" and other.priority == "low"


def test_notices_say_how_to_answer_them(world: World, ticket: Ticket, app: Flask, now: datetime) -> None:
    noting.note(ticket, world.bob, "What do you think?", mentioned=[world.alice.id], at=now)
    db.session.commit()
    work_all(now)
    folder = app.extensions["ticketdesk.config"].outbox
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.task == "mail.notice")).one()
    sent = (folder / f"{row.id}.eml").read_text()
    assert "kept as a note for" in sent.replace("=\n", "").replace("\n", " ")
    address = sent.partition("Reply-To: ")[2].partition(">")[0].partition("<")[2]
    named = identifiers.in_address(address, tokens.signing_keys())
    assert named == Named("i", ticket.id, world.alice.id)
