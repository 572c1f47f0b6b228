"""Customers are told before a promise passes: once, where they are, and never by a machine to a machine."""

import email
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email import policy as mails

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.channels.chat.talks import DANA, Guest, answers, comes, widget_of
from tests.channels.mails import mail, rows, take, ticket_of, work_all
from tests.people import World
from tests.sla.promises import answer, asked, from_events, record, tells_ahead, told
from ticketdesk.channels.email import acknowledging
from ticketdesk.core import jobs
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.sla import defaults, expectation, passing, promising, sweep
from ticketdesk.sla.history import AnswerTime
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.telling import PURPOSE
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import flags, merging, priority, progress, receiving, replying, timeline
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRST = ("first_response", 1)
BEFORE = 24 * MINUTE
"""A tenth of four hours."""


@pytest.fixture
def promised(world: World, policy: SlaPolicy, now: datetime) -> Ticket:
    """A mail of dana's whose acknowledgement promised an answer at two o'clock, under a policy that tells ahead."""
    tells_ahead(policy)
    world.brand.locale = "en_GB"
    ticket = ticket_of(take(mail(), now))
    work_all(now)
    assert record(ticket)[FIRST].said_in == "acknowledgement"
    return ticket


def planned() -> OutboxRow:
    return db.session.scalars(
        select(OutboxRow).where(OutboxRow.task == promising.TASK).execution_options(populate_existing=True)
    ).one()


def said() -> list[Message]:
    return list(
        db.session.scalars(select(Message).where(Message.facts["purpose"].astext == PURPOSE).order_by(Message.id))
    )


def test_who_is_not_answered_is_told_before_it_passes(
    app: Flask, world: World, promised: Ticket, now: datetime
) -> None:
    due = now + 4 * HOUR
    work_all(due - BEFORE - MINUTE)
    assert said() == []
    work_all(due - BEFORE)
    (message,) = said()
    (row,) = rows(PURPOSE)
    assert (row.state, row.recipient) == ("sent", world.dana.value)
    sent = email.message_from_bytes(
        (app.extensions["ticketdesk.config"].outbox / f"{row.id}.eml").read_bytes(), policy=mails.default
    )
    assert (sent["auto-submitted"], sent["x-auto-response-suppress"]) == ("auto-generated", "All")
    assert sent["in-reply-to"]
    text = sent.get_body(("plain",)).get_content()
    assert "We promised you an answer by Wednesday 4 March, 14:00" in text
    assert "We expect to answer by Wednesday 4 March, 16:00" in text
    assert "/t/" in text, "the reader's own link"
    assert "came off" not in sent.as_string(), "no words of anybody"
    found = record(promised)[FIRST]
    assert (found.state, found.first_for, found.promised_for) == ("moved", due, due + 2 * HOUR)
    assert found == from_events(promised)[FIRST]
    work_all(due + HOUR)
    assert len(said()) == 1, "once"
    assert message.automatic


def test_telling_stops_no_clock_and_is_no_answer(world: World, promised: Ticket, now: datetime) -> None:
    work_all(now + 4 * HOUR - BEFORE)
    timer = db.session.scalars(select(SlaTimer).where(SlaTimer.metric == "first_response")).one()
    assert (timer.state, timer.stopped_at) == ("running", None)
    assert promised.answered_at is None
    sweep.breach_due(now + 4 * HOUR + MINUTE)
    assert timer.state == "breached", "what was promised inside the house holds all the same"
    assert record(promised)[FIRST].state == "moved", "the customer knows of the new time"


@pytest.mark.parametrize(("after", "state"), [(5, "kept"), (7, "broken")])
def test_the_new_time_is_kept_or_broken(world: World, promised: Ticket, now: datetime, after: int, state: str) -> None:
    work_all(now + 4 * HOUR - BEFORE)
    answer(world, promised, now + after * HOUR)
    assert record(promised)[FIRST].state == state


def test_a_new_time_that_passes_is_noticed(world: World, promised: Ticket, now: datetime) -> None:
    work_all(now + 4 * HOUR - BEFORE)
    assert passing.judge_passed(now + 5 * HOUR) == 0
    assert passing.judge_passed(now + 7 * HOUR) == 1
    assert told(promised) == ["made", "moved", "broken"]


def test_the_new_time_comes_from_what_answers_take(world: World, promised: Ticket, now: datetime) -> None:
    db.session.add(
        AnswerTime(
            queue_id=world.care_queue.id,
            channel="email",
            metric="first_response",
            answers=40,
            p50_s=1800,
            p80_s=3600,
            reckoned_at=now,
        )
    )
    work_all(now + 4 * HOUR - BEFORE)
    assert record(promised)[FIRST].promised_for == now + 5 * HOUR
    found = expectation.of_ticket(promised.id, now + 4 * HOUR + MINUTE)
    assert found is not None
    assert (found.kind, found.at, found.instead_of) == ("by", now + 5 * HOUR, now + 4 * HOUR)


def test_an_answer_cancels_it_and_a_lost_answer_brings_it_back(world: World, promised: Ticket, now: datetime) -> None:
    answer(world, promised, now + HOUR)
    db.session.commit()
    assert planned().state == "cancelled"
    (reply,) = db.session.scalars(select(Message).where(Message.agent_id.is_not(None)))
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.message_id == reply.id)).one()
    row.state = "failed"
    db.session.flush()
    from_ = {"message_id": reply.id, "outbox_id": row.id, "permanent": True, "bounced": True}
    timeline.record(promised, "reply_failed", SYSTEM, now + 2 * HOUR, from_)
    db.session.commit()
    assert planned().state == "queued"
    work_all(now + 4 * HOUR - BEFORE)
    assert len(said()) == 1


def test_another_due_time_moves_the_telling(world: World, promised: Ticket, now: datetime) -> None:
    priority.change_priority(promised, "high", world.alice.actor, now + MINUTE)
    db.session.commit()
    due = promised.next_due_at
    assert due is not None
    assert planned().due_at < due < now + 4 * HOUR
    priority.change_priority(promised, "low", world.alice.actor, now + 2 * MINUTE)
    db.session.commit()
    work_all(now + 4 * HOUR - BEFORE)
    assert said() == [], "the time is further off now"
    assert planned().state == "queued"


def test_a_policy_that_keeps_quiet_tells_nobody(world: World, policy: SlaPolicy, now: datetime) -> None:
    ticket = ticket_of(take(mail(), now))
    work_all(now)
    work_all(now + 5 * HOUR)
    assert said() == []
    assert told(ticket)[0] == "made"


def test_too_late_nobody_is_told(world: World, promised: Ticket, now: datetime) -> None:
    work_all(now + 4 * HOUR)
    assert said() == []
    assert (planned().state, planned().response) == ("done", "too late")


@pytest.mark.parametrize("what", ["spam", "trash", "solved", "closed", "merged", "pending"])
def test_what_is_not_with_us_is_told_nothing(world: World, promised: Ticket, now: datetime, what: str) -> None:
    by, at = world.alice.actor, now + HOUR
    if what == "spam":
        flags.mark_spam(promised, by, at)
    elif what == "trash":
        flags.trash(promised, by, at)
    elif what == "merged":
        merging.merge(promised, asked(world, at), by, at, widen=True)
    else:
        progress.move_to(promised, what, by, at)
    db.session.commit()
    work_all(now + 4 * HOUR - BEFORE)
    work_all(now + 4 * HOUR - MINUTE)
    assert said() == []


def test_whose_turn_comes_back_to_us_in_time_is_told_then(world: World, promised: Ticket, now: datetime) -> None:
    progress.move_to(promised, "pending", world.alice.actor, now + HOUR)
    db.session.commit()
    work_all(now + 4 * HOUR - BEFORE)
    receiving.receive(promised, world.dana, Letter("email", "Hello?"), now + 4 * HOUR - BEFORE + MINUTE)
    db.session.commit()
    work_all(now + 4 * HOUR - BEFORE + 2 * MINUTE)
    assert len(said()) == 1


def test_machines_are_told_nothing(world: World, policy: SlaPolicy, now: datetime) -> None:
    tells_ahead(policy)
    ticket = ticket_of(take(mail(headers=[("Precedence", "list")]), now))
    promising.make(ticket, "form", now)
    db.session.commit()
    work_all(now + 4 * HOUR - BEFORE)
    assert said() == []
    assert planned().response == "nowhere to tell"
    assert record(ticket)[FIRST].state == "made", "nobody was told, so nothing moved"


def test_an_address_that_takes_no_mail_is_told_nothing(world: World, promised: Ticket, now: datetime) -> None:
    world.dana.undeliverable_since = now
    db.session.commit()
    work_all(now + 4 * HOUR - BEFORE)
    assert said() == []


def test_it_counts_among_ten_automatic_mails_in_three_hours(world: World, promised: Ticket, now: datetime) -> None:
    at = now + 3 * HOUR
    for number in range(acknowledging.MOST):
        other = asked(world, at + timedelta(seconds=number))
        replying.tell_automatically(other, "It has come.", ((world.dana.value, ""),), "acknowledgement", at)
    db.session.commit()
    work_all(now + 4 * HOUR - BEFORE)
    assert said() == []


def test_the_task_done_twice_tells_once(world: World, promised: Ticket, now: datetime) -> None:
    """JB-01."""
    work_all(now + 4 * HOUR - BEFORE)
    row = planned()
    row.state = "queued"
    db.session.commit()
    work_all(now + 4 * HOUR - BEFORE + MINUTE)
    assert len(said()) == 1
    assert told(promised) == ["made", "moved"]


def chat_at(world: World, now: datetime, **who: str) -> Guest:
    guest = comes(widget_of(world), now, **who)
    guest.says("Hello?", now)
    promising.make(guest.ticket, "chat", now)
    db.session.commit()
    return guest


def test_in_a_chat_it_is_said_there(world: World, policy: SlaPolicy, now: datetime) -> None:
    tells_ahead(policy)
    guest = chat_at(world, now, email=DANA)
    at = now + 4 * HOUR - BEFORE
    guest.stays(at)
    work_all(at)
    (message,) = said()
    assert (message.channel, message.agent_id) == ("chat", None)
    (told,) = [words for words in guest.sees() if words.startswith("We promised you an answer by")]
    assert "answer this mail" not in told
    assert rows() == []


def test_who_left_the_chat_is_told_by_mail(world: World, policy: SlaPolicy, now: datetime) -> None:
    tells_ahead(policy)
    guest = chat_at(world, now, email=DANA)
    guest.leaves(now + MINUTE)
    work_all(now + 4 * HOUR - BEFORE)
    (row,) = rows(PURPOSE)
    assert (row.recipient, row.state) == (DANA, "sent")


def test_an_address_typed_again_and_again_is_mailed_once(world: World, policy: SlaPolicy, now: datetime) -> None:
    """ML-07."""
    tells_ahead(policy)
    for number in range(3):
        chat_at(world, now + number * MINUTE, email=DANA).leaves(now + 5 * MINUTE)
    work_all(now + 4 * HOUR - BEFORE + 3 * MINUTE)
    assert len(rows(PURPOSE)) == 1


def test_what_we_say_by_ourselves_is_no_reason_for_a_mail(world: World, policy: SlaPolicy, now: datetime) -> None:
    tells_ahead(policy)
    guest = chat_at(world, now)
    guest.leaves(now + MINUTE)
    work_all(now + 4 * HOUR - BEFORE)
    assert said()[0].channel == "chat", "it waits there"
    guest.gives(DANA, now + 4 * HOUR)
    guest.leaves(now + 4 * HOUR)
    work_all(now + 5 * HOUR)
    assert rows(PURPOSE) == rows("chat_missed") == []
    answers(world.alice, guest.ticket, "Here it is.", now + 6 * HOUR)
    work_all(now + 6 * HOUR + 10 * MINUTE)
    assert len(rows("chat_missed")) == 1, "with an answer it goes along"


def test_an_answer_and_the_telling_at_the_same_moment_have_one_outcome(
    committed_app: Flask, committed_world: World, now: datetime
) -> None:
    world = committed_world
    standard = defaults.create(SYSTEM, now - timedelta(days=1))
    tells_ahead(standard)
    ids = []
    for number in range(8):
        ticket = asked(world, now + timedelta(seconds=number))
        promising.make(ticket, "form", now + timedelta(seconds=number))
        ids.append(ticket.id)
    db.session.commit()
    at, gate = now + 4 * HOUR - BEFORE + MINUTE, threading.Barrier(2)
    waiting = select(OutboxRow.payload["promise_id"].as_integer(), OutboxRow.id)
    tasks = {row[0]: row[1] for row in db.session.execute(waiting.where(OutboxRow.task == promising.TASK))}
    alice, dana = world.alice.id, world.dana.value
    db.session.remove()

    def tell(number: int) -> None:
        with committed_app.app_context():
            gate.wait(10)
            jobs.run(tasks[number], at)
            db.session.remove()

    def reply(ticket_id: int) -> None:
        with committed_app.app_context():
            gate.wait(10)
            agent = db.session.get_one(type(world.alice), alice)
            replying.reply(db.session.get_one(Ticket, ticket_id), agent, "Here.", to=[(dana, "")], at=at)
            db.session.commit()
            db.session.remove()

    for promise_id, ticket_id in zip(sorted(tasks), ids, strict=True):
        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(tell, promise_id), pool.submit(reply, ticket_id)]
            for one in done:
                one.result()
    for ticket_id in ids:
        ticket = db.session.get_one(Ticket, ticket_id)
        assert told(ticket) in (["made", "kept"], ["made", "moved", "kept"])
        assert record(ticket) == from_events(ticket)
        mailed = db.session.scalar(
            select(func.count()).where(
                Event.ticket_id == ticket_id, Event.kind == "reply_sent", Event.data["purpose"].astext == PURPOSE
            )
        )
        assert mailed == ("moved" in told(ticket))
