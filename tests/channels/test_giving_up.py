"""A row is given up while somebody wants to send it again: each waits for the other, and neither for ever."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import text

from tests.channels.mails import mail, rows, take, ticket_of
from tests.locks import until_one_waits
from tests.people import World
from ticketdesk.core import jobs
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets import replying

TICKET = text("SELECT 1 FROM tickets WHERE id = :id FOR UPDATE NOWAIT")
ROW = text("SELECT 1 FROM outbox WHERE id = :id FOR UPDATE NOWAIT")


def test_whoever_gives_a_row_up_holds_its_ticket_first(
    committed_app: Flask, committed_world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed_world.mailbox.acknowledges = False
    ticket = ticket_of(take(mail(), now))
    replying.reply(ticket, committed_world.alice, "We send one.", to=[("dana@customer.example", "")], at=now)
    db.session.commit()
    ticket_id, row_id = ticket.id, rows("reply")[0].id
    db.session.remove()

    def refused(claim: Claim, at: datetime) -> tuple[str, str | None]:
        raise DeliveryFailed("550 nobody here", permanent=True)

    tasks: Mapping[str, jobs.Task] = committed_app.extensions["ticketdesk.tasks"]
    told = {**tasks, "mail.send": replace(tasks["mail.send"], run=refused)}
    monkeypatch.setitem(committed_app.extensions, "ticketdesk.tasks", told)
    became: list[str | None] = []

    def work() -> None:
        with committed_app.app_context():
            became.append(jobs.run(row_id, now))

    worker = threading.Thread(target=work)
    with db.engine.connect() as agent, db.engine.connect() as watcher:
        agent.execute(TICKET, {"id": ticket_id})
        worker.start()
        until_one_waits(watcher)
        agent.execute(ROW, {"id": row_id})  # held by the worker, it would be a deadlock
    worker.join(30)
    assert became == ["failed"]
    assert db.session.scalar(text("SELECT count(*) FROM events WHERE kind = 'reply_failed'")) == 1
