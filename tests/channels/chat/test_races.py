"""Chats under many hands at once: what is sent twice is there once, and nothing is opened twice (SECURITY I9)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.channels.chat.talks import DANA, Guest, answers, comes, widget_of
from tests.channels.mails import later, rows
from tests.people import World
from ticketdesk.channels.chat import reading, saying, talk
from ticketdesk.channels.chat.missed import PURPOSE
from ticketdesk.channels.chat.reaching import UNDELIVERED
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core import jobs
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MANY = 8


@pytest.fixture
def at_once(committed_app: Flask) -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Do several things in the same moment, each in a session of its own."""
    gate = threading.Barrier(MANY)

    def run(what: Callable[[], Any]) -> Any:
        with committed_app.app_context():
            gate.wait(10)
            try:
                return what()
            finally:
                db.session.remove()

    def at_once(all_of_it: list[Callable[[], Any]]) -> list[Any]:
        db.session.remove()
        with ThreadPoolExecutor(MANY) as pool:
            return list(pool.map(run, all_of_it))

    return at_once


@pytest.fixture
def guest(committed_world: World, now: datetime) -> Guest:
    return comes(widget_of(committed_world), now, email=DANA)


def says(guest: Guest, text: str, key: str, at: datetime) -> Callable[[], int]:
    widget_id, visitor_id = guest.widget.id, guest.visitor_id

    def say() -> int:
        widget = db.session.get_one(type(guest.widget), widget_id)
        visitor = db.session.get_one(Visitor, visitor_id)
        message, _is_new = saying.say(visitor, widget, text=text, client_key=key, at=at)
        db.session.commit()
        return message.id

    return say


def test_one_message_sent_many_times_at_once_is_one(guest: Guest, now: datetime, at_once: Any) -> None:
    made = at_once([says(guest, "Hello", "k1", now)] * MANY)
    assert len(set(made)) == 1
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


def test_many_first_messages_at_once_open_one_ticket(guest: Guest, now: datetime, at_once: Any) -> None:
    made = at_once([says(guest, f"Words {number}", f"k{number}", now) for number in range(MANY)])
    assert len(set(made)) == MANY
    ticket = db.session.scalars(select(Ticket)).one()
    assert ticket.message_count == MANY
    seqs = db.session.scalars(select(Event.seq).where(Event.ticket_id == ticket.id).order_by(Event.seq)).all()
    assert list(seqs) == list(range(1, len(seqs) + 1))
    assert len(guest.sees()) == MANY


def test_reading_and_mailing_at_once_is_one_of_both(
    committed_world: World, guest: Guest, now: datetime, at_once: Any
) -> None:
    guest.says("Hello", now)
    guest.leaves(now)
    answers(committed_world.alice, guest.ticket, "Hello", later(now, minutes=3))
    row_id = db.session.scalars(select(OutboxRow.id).where(OutboxRow.task == UNDELIVERED)).one()
    visitor_id, then = guest.visitor_id, later(now, minutes=6)

    def read() -> None:
        visitor = db.session.get_one(Visitor, visitor_id)
        reading.read(visitor, talk.state(visitor).seq, then)
        db.session.commit()

    at_once([lambda: jobs.run(row_id, then), read] * (MANY // 2))
    row = db.session.get_one(OutboxRow, row_id, populate_existing=True)
    assert row.state == "done"
    assert len(rows(PURPOSE)) == (1 if row.response == "mailed" else 0)
    assert guest.visitor.read_id > 0
