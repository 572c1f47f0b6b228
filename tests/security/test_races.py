"""Many at once on one ticket: nothing is lost, nothing counts twice, and whoever was overtaken is told (ST-04)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.people import World, open_for, sign_in
from ticketdesk.accounts.agent import Agent
from ticketdesk.automation import macros, macros_for_many
from ticketdesk.automation.macro import Macro
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import counters
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Refused
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.routing import projection
from ticketdesk.tickets import (
    assignment,
    counting,
    drafts,
    noting,
    opening,
    progress,
    receiving,
    replying,
    sending_later,
    snoozing,
    tagging,
)
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

TOGETHER = 10
"""So many really begin in one moment; each has a connection of its own."""
LATER = timedelta(hours=3)
DANA = [("dana@customer.example", "Dana")]

Act = Callable[[], object]


@pytest.fixture
def ticket_id(committed_world: World, now: datetime) -> int:
    """A ticket of dana's in the queue of alice and bob."""
    ticket = open_for(committed_world, committed_world.care_queue, at=now)
    receiving.receive(ticket, committed_world.dana, Letter("email", "The armrest came off."), now)
    db.session.commit()
    return ticket.id


@pytest.fixture
def agent_ids(committed_world: World) -> list[int]:
    """alice and bob."""
    return [committed_world.alice.id, committed_world.bob.id]


def at_once(app: Flask, acts: Sequence[Act]) -> list[str]:
    """Do everything in threads that start together, each act in a transaction of its own; "" or why it was refused."""
    together = min(TOGETHER, len(acts))
    start = Barrier(together)

    def work(mine: Iterable[Act]) -> list[str]:
        start.wait(timeout=30)
        return [_done(app, act) for act in mine]

    with ThreadPoolExecutor(together) as threads:
        return [said for part in threads.map(work, [acts[n::together] for n in range(together)]) for said in part]


def _done(app: Flask, act: Act) -> str:
    with app.app_context():
        try:
            act()
            db.session.commit()
        except Refused as refusal:
            db.session.rollback()
            return str(refusal)
        finally:
            db.session.remove()
    return ""


def ticket_of(ticket_id: int) -> Ticket:
    """The ticket in this thread's session."""
    return db.session.get_one(Ticket, ticket_id)


def agent_of(agent_id: int) -> Agent:
    """The agent in this thread's session."""
    return db.session.get_one(Agent, agent_id)


def events_of(ticket_id: int) -> list[Event]:
    """What the log says now, after checking that it has neither gap nor double."""
    db.session.rollback()
    events = list(db.session.scalars(select(Event).where(Event.ticket_id == ticket_id).order_by(Event.seq)))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert db.session.get_one(Ticket, ticket_id, populate_existing=True).last_seq == len(events)
    return events


def placed(ticket_id: int) -> int:
    """How many messages stand in the ticket, each at the event that tells of it."""
    seqs = db.session.scalars(select(Placement.seq).where(Placement.ticket_id == ticket_id)).all()
    assert len(set(seqs)) == len(seqs)
    kinds = ("message_received", "reply_sent", "note_added")
    told = {event.seq for event in events_of(ticket_id) if event.kind in kinds}
    assert set(seqs) == told
    return len(seqs)


def check_counters() -> None:
    """The kept counts are those of a recount, folded or not."""
    db.session.rollback()
    counted: Counter[str] = Counter()
    for ticket in db.session.scalars(select(Ticket)):
        counted.update(counting.buckets(ticket))
        if ticket.load_key is not None:
            counted[ticket.load_key] += projection.weight(ticket)
    keys = {
        *counted,
        *db.session.scalars(select(counters.Counter.key)),
        *db.session.scalars(select(counters.CounterDelta.key)),
    }
    assert counters.read(keys) == {key: counted[key] for key in keys}


@pytest.mark.slow
def test_replies_while_it_is_solved(committed_app: Flask, ticket_id: int, agent_ids: list[int], now: datetime) -> None:
    def answer(number: int) -> Act:
        return lambda: replying.reply(
            ticket_of(ticket_id), agent_of(agent_ids[number % 2]), f"Answer {number}", to=DANA, at=now
        )

    acts: list[Act] = [answer(number) for number in range(50)]
    acts[25:25] = [lambda: progress.solve(ticket_of(ticket_id), SYSTEM, now), counters.fold]
    assert set(at_once(committed_app, acts)) == {""}

    events = events_of(ticket_id)
    kinds = Counter(event.kind for event in events)
    assert kinds["reply_sent"] == 50
    assert kinds["assigned"] == 1, "whoever answered first took it, once"
    assert placed(ticket_id) == 51
    ticket = ticket_of(ticket_id)
    assert ticket.message_count == 51
    last = [event.data["to_category"] for event in events if event.kind == "status_changed"][-1]
    assert ticket.category == last == "solved"
    assert db.session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.task == "mail.send")) == 50
    check_counters()


def test_the_customer_answers_while_it_is_solved(
    committed_app: Flask, committed_world: World, ticket_id: int, now: datetime
) -> None:
    dana_id = committed_world.dana.id

    def writing(number: int) -> Act:
        return lambda: receiving.receive(
            ticket_of(ticket_id), db.session.get_one(Identity, dana_id), Letter("email", f"Still broken {number}"), now
        )

    solving = [lambda: progress.solve(ticket_of(ticket_id), SYSTEM, now)] * 10
    acts: list[Act] = [act for pair in zip([writing(n) for n in range(10)], solving, strict=True) for act in pair]
    assert set(at_once(committed_app, acts)) == {""}

    changes = [event.data for event in events_of(ticket_id) if event.kind == "status_changed"]
    chain = [data["from_category"] for data in changes[1:]]
    assert chain == [data["to_category"] for data in changes[:-1]], "each change begins where the one before ended"
    assert ticket_of(ticket_id).category == changes[-1]["to_category"]
    assert placed(ticket_id) == 11
    check_counters()


def test_two_agents_assign(committed_app: Flask, ticket_id: int, agent_ids: list[int], now: datetime) -> None:
    def assigning(number: int) -> Act:
        def act() -> None:
            agent = agent_of(agent_ids[number % 2])
            assignment.assign(ticket_of(ticket_id), agent, agent.actor, now)

        return act

    acts: list[Act] = [assigning(number) for number in range(20)]
    assert set(at_once(committed_app, [*acts, counters.fold])) == {""}

    moves = [event.data for event in events_of(ticket_id) if event.kind == "assigned"]
    assert [data["from"] for data in moves] == [None, *(data["to"] for data in moves[:-1])]
    assert ticket_of(ticket_id).assignee_id == moves[-1]["to"]
    check_counters()


def test_everybody_tags(committed_app: Flask, ticket_id: int, now: datetime) -> None:
    def tag(number: int) -> Act:
        return lambda: tagging.change_tags(ticket_of(ticket_id), [f"tag-{number}", "seen"], [], SYSTEM, now)

    assert set(at_once(committed_app, [tag(number) for number in range(30)])) == {""}

    db.session.rollback()
    assert tagging.tags_of(ticket_id) == sorted(["seen", *(f"tag-{number}" for number in range(30))])
    added = [tag_id for event in events_of(ticket_id) for tag_id in event.data.get("added", [])]
    assert len(added) == len(set(added)) == 31


def test_notes_of_everybody(committed_app: Flask, ticket_id: int, agent_ids: list[int], now: datetime) -> None:
    def remark(number: int) -> Act:
        return lambda: noting.note(
            ticket_of(ticket_id),
            agent_of(agent_ids[number % 2]),
            f"Seen {number}",
            at=now,
            client_key=f"key {number // 2}",
        )

    assert set(at_once(committed_app, [remark(number) for number in range(40)])) == {""}

    assert placed(ticket_id) == 21, "the same key twice makes one note"
    assert ticket_of(ticket_id).message_count == 21
    written = db.session.scalars(select(Message.client_key).where(Message.kind == "note")).all()
    assert set(written) == {f"key {number}" for number in range(20)}


@pytest.mark.slow
def test_fifty_tickets_open_at_once(committed_app: Flask, committed_world: World, now: datetime) -> None:
    queue_id, dana_id = committed_world.care_queue.id, committed_world.dana.id

    def open_one() -> None:
        dana = db.session.get_one(Identity, dana_id)
        ticket = opening.open_ticket(
            queue_id=queue_id, requester=dana, subject="The armrest came off", channel="email", by=SYSTEM, at=now
        )
        receiving.receive(ticket, dana, Letter("email", "It came off."), now)

    assert set(at_once(committed_app, [open_one] * 50 + [counters.fold] * 5)) == {""}

    db.session.rollback()
    numbers = db.session.scalars(select(Ticket.number)).all()
    references = db.session.scalars(select(Ticket.reference)).all()
    assert len(numbers) == len(set(numbers)) == len(set(references)) == 50
    for ticket_id in db.session.scalars(select(Ticket.id)).all():
        placed(ticket_id)
    assert counters.read([f"queue:{queue_id}"]) == {f"queue:{queue_id}": 50}
    check_counters()


def test_one_of_two_replies_is_shown_the_other(committed_app: Flask, committed_world: World, ticket_id: int) -> None:
    ticket = ticket_of(ticket_id)
    number, seen = ticket.number, ticket.last_seq
    browsers = [sign_in(committed_app.test_client(), committed_world.agent(name)) for name in ("alice", "bob")]
    db.session.commit()
    start = Barrier(2)

    def send(place: int) -> int:
        words = {"text": f"From browser {place}", "to": "dana@customer.example", "based_on_seq": seen}
        start.wait(timeout=30)
        return _post(browsers[place], f"/desk/tickets/{number}/replies", {**words, "client_key": f"key {place}"})

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(send, range(2))) == [201, 409]
    assert Counter(event.kind for event in events_of(ticket_id))["reply_sent"] == 1


def test_a_macro_of_two_agents_answers_each_customer_once(
    committed_app: Flask, committed_world: World, ticket_id: int, agent_ids: list[int], now: datetime
) -> None:
    """Both looked at the same tickets and use it in the same moment, which the list of each has in another order."""
    other = open_for(committed_world, committed_world.care_queue, at=now)
    receiving.receive(other, committed_world.dana, Letter("email", "The lamp as well."), now)
    macro_id = macros.create(macros.Setup("Sorry", "Dear {{ customer.name }}, we are sorry."), SYSTEM, now).id
    db.session.commit()
    ids = [ticket_id, other.id]
    seen = {ticket.number: ticket.last_seq for ticket in map(ticket_of, ids)}

    def using(place: int) -> Act:
        numbers = list(seen)[:: -1 if place else 1]
        return lambda: macros_for_many.use(
            db.session.get_one(Macro, macro_id),
            agent_of(agent_ids[place]),
            numbers,
            now,
            key=f"page-{place}",
            told=numbers,
            seen=seen,
        )

    said = at_once(committed_app, [using(0), using(1)])
    assert sorted(bool(words) for words in said) == [False, True], said
    assert [Counter(event.kind for event in events_of(one))["reply_sent"] for one in ids] == [1, 1]


def test_two_agents_tag_on_their_pages(committed_app: Flask, committed_world: World, ticket_id: int) -> None:
    number = ticket_of(ticket_id).number
    browsers = [sign_in(committed_app.test_client(), committed_world.agent(name)) for name in ("alice", "bob")]
    db.session.commit()
    start = Barrier(2)

    def tag(place: int) -> None:
        for turn in range(5):
            start.wait(timeout=30)
            assert _post(browsers[place], f"/desk/tickets/{number}/tags", {"add": f"turn-{turn}-{place}"}) == 200

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(tag, range(2)))
    db.session.rollback()
    assert len(tagging.tags_of(ticket_id)) == 10


def _post(browser: Any, address: str, words: dict[str, Any]) -> int:
    answer = browser.post(address, data=words, headers={"HX-Request": "true", "X-Seen-Seq": "0"})
    return int(answer.status_code)


def _for_later(ticket_id: int, agent_id: int, now: datetime) -> int:
    ticket = ticket_of(ticket_id)
    draft = drafts.save(ticket, agent_of(agent_id), "reply", "It is on its way.", {}, ticket.last_seq, now)
    row = sending_later.keep(
        ticket, draft, now + LATER, to=DANA, at=now, client_key="later", based_on_seq=ticket.last_seq
    )
    db.session.commit()
    return row.id


@pytest.mark.parametrize("round_", range(4))
def test_the_customer_writes_as_a_reply_for_later_leaves(
    committed_app: Flask, committed_world: World, ticket_id: int, agent_ids: list[int], now: datetime, round_: int
) -> None:
    """Sent once, or a draft again; never both, and never neither."""
    row_id, dana_id = _for_later(ticket_id, agent_ids[0], now), committed_world.dana.id
    at = now + LATER

    def write() -> object:
        return receiving.receive(ticket_of(ticket_id), db.session.get_one(Identity, dana_id), Letter("email", "!"), at)

    acts: list[Act] = [lambda: sending_later.send(row_id, at)] * 4
    acts.insert(round_, write)
    assert set(at_once(committed_app, acts)) == {""}
    kinds = Counter(event.kind for event in events_of(ticket_id))
    row = db.session.get_one(LaterReply, row_id)
    begun = drafts.draft_of(ticket_of(ticket_id), agent_of(agent_ids[0]), "reply")
    outcome = (row.state, kinds["reply_sent"], kinds["reply_handed_back"], begun is not None)
    assert outcome in [("sent", 1, 0, False), ("handed_back", 0, 1, True)]
    assert ticket_of(ticket_id).later_count == 0


def test_its_author_and_workers_at_once(
    committed_app: Flask, ticket_id: int, agent_ids: list[int], now: datetime
) -> None:
    row_id, at = _for_later(ticket_id, agent_ids[0], now), now + LATER
    acts: list[Act] = [
        *[lambda: sending_later.send(row_id, at)] * 4,
        *[lambda: sending_later.send_now(row_id, agent_of(agent_ids[0]), at)] * 2,
        *[lambda: sending_later.take_back(row_id, agent_of(agent_ids[0]), at)] * 2,
        lambda: sending_later.cancel(row_id, agent_of(agent_ids[1]), at),
    ]
    at_once(committed_app, acts)
    kinds = Counter(event.kind for event in events_of(ticket_id))
    assert kinds["reply_sent"] + kinds["reply_handed_back"] + kinds["later_reply_cancelled"] == 1


def test_each_wakes_once_whoever_looks(
    committed_app: Flask, committed_world: World, ticket_id: int, agent_ids: list[int], now: datetime
) -> None:
    """Four schedules, a customer and an agent at the same moment."""
    at, dana_id = now + LATER, committed_world.dana.id
    ids = [ticket_id]
    for number in range(5):
        ids.append(open_for(committed_world, committed_world.care_queue, f"Another {number}", at=now).id)
    for one in ids:
        snoozing.snooze(ticket_of(one), at, committed_world.alice.actor, now)
    db.session.commit()

    def write() -> object:
        return receiving.receive(ticket_of(ticket_id), db.session.get_one(Identity, dana_id), Letter("email", "!"), at)

    acts: list[Act] = [
        *[lambda: snoozing.wake_due(at)] * 4,
        write,
        lambda: snoozing.wake(ticket_of(ticket_id), "by_hand", agent_of(agent_ids[0]).actor, at),
    ]
    assert set(at_once(committed_app, acts)) == {""}
    assert snoozing.wake_due(at) <= 1  # one that somebody held has its turn now
    db.session.commit()
    for one in ids:
        assert Counter(event.kind for event in events_of(one))["woken"] == 1
    queue = f"queue:{ticket_of(ticket_id).queue_id}"
    assert counters.read([queue, f"{queue}:snoozed"]) == {queue: len(ids), f"{queue}:snoozed": 0}
