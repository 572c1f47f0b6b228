"""Mails beside the conversation that never arrive: somebody hears of it (SECURITY P05)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels import sinks
from tests.channels.chat.talks import DANA, answers, comes, widget_of
from tests.channels.mails import later, mail, take, ticket_of, work_all
from tests.channels.sinks import Sink
from tests.people import World
from ticketdesk.channels.chat import transcript
from ticketdesk.channels.email import order_refusals
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets import assignment
from ticketdesk.tickets.timeline import Event


@pytest.fixture
def sink(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A server that takes nothing for good."""
    with sinks.running(Sink(answers={"RCPT": "550 no such mailbox"})) as sink:
        config = app.extensions["ticketdesk.config"]
        monkeypatch.setitem(app.extensions, "ticketdesk.config", replace(config, smtp_url=sink.url))
        yield sink


def lost() -> Event:
    return db.session.scalars(select(Event).where(Event.kind == "mail_failed")).one()


def told() -> list[tuple[int, str]]:
    rows = db.session.scalars(select(Notification).where(Notification.kind == "mail_failed"))
    return [(row.agent_id, row.reason) for row in rows]


def test_who_has_the_ticket_hears_that_a_visitor_never_got_the_talk(world: World, sink: Sink, now: datetime) -> None:
    guest = comes(widget_of(world), now, email=DANA)
    guest.says("Is it oak?", now)
    answers(world.alice, guest.ticket, "It is.", later(now, minutes=1))
    assignment.assign(guest.ticket, world.bob, world.sam.actor, later(now, minutes=1))
    transcript.ask(guest.visitor, "en_GB", later(now, minutes=2))
    db.session.commit()
    work_all(later(now, minutes=2))
    work_all(later(clock.now(), seconds=1))  # the moment at which an attempt failed
    assert (lost().ticket_id, lost().data["purpose"]) == (guest.ticket.id, transcript.PURPOSE)
    assert (world.bob.id, "assignee") in told()
    notice = db.session.scalars(select(OutboxRow).where(OutboxRow.purpose == "notice")).all()
    assert "bob@desk.example" in {row.recipient for row in notice}, "by mail as well"


def test_an_agent_hears_on_the_desk_of_orders_that_no_mail_could_tell(world: World, sink: Sink, now: datetime) -> None:
    ticket = ticket_of(take(mail(), now))
    order_refusals.tell(world.alice, ticket, [("/assign nobody", "There is no such agent.")], now)
    db.session.commit()
    work_all(now)
    work_all(later(clock.now(), seconds=1))
    assert (lost().ticket_id, lost().data["purpose"]) == (ticket.id, order_refusals.PURPOSE)
    assert told() == [(world.alice.id, "addressee")]
