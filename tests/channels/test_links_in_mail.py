"""Each mail to a customer shows them their own way to the ticket's page, and nobody else's."""

from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask

from tests.channels.mails import later, mail, take, ticket_of, work_all
from tests.people import World
from ticketdesk.core.db import db
from ticketdesk.tickets import participant, replying, tracking
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    ticket = ticket_of(take(mail(), now))
    work_all(now)
    return ticket


def sent(app: Flask) -> dict[str, str]:
    """The words of each mail by its recipient; they all have the same To."""
    folder: Path = app.extensions["ticketdesk.config"].outbox
    found = {}
    for path in sorted(folder.glob("*.eml")):
        got = message_from_bytes(path.read_bytes(), policy=policy.default)
        words = got.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        token = words.partition("/t/")[2].split()[0] if "/t/" in words else ""
        found[path.stem] = token
    return found


def test_whoever_takes_part_gets_their_own_link(app: Flask, world: World, ticket: Ticket, now: datetime) -> None:
    participant.add(ticket.id, world.eve.id, "cc", "active", now, sees_since=now)
    before = set(sent(app))
    replying.reply(
        ticket,
        world.alice,
        "Here it is",
        to=[("dana@customer.example", "Dana")],
        cc=[("eve@customer.example", "Eve"), ("stranger@elsewhere.example", "")],
        at=later(now, minutes=1),
    )
    db.session.commit()
    work_all(later(now, minutes=1))
    tokens = [token for name, token in sorted(sent(app).items(), key=lambda one: int(one[0])) if name not in before]
    assert len(tokens) == 3
    assert tokens[2] == "", "a stranger to the ticket has no page of it"
    followed = [tracking.followed(token) for token in tokens[:2]]
    assert [one.participant.identity_id for one in followed if one is not None] == [world.dana.id, world.eve.id]


def test_sending_again_shows_the_same_way(app: Flask, world: World, ticket: Ticket, now: datetime) -> None:
    before = set(sent(app))
    for minute in (1, 2):
        replying.reply(
            ticket, world.alice, "Hello", to=[("dana@customer.example", "Dana")], at=later(now, minutes=minute)
        )
        db.session.commit()
        work_all(later(now, minutes=minute))
    tokens = [token for name, token in sent(app).items() if name not in before]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1
