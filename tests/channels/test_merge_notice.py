"""One notice to whoever asked in a merged ticket, and only when an agent wished it."""

from datetime import datetime

import pytest
from sqlalchemy import select

from tests.people import World
from ticketdesk.channels.email import letters, merge_notice
from ticketdesk.channels.inbound import Inbound, Sender, deliver
from ticketdesk.core.db import db
from ticketdesk.tickets import merging
from ticketdesk.tickets.message import Message, Recipient
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


@pytest.fixture
def pair(world: World, now: datetime) -> tuple[Ticket, Ticket]:
    """eve's ticket, and dana's."""
    made = []
    for name in ("eve", "dana"):
        letter = Inbound(
            brand_id=world.brand.id,
            queue_id=world.care_queue.id,
            mailbox_id=world.mailbox.id,
            sender=Sender("email", f"{name}@customer.example", name.title()),
            letter=Letter(
                channel="email",
                subject="The armrest",
                text="Help",
            ),
            received_at=now,
        )
        made.append(deliver(letter).ticket)
    return made[0], made[1]


def notices() -> list[tuple[str, str]]:
    db.session.flush()
    rows = db.session.execute(
        select(Recipient.address, Message.text)
        .join(Message, Message.id == Recipient.message_id)
        .where(Message.automatic, Message.facts["purpose"].astext == "merged")
    )
    return [(address, text) for address, text in rows]


def merged(pair: tuple[Ticket, Ticket], world: World, now: datetime, *, tell: bool) -> None:
    source, survivor = pair
    merging.merge(source, survivor, world.alice.actor, now, widen=True, tell=tell)
    events = db.session.scalars(select(Event).where(Event.kind == "merged_from").order_by(Event.id)).all()
    merge_notice.tell(events[-1], now)


def test_nobody_is_told_unless_an_agent_wished_it(world: World, pair: tuple[Ticket, Ticket], now: datetime) -> None:
    merged(pair, world, now, tell=False)
    assert notices() == []


def test_whoever_asked_there_is_told_once(world: World, pair: tuple[Ticket, Ticket], now: datetime) -> None:
    source, survivor = pair
    merged(pair, world, now, tell=True)
    [(address, text)] = notices()
    assert address == "eve@customer.example"
    assert f"under number {survivor.number}" in text
    merging.undo(source, world.alice.actor, now)
    merged(pair, world, now, tell=True)
    assert len(notices()) == 1


def test_the_mail_says_that_no_person_wrote_it(world: World, pair: tuple[Ticket, Ticket], now: datetime) -> None:
    merged(pair, world, now, tell=True)
    message = db.session.scalars(select(Message).where(Message.automatic)).one()
    outgoing, _mailbox = letters.of_message(message, "merged")
    assert outgoing.automatic == "auto-generated"
    assert f"#{pair[1].number}" in outgoing.subject


def test_a_merge_that_was_taken_back_first_tells_nobody(
    world: World, pair: tuple[Ticket, Ticket], now: datetime
) -> None:
    source, survivor = pair
    merging.merge(source, survivor, world.alice.actor, now, widen=True, tell=True)
    merging.undo(source, world.alice.actor, now)
    merge_notice.tell(db.session.scalars(select(Event).where(Event.kind == "merged_from")).one(), now)
    assert notices() == []
