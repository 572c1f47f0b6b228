"""Chats ring: who hears it, who gets it, on to whom it goes, and what agents take while it rings."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count, takewhile

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from tests.locks import until_one_waits
from tests.people import World, open_for
from tests.routing.conftest import come
from tests.routing.test_many_dispatchers import at_once
from ticketdesk.accounts import availability, capacities
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import Availability
from ticketdesk.accounts.team import TeamMember
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound
from ticketdesk.routing import deciding, dispatch, facts, missing, next_ticket, offering, projection, unaccepted
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.tickets import assignment, medium, moving, opening, progress
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def chat(world: World, queue: Queue, now: datetime) -> Ticket:
    """A visitor's first words."""
    return opening.open_ticket(
        queue_id=queue.id, requester=world.eve, subject="Hello", channel="chat", by=SYSTEM, at=now
    )


def offers(ticket: Ticket) -> list[tuple[int, str]]:
    """Everybody for whom it rang, and what became of it."""
    rows = db.session.scalars(
        select(RoutingOffer)
        .where(RoutingOffer.ticket_id == ticket.id)
        .order_by(RoutingOffer.id)
        .execution_options(populate_existing=True)
    )
    return [(one.agent_id, one.state) for one in rows]


def ringing(ticket: Ticket, agent: Agent) -> int:
    """The id of what rings for an agent."""
    return db.session.scalars(
        select(RoutingOffer.id).where(
            RoutingOffer.ticket_id == ticket.id, RoutingOffer.agent_id == agent.id, RoutingOffer.state == "ringing"
        )
    ).one()


def kinds(ticket: Ticket) -> list[str]:
    return list(db.session.scalars(select(Event.kind).where(Event.ticket_id == ticket.id).order_by(Event.seq)))


def test_a_chat_rings_instead_of_being_given(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = chat(world, queue, now)
    assert dispatch.dispatch(ticket.id, now)
    assert ticket.assignee_id is None
    assert offers(ticket) == [(world.alice.id, "ringing")]
    [decision] = deciding.of_ticket(ticket.id)
    assert (decision.kind, decision.agent_id, decision.reason) == ("offered", world.alice.id, "only_one")
    assert not dispatch.dispatch(ticket.id, now), "it has its turn already"
    assert len(offers(ticket)) == 1


def test_whoever_was_taken_off_the_queue_meanwhile_gets_nothing(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    offer_id = ringing(ticket, world.alice)
    db.session.execute(delete(TeamMember).where(TeamMember.agent_id == world.alice.id))
    with pytest.raises(NotFound):
        offering.accept(offer_id, world.alice, now)
    assert ticket.assignee_id is None


def test_whoever_accepts_has_it(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    offer_id = ringing(ticket, world.alice)
    with pytest.raises(NotFound):
        offering.accept(offer_id, world.bob, now)
    offering.accept(offer_id, world.alice, now + 4 * SECOND)
    assert ticket.assignee_id == world.alice.id
    assert offers(ticket) == [(world.alice.id, "accepted")]
    event = db.session.scalars(select(Event).where(Event.kind == "chat_accepted")).one()
    assert event.data == {"agent_id": world.alice.id, "from": None, "waited_s": 4}
    decision = deciding.giving(ticket.id, world.alice.id)
    assert decision is not None and decision.kind == "accepted" and decision.candidates["considered"]
    offering.accept(offer_id, world.alice, now + 5 * SECOND)
    assert kinds(ticket).count("chat_accepted") == 1, "to click twice changes nothing"


def test_it_goes_on_when_passed_on_and_when_nobody_answers(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice, world.bob)
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    first = world.agent("alice") if offers(ticket)[0][0] == world.alice.id else world.bob
    second = world.bob if first is world.alice else world.alice
    offering.pass_on(ringing(ticket, first), first, now + SECOND, "at  lunch")
    [skipped] = [one for one in deciding.of_ticket(ticket.id) if one.kind == "skipped"]
    assert (skipped.from_id, skipped.reason, skipped.note) == (first.id, "passed_on", "at lunch")
    dispatch.dispatch(ticket.id, now + SECOND)
    assert offers(ticket) == [(first.id, "passed"), (second.id, "ringing")]
    assert missing.expire(now + 30 * SECOND) == 0
    assert missing.expire(now + 31 * SECOND) == 1
    skipped = [one for one in deciding.of_ticket(ticket.id) if one.kind == "skipped"][-1]
    assert (skipped.from_id, skipped.reason) == (second.id, "did_not_answer")
    dispatch.dispatch(ticket.id, now + 31 * SECOND)
    assert offers(ticket)[2:] == [(second.id, "ringing")], "nobody else is left, and they never said no"
    assert kinds(ticket).count("chat_passed_on") == 2


def test_passed_on_by_all_is_told_to_the_visitor_at_once(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    offering.pass_on(ringing(ticket, world.alice), world.alice, now)
    dispatch.dispatch(ticket.id, now)
    assert (ticket.medium, ticket.rings_since) == ("mail", None)
    event = db.session.scalars(select(Event).where(Event.kind == "chat_unanswered")).one()
    assert event.data["why"] == "nobody_there"


def test_where_agents_choose_it_rings_for_all_who_can(world: World, now: datetime) -> None:
    come(now, world.alice, world.bob)
    capacities.set_own(world.bob, "chat", 0, SYSTEM, now)
    ticket = chat(world, world.care_queue, now)
    assert dispatch.dispatch(ticket.id, now)
    assert offers(ticket) == [(world.alice.id, "ringing")], "bob takes no chats"
    capacities.set_own(world.bob, "chat", 2, SYSTEM, now)
    other = chat(world, world.care_queue, now)
    dispatch.dispatch(other.id, now)
    assert sorted(offers(other)) == sorted([(world.alice.id, "ringing"), (world.bob.id, "ringing")])
    letter = open_for(world, world.care_queue, at=now)
    assert not dispatch.dispatch(letter.id, now) and letter.assignee_id is None
    alices = ringing(other, world.alice)
    offering.accept(ringing(other, world.bob), world.bob, now)
    assert offers(other) == [(world.alice.id, "withdrawn"), (world.bob.id, "accepted")] or offers(other) == [
        (world.bob.id, "accepted"),
        (world.alice.id, "withdrawn"),
    ]
    with pytest.raises(Conflict, match=r"^Bob.* was quicker"):
        offering.accept(alices, world.alice, now)


def test_what_rings_counts(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    capacities.set_own(world.alice, "chat", 2, SYSTEM, now)
    tickets = [chat(world, queue, now) for _ in range(3)]
    assert dispatch.dispatch_waiting(now) == 2
    assert [bool(offers(ticket)) for ticket in tickets] == [True, True, False]
    assert facts.worker(world.alice).room("chat") == 0
    offering.accept(ringing(tickets[0], world.alice), world.alice, now)
    assert facts.worker(world.alice).room("chat") == 0
    assert dispatch.dispatch_waiting(now) == 0
    progress.solve(tickets[0], world.alice.actor, now)
    assert dispatch.dispatch_waiting(now) == 1, "room for the third"
    assert projection.loads([world.alice.id]) == projection.recount([world.alice.id])


@pytest.mark.parametrize(
    "happens",
    [
        lambda ticket, world, now: assignment.assign(ticket, world.bob, world.bob.actor, now),
        lambda ticket, world, now: progress.solve(ticket, world.bob.actor, now),
        lambda ticket, world, now: medium.turn_to_mail(ticket, SYSTEM, now),
        lambda ticket, world, now: moving.move(ticket, world.orders_queue, world.ada.actor, now),
    ],
)
def test_what_makes_no_sense_any_more_is_withdrawn(
    world: World, queue: Queue, now: datetime, happens: Callable[[Ticket, World, datetime], object]
) -> None:
    come(now, world.alice)
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    offer_id = ringing(ticket, world.alice)
    happens(ticket, world, now)
    assert offers(ticket) == [(world.alice.id, "withdrawn")]
    assert facts.worker(world.alice).load["chat"] == 0
    with pytest.raises(Conflict):
        offering.accept(offer_id, world.alice, now)
    assert ticket.assignee_id != world.alice.id


def test_nobody_accepts_within_the_time_set(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    assert unaccepted.give_up(now + 119 * SECOND) == 0
    assert unaccepted.give_up(now + 120 * SECOND) == 1
    assert (ticket.medium, offers(ticket)) == ("mail", [(world.alice.id, "withdrawn")])
    event = db.session.scalars(select(Event).where(Event.kind == "chat_unanswered")).one()
    assert event.data == {"why": "nobody_accepted", "waited_s": 120}
    assert unaccepted.give_up(now + 200 * SECOND) == 0
    assert ticket.needs.startswith("email:")
    dispatch.dispatch(ticket.id, now + 60 * SECOND)
    assert ticket.assignee_id == world.alice.id, "as a ticket it is given like any other"


def test_nobody_there_is_known_at_once(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice, world.bob, state="away")
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    assert (ticket.medium, offers(ticket)) == ("mail", [])
    assert "chat_unanswered" in kinds(ticket)


def test_whoever_is_full_may_get_room(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    capacities.set_own(world.alice, "chat", 1, SYSTEM, now)
    first, second = chat(world, queue, now), chat(world, queue, now)
    dispatch.dispatch_waiting(now)
    dispatch.dispatch(second.id, now)
    assert second.medium == "chat", "within two minutes alice may be free"
    offering.accept(ringing(first, world.alice), world.alice, now)
    progress.solve(first, world.alice.actor, now)
    dispatch.dispatch(second.id, now + 60 * SECOND)
    assert offers(second) == [(world.alice.id, "ringing")]


def test_three_rings_missed_in_a_row_and_no_more_come(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket, at = chat(world, queue, now), now
    for number in range(3):
        availability.heartbeats([world.alice.id], at)
        dispatch.dispatch(ticket.id, at)
        assert stated(world.alice) == "online", number
        at += 30 * SECOND
        missing.expire(at)
    assert stated(world.alice) == "away"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "put_away")).one()
    assert entry.data == {"channel": "chat", "missed": 3}
    last = db.session.scalars(select(RoutingOffer).order_by(RoutingOffer.id.desc()).limit(1)).one()
    assert last.put_away
    dispatch.dispatch(ticket.id, at)
    assert ticket.medium == "mail", "nobody is left, and the visitor need not wait the rest of the time"
    come(at + MINUTE, world.alice)
    other = chat(world, queue, at + MINUTE)
    dispatch.dispatch(other.id, at + MINUTE)
    missing.expire(at + 2 * MINUTE)
    assert stated(world.alice) == "online", "what was before they came back does not count"


def test_one_that_was_taken_in_between_begins_the_count_anew(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    at = now
    for number in range(5):
        availability.heartbeats([world.alice.id], at)
        ticket = chat(world, queue, at)
        dispatch.dispatch(ticket.id, at)
        if number == 2:
            offering.accept(ringing(ticket, world.alice), world.alice, at + SECOND)
        at += 30 * SECOND
        missing.expire(at)
        progress.solve(ticket, SYSTEM, at)
    assert stated(world.alice) == "online"


def test_the_next_ticket_is_the_chat_that_rings(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    open_for(world, queue, at=now)
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    assert next_ticket.next_for(world.alice, now).ticket is ticket
    assert ticket.assignee_id == world.alice.id


def test_who_comes_too_late_for_what_rings_gets_what_is_next(
    world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(now, world.alice, world.bob)
    ticket = chat(world, world.care_queue, now)
    dispatch.dispatch(ticket.id, now)
    mine, his = ringing(ticket, world.alice), ringing(ticket, world.bob)
    other = open_for(world, world.care_queue, at=now)
    offering.accept(his, world.bob, now)
    monkeypatch.setattr(next_ticket, "_rings_for", lambda agent: mine)  # read before bob's was committed
    assert next_ticket.next_for(world.alice, now).ticket is other


def test_who_passes_one_on_for_what_rings_holds_neither_while_waiting_for_the_other(
    committed_app: Flask, committed_world: World, rings: int, now: datetime
) -> None:
    alice = committed_world.alice
    own = open_for(committed_world, committed_world.care_queue, at=now)
    assignment.assign(own, alice, SYSTEM, now)
    db.session.commit()
    alice_id, own_id = alice.id, own.id
    got: list[int | None] = []
    assert rings < own_id
    db.session.remove()

    def ask() -> None:
        with committed_app.app_context():
            agent = db.session.get_one(Agent, alice_id)
            served = next_ticket.next_for(agent, now, next_ticket.Skip(own_id, "no_time")).ticket
            db.session.commit()
            got.append(served.id if served is not None else None)

    hold = text("SELECT 1 FROM tickets WHERE id = :id FOR UPDATE NOWAIT")
    thread = threading.Thread(target=ask)
    with db.engine.connect() as merger, db.engine.connect() as watcher:
        merger.execute(hold, {"id": rings})
        thread.start()
        until_one_waits(watcher)
        merger.execute(hold, {"id": own_id})  # held by the other, it would be a deadlock
    thread.join(30)
    assert got == [rings]


def test_what_rings_in_a_queue_that_was_lost_is_no_next_ticket(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    dispatch.dispatch(chat(world, queue, now).id, now)
    db.session.execute(delete(TeamMember).where(TeamMember.agent_id == world.alice.id))
    assert next_ticket.next_for(world.alice, now).ticket is None


def test_what_rings_elsewhere_is_nobodys_next_ticket(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    ticket = chat(world, queue, now)
    dispatch.dispatch(ticket.id, now)
    assert next_ticket.next_for(world.bob, now).ticket is None


@pytest.fixture
def rings(committed_world: World, now: datetime) -> int:
    """A chat that rings for two who can take it."""
    world = committed_world
    come(now, world.alice, world.bob)
    ticket = chat(world, world.care_queue, now)
    dispatch.dispatch(ticket.id, now)
    db.session.commit()
    return ticket.id


def test_of_two_who_accept_at_once_exactly_one_has_it(
    committed_app: Flask, committed_world: World, rings: int, now: datetime
) -> None:
    outcome: list[str] = []

    ids = {name: committed_world.agent(name).id for name in ("alice", "bob")}
    barrier = threading.Barrier(2)
    found = {name: ringing(db.session.get_one(Ticket, rings), db.session.get_one(Agent, ids[name])) for name in ids}
    db.session.commit()

    def race(name: str) -> None:
        agent = db.session.get_one(Agent, ids[name])
        barrier.wait()
        try:
            offering.accept(found[name], agent, now)
            db.session.commit()
            outcome.append(name)
        except Conflict as error:
            db.session.rollback()
            outcome.append(str(error))

    at_once(committed_app, partial(race, "alice"), partial(race, "bob"))
    winners = [one for one in outcome if one in ids]
    assert len(winners) == 1 and len(outcome) == 2
    told = next(one for one in outcome if one not in ids)
    assert told == f"{winners[0].capitalize()} was quicker: the chat is theirs."
    db.session.rollback()
    ticket = db.session.get_one(Ticket, rings, populate_existing=True)
    assert ticket.assignee_id == ids[winners[0]]
    assert sorted(state for _agent, state in offers(ticket)) == ["accepted", "withdrawn"]
    assert projection.loads(list(ids.values())) == projection.recount(list(ids.values()))


def test_nobody_is_over_what_they_take_while_chats_ring_and_are_taken(
    committed_app: Flask, committed_world: World, now: datetime
) -> None:
    world, most = committed_world, 3
    agents = [world.alice, world.bob]
    for agent in agents:
        capacities.set_own(agent, "chat", most, SYSTEM, now)
    come(now, *agents)
    world.care_queue.strategy = "fewest_open"
    tickets = [chat(world, world.care_queue, now).id for _ in range(30)]
    ids = [agent.id for agent in agents]
    db.session.commit()
    over: list[str] = []
    stop = threading.Event()
    handed_out: list[int] = []

    def dispatcher(share: list[int]) -> None:
        for ticket_id in share:
            dispatch.dispatch(ticket_id, now)
            db.session.commit()
            handed_out.append(ticket_id)

    def worker(agent_id: int) -> None:
        last = time.monotonic() + 60
        for number in takewhile(lambda done: done < 40 or len(handed_out) < len(tickets), count()):
            assert time.monotonic() < last, "nothing more is handed out"
            agent = db.session.get_one(Agent, agent_id)
            found = db.session.scalar(
                select(RoutingOffer.id).where(RoutingOffer.agent_id == agent_id, RoutingOffer.state == "ringing")
            )
            if found is not None:
                if number % 5 == 4:
                    offering.pass_on(found, agent, now)
                else:
                    offering.accept(found, agent, now)
            elif number % 3 == 0:
                mine = select(Ticket).where(Ticket.assignee_id == agent_id, Ticket.category == "new").limit(1)
                for ticket in db.session.scalars(mine):
                    progress.solve(ticket, agent.actor, now)
            db.session.commit()

    def watcher() -> None:
        while not stop.is_set():
            # One statement sees one moment.
            held = (
                db.session.execute(
                    select(RoutingOffer.agent_id)
                    .where(RoutingOffer.state == "ringing")
                    .union_all(
                        select(Ticket.assignee_id).where(
                            Ticket.assignee_id.in_(ids), Ticket.category.in_(("new", "open"))
                        )
                    )
                )
                .scalars()
                .all()
            )
            over.extend(f"{agent_id} has {held.count(agent_id)}" for agent_id in ids if held.count(agent_id) > most)
            db.session.rollback()

    watching = threading.Thread(target=lambda: _in(committed_app, watcher))
    watching.start()
    at_once(
        committed_app,
        *(partial(dispatcher, tickets[number::3]) for number in range(3)),
        *(partial(worker, agent_id) for agent_id in ids),
    )
    stop.set()
    watching.join()
    assert over == []
    assert projection.loads(ids) == projection.recount(ids)
    taken = db.session.scalars(select(Event.ticket_id).where(Event.kind == "chat_accepted")).all()
    assert len(taken) > 2 and len(taken) == len(set(taken))


def _in(app: Flask, work: Callable[[], None]) -> None:
    with app.app_context():
        work()


def stated(agent: Agent) -> str:
    return db.session.scalars(
        select(Availability.state).where(Availability.agent_id == agent.id, Availability.channel == "chat")
    ).one()
