"""Taking a reply back: as if it had not been sent, with nothing lost, and never once it has begun to leave."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import product
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.people import World, open_for
from ticketdesk.channels import delivery
from ticketdesk.core import claiming
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotAllowed, NotFound
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.sla import rebuilding
from ticketdesk.tickets import assignment, drafts, merging, noting, progress, receiving, replying, sight, withdrawing
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

WAIT = timedelta(seconds=10)
DANA = [("dana@customer.example", "Dana")]
EVE = [("eve@customer.example", "")]


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    """dana has written and nobody has answered."""
    ticket = open_for(world, world.care_queue, at=now)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off"), now)
    db.session.commit()
    return ticket


def reply(ticket: Ticket, world: World, at: datetime, text: str = "It is on its way.", then: str = "") -> Message:
    message = replying.reply(ticket, world.alice, text, to=DANA, cc=EVE, at=at, client_key=text, leaves_at=at + WAIT)
    if then:
        progress.move_to(ticket, then, world.alice.actor, at, sent_with=message.id)
    db.session.commit()
    return message


def rows(message: Message) -> list[OutboxRow]:
    db.session.expire_all()
    return list(
        db.session.scalars(
            select(OutboxRow).where(
                (OutboxRow.message_id == message.id) | (OutboxRow.once == withdrawing.leaving(message.id))
            )
        )
    )


def read_by_dana(ticket: Ticket, world: World) -> list[str]:
    """What the rule of all customers' pages lets dana read."""
    part = sight.participant_of(ticket, world.dana.id)
    assert isinstance(part, Participant)
    wanted = select(Message.text).join(Placement, Placement.message_id == Message.id).where(sight.may_read(part))
    return list(db.session.scalars(wanted.order_by(Message.id)))


def test_it_waits_ten_seconds_and_then_customers_see_it(ticket: Ticket, world: World, now: datetime) -> None:
    message = reply(ticket, world, now)
    assert {row.due_at for row in rows(message)} == {now + WAIT} and len(rows(message)) == 3
    assert read_by_dana(ticket, world) == ["The armrest came off"]
    (leave,) = (row for row in rows(message) if row.task == delivery.LEAVE_TASK)
    assert claiming.take(leave.id, now + WAIT - timedelta(seconds=1)) is None
    claim = claiming.take(leave.id, now + WAIT)
    assert claim is not None
    assert delivery.leave(claim, now + WAIT) == ("done", None)
    assert read_by_dana(ticket, world) == ["The armrest came off", "It is on its way."]
    with pytest.raises(Conflict, match="left already"):
        withdrawing.withdraw(message.id, world.alice, now + WAIT)


def test_everything_is_a_draft_again(ticket: Ticket, world: World, now: datetime) -> None:
    draft = drafts.save(ticket, world.alice, "reply", "It", {}, ticket.last_seq, now)
    drafts.attach(draft, [NewFile("plan.pdf", "application/pdf", b"%PDF")], now)
    seen = ticket.last_seq
    message = replying.reply(
        ticket, world.alice, "It is on its way.", to=DANA, cc=EVE, at=now, draft=draft, leaves_at=now + WAIT
    )
    withdrawing.withdraw(message.id, world.alice, now + timedelta(seconds=9))
    db.session.commit()
    restored = drafts.draft_of(ticket, world.alice, "reply")
    assert restored is not None
    assert restored.text == "It is on its way."
    assert restored.recipients == {"to": ["dana@customer.example"], "cc": ["eve@customer.example"], "channel": "email"}
    assert restored.based_on_seq == seen
    file = db.session.scalars(select(Attachment)).one()
    assert (file.draft_id, file.message_id, file.filename) == (restored.id, None, "plan.pdf")


def test_what_was_begun_since_stands_below(ticket: Ticket, world: World, now: datetime) -> None:
    message = reply(ticket, world, now)
    drafts.save(ticket, world.alice, "reply", "One more thing", {}, 9, now)
    withdrawing.withdraw(message.id, world.alice, now)
    restored = drafts.draft_of(ticket, world.alice, "reply")
    assert restored is not None and restored.text == "It is on its way.\n\nOne more thing"


@pytest.mark.parametrize("then", ["", "pending", "on_hold", "solved"])
def test_the_ticket_is_as_if_it_had_not_been_sent(ticket: Ticket, world: World, now: datetime, then: str) -> None:
    own = ("last_seq", "updated_at", "unassigned_since")  # for handing out it waits anew since it is nobody's again
    names = [column.key for column in Ticket.__table__.columns if column.key not in own]

    def looks() -> dict[str, object]:
        return {name: getattr(ticket, name) for name in names}

    before = looks()
    message = reply(ticket, world, now + timedelta(minutes=5), then=then)
    assert looks() != before
    withdrawing.withdraw(message.id, world.alice, now + timedelta(minutes=5, seconds=4))
    db.session.commit()
    assert {name: (now_, before[name]) for name, now_ in looks().items() if now_ != before[name]} == {}
    assert rebuilding.compare([ticket.id], now + timedelta(hours=1)) == {}
    assert {row.state for row in rows(message)} == {"cancelled"}
    assert db.session.get_one(Message, message.id).text == ""
    assert db.session.scalar(select(func.count()).where(Recipient.message_id == message.id)) == 0
    assert db.session.scalar(select(func.count()).where(SearchRow.message_id == message.id)) == 0
    assert db.session.scalars(select(Event.data).where(Event.kind == "reply_withdrawn")).all() == [
        {"message_id": message.id}
    ]
    assert read_by_dana(ticket, world) == ["The armrest came off"]


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("oldest_first", [True, False])
@pytest.mark.parametrize("thens", list(product(["", "pending", "solved"], repeat=2)))
def test_of_two_replies_taken_back_nothing_is_left(
    ticket: Ticket, world: World, now: datetime, thens: tuple[str, str], oldest_first: bool
) -> None:
    def looks() -> tuple[object, ...]:
        return (ticket.category, ticket.assignee_id, ticket.solved_at, ticket.next_due_at, ticket.answered_at)

    before = looks()
    at = now + timedelta(minutes=5)
    both = [reply(ticket, world, at, f"Number {number}", then) for number, then in enumerate(thens)]
    for message in both if oldest_first else reversed(both):
        withdrawing.withdraw(message.id, world.alice, at + timedelta(seconds=4))
        db.session.commit()
    assert looks() == before
    assert rebuilding.compare([ticket.id], now + timedelta(hours=1)) == {}


def test_while_another_answer_stands_the_ticket_is_not_new_again(ticket: Ticket, world: World, now: datetime) -> None:
    first, second = reply(ticket, world, now, "One"), reply(ticket, world, now, "Two")
    withdrawing.withdraw(first.id, world.alice, now)
    assert ticket.category == "open"
    withdrawing.withdraw(second.id, world.alice, now)
    assert ticket.category == "new"


def test_what_others_changed_meanwhile_stays(ticket: Ticket, world: World, now: datetime) -> None:
    message = reply(ticket, world, now, then="pending")
    progress.move_to(ticket, "on_hold", world.bob.actor, now)
    assignment.assign(ticket, world.bob, world.bob.actor, now)
    withdrawing.withdraw(message.id, world.alice, now)
    assert (ticket.category, ticket.assignee_id) == ("on_hold", world.bob.id)


def test_a_customer_who_writes_meanwhile_has_reopened_it(ticket: Ticket, world: World, now: datetime) -> None:
    message = reply(ticket, world, now, then="solved")
    receiving.receive(ticket, world.dana, Letter("email", "Wait"), now + timedelta(seconds=3))
    withdrawing.withdraw(message.id, world.alice, now + timedelta(seconds=5))
    assert ticket.category == "open"
    assert rebuilding.compare([ticket.id], now + timedelta(hours=1)) == {}


def test_only_its_author_and_only_once(ticket: Ticket, world: World, now: datetime) -> None:
    message = reply(ticket, world, now)
    with pytest.raises(NotAllowed):
        withdrawing.withdraw(message.id, world.bob, now)
    withdrawing.withdraw(message.id, world.alice, now)
    with pytest.raises(Conflict, match="back already"):
        withdrawing.withdraw(message.id, world.alice, now)
    with pytest.raises(NotFound):
        withdrawing.withdraw(message.id + 1000, world.alice, now)
    note = noting.note(ticket, world.alice, "Hm", at=now)
    with pytest.raises(NotAllowed):
        withdrawing.withdraw(note.id, world.alice, now)


@pytest.mark.parametrize("state", ["claimed", "sent", "failed", "ambiguous"])
def test_not_when_any_of_it_has_begun_to_leave(ticket: Ticket, world: World, now: datetime, state: str) -> None:
    message = reply(ticket, world, now)
    rows(message)[-1].state = state
    db.session.commit()
    with pytest.raises(Conflict, match="left already"):
        withdrawing.withdraw(message.id, world.alice, now)
    db.session.rollback()
    assert db.session.get_one(Message, message.id).withdrawn_at is None


def test_what_leaves_at_once_cannot_be_taken_back(ticket: Ticket, world: World, now: datetime) -> None:
    message = replying.reply(ticket, world.alice, "At once.", to=DANA, at=now)
    assert "At once." in read_by_dana(ticket, world)
    with pytest.raises(Conflict, match="left already"):
        withdrawing.withdraw(message.id, world.alice, now)


def test_the_same_key_brings_nothing_back(ticket: Ticket, world: World, now: datetime) -> None:
    message = reply(ticket, world, now, "Hello")
    withdrawing.withdraw(message.id, world.alice, now)
    with pytest.raises(Conflict, match="took this reply back"):
        reply(ticket, world, now, "Hello")
    with pytest.raises(drafts.Sent):
        drafts.save(ticket, world.alice, "reply", "Hello", {}, 1, now, known=0, client_key="Hello")


def test_after_a_merge_the_survivor_owes_the_answer(ticket: Ticket, world: World, now: datetime) -> None:
    survivor = open_for(world, world.care_queue, "Another", at=now)
    replying.reply(survivor, world.bob, "Answered", to=DANA, at=now)
    message = reply(ticket, world, now + timedelta(seconds=1))
    merging.merge(ticket, survivor, world.bob.actor, now + timedelta(seconds=2))
    withdrawing.withdraw(message.id, world.alice, now + timedelta(seconds=3))
    event = db.session.scalars(select(Event).where(Event.kind == "reply_withdrawn")).one()
    assert event.ticket_id == survivor.id
    assert event.data["unanswered_since"] == now.isoformat()
    assert rebuilding.compare([ticket.id, survivor.id], now + timedelta(hours=1)) == {}
    restored = drafts.draft_of(survivor, world.alice, "reply")
    assert restored is not None and restored.text == "It is on its way."


@pytest.mark.parametrize("turn", range(6))
def test_a_worker_or_its_author_is_first_and_never_both(
    committed_app: Flask, committed_world: World, now: datetime, turn: int
) -> None:
    ticket = open_for(committed_world, committed_world.care_queue, at=now)
    message = replying.reply(ticket, committed_world.alice, "Hello", to=DANA, at=now, leaves_at=now + WAIT)
    db.session.commit()
    message_id, alice_id = message.id, committed_world.alice.id
    row_id = next(row.id for row in rows(message) if row.recipient is not None)
    db.session.remove()
    both = Barrier(2)

    def claimed() -> bool:
        with committed_app.app_context():
            both.wait()
            found = claiming.take(row_id, now + WAIT)
            db.session.commit()
            return found is not None

    def withdrawn() -> bool:
        with committed_app.app_context():
            by = db.session.get_one(type(committed_world.alice), alice_id)
            both.wait()
            try:
                withdrawing.withdraw(message_id, by, now + WAIT)
            except Conflict:
                db.session.rollback()
                return False
            db.session.commit()
            return True

    with ThreadPoolExecutor(2) as pool:
        order = [claimed, withdrawn] if turn % 2 else [withdrawn, claimed]
        outcomes = [future.result(30) for future in [pool.submit(one) for one in order]]
    assert sorted(outcomes) == [False, True]


def test_once_a_mail_was_tried_customers_see_it(ticket: Ticket, world: World, now: datetime) -> None:
    message = reply(ticket, world, now)
    row = next(row for row in rows(message) if row.recipient is not None)
    claim = claiming.take(row.id, now + WAIT)
    assert claim is not None
    delivery.ring(claim)
    assert "It is on its way." in read_by_dana(ticket, world)
