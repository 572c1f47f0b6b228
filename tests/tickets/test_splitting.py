"""Part of a ticket becomes a ticket of its own, and part of it again (SEMANTICS 3)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World
from tests.tickets.test_merging import HOUR, Write, people, projections, reads, standing, ticket_of, timers
from ticketdesk.contacts import resolving
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.sla import rebuilding
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.tickets import drafts, flags, merging, moving, noting, progress, receiving, replying, splitting, waiting
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.merging import Widens
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.splitting import Share
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MINUTE = timedelta(minutes=1)
DANA = [("dana@customer.example", "")]


def share(
    world: World, messages: Sequence[Message], requester: Identity | None = None, queue: Queue | None = None
) -> Share:
    ids = tuple(message.id for message in messages)
    return Share(ids, queue or world.care_queue, requester or world.dana, "The lamp")


def split(world: World, ticket: Ticket, messages: Sequence[Message], at: datetime, **more: object) -> Ticket:
    widen = bool(more.pop("widen", False))
    return splitting.split(ticket, share(world, messages, **more), world.alice.actor, at, widen=widen)  # type: ignore[arg-type]


def last_event(ticket: Ticket, kind: str) -> Event:
    return db.session.scalars(select(Event).where(Event.ticket_id == ticket.id, Event.kind == kind)).one()


def test_messages_move_into_a_ticket_of_their_own(world: World, policy: SlaPolicy, write: Write, now: datetime) -> None:
    first = write(now)
    ticket = ticket_of(first)
    second = write(now + HOUR, ticket=ticket)
    note = noting.note(ticket, world.alice, "A lamp.", at=now + HOUR)
    part = split(world, ticket, [second, note], now + 2 * HOUR)
    assert (standing(ticket), standing(part)) == ([first.id], [second.id, note.id])
    assert (ticket.message_count, part.message_count) == (1, 2)
    assert (part.subject, part.category, part.queue_id) == ("The lamp", "new", ticket.queue_id)
    assert (part.requester_id, part.mailbox_id) == (world.dana.id, ticket.mailbox_id)
    assert (part.customer_wrote_at, ticket.customer_wrote_at) == (now + HOUR, now)
    found = dict(db.session.execute(select(SearchRow.message_id, SearchRow.ticket_id)).all())
    assert found == {first.id: ticket.id, second.id: part.id, note.id: part.id}
    assert last_event(ticket, "split_off").data["part"] == part.number
    assert last_event(part, "split_from").data["source"] == ticket.number
    placed = db.session.scalars(select(Placement).where(Placement.message_id == second.id).order_by(Placement.id)).all()
    assert [(row.ticket_id, row.ended_at) for row in placed] == [(ticket.id, now + 2 * HOUR), (part.id, None)]


def test_the_first_answer_has_been_owed_since_the_letter_came(
    world: World, policy: SlaPolicy, write: Write, now: datetime
) -> None:
    ticket = ticket_of(write(now))
    replying.reply(ticket, world.alice, "Yes.", to=DANA, at=now + 10 * MINUTE)
    second = write(now + HOUR, ticket=ticket)
    part = split(world, ticket, [second], now + 2 * HOUR)
    running = {metric: started for metric, state, started, _due in timers(part) if state == "running"}
    assert running == {"first_response": now + HOUR, "resolution": now + HOUR}
    assert [timer[:2] for timer in timers(ticket) if timer[0] != "resolution"] == [
        ("first_response", "met"),
        ("next_response", "ended"),
    ]
    assert waiting.since(ticket) is None
    assert rebuilding.compare([ticket.id, part.id], now + 2 * HOUR) == {}


def test_an_answer_that_moves_along_has_answered_there(
    world: World, policy: SlaPolicy, write: Write, now: datetime
) -> None:
    first = write(now)
    ticket = ticket_of(first)
    second = write(now + HOUR, ticket=ticket)
    answer = replying.reply(ticket, world.alice, "The lamp is fine.", to=DANA, at=now + HOUR + 5 * MINUTE)
    part = split(world, ticket, [second, answer], now + 2 * HOUR)
    assert ("first_response", "met") in [timer[:2] for timer in timers(part)]
    assert waiting.since(part) is None
    assert waiting.since(ticket) == now  # what answered it stands elsewhere
    assert rebuilding.compare([ticket.id, part.id], now + 2 * HOUR) == {}


def test_a_promise_that_was_over_then_was_broken_then(
    world: World, policy: SlaPolicy, write: Write, now: datetime
) -> None:
    ticket = ticket_of(write(now))
    second = write(now + MINUTE, ticket=ticket)
    late = now + timedelta(days=30)
    part = split(world, ticket, [second], late)
    told = last_event_of(part, "sla_breached", "first_response")
    assert told.at < late
    assert rebuilding.compare([ticket.id, part.id], late) == {}


def last_event_of(ticket: Ticket, kind: str, metric: str) -> Event:
    return db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == kind, Event.data["metric"].astext == metric)
    ).one()


def test_undoing_brings_everything_back_as_it_was(world: World, policy: SlaPolicy, write: Write, now: datetime) -> None:
    ticket = ticket_of(write(now))
    second = write(now + MINUTE, ticket=ticket)
    replying.reply(ticket, world.alice, "Both.", to=DANA, at=now + 5 * MINUTE)
    third = write(now + HOUR, ticket=ticket)

    def state() -> list[object]:
        return [standing(ticket), people(ticket), projections(ticket), [t for t in timers(ticket) if t[1] == "running"]]

    before = state()
    part = split(world, ticket, [second, third], now + HOUR)
    assert splitting.undo(part, world.alice.actor, now + HOUR + MINUTE) is ticket
    assert state() == before
    assert part.merged_into_id == ticket.id
    assert standing(part) == []
    assert rebuilding.compare([ticket.id, part.id], now + 2 * HOUR) == {}
    merging.undo(part, world.alice.actor, now + 2 * HOUR)  # and split again
    assert standing(part) == [second.id, third.id]
    with pytest.raises(Conflict):
        splitting.undo(ticket, world.alice.actor, now + 2 * HOUR)


def test_what_was_written_since_returns_as_well(world: World, policy: SlaPolicy, write: Write, now: datetime) -> None:
    first = write(now)
    ticket = ticket_of(first)
    second = write(now + MINUTE, ticket=ticket)
    part = split(world, ticket, [second], now + HOUR)
    later = replying.reply(part, world.alice, "Here.", to=DANA, at=now + 2 * HOUR)
    splitting.undo(part, world.alice.actor, now + 3 * HOUR)
    assert standing(ticket) == [first.id, second.id, later.id]
    merging.undo(part, world.alice.actor, now + 4 * HOUR)
    assert standing(part) == [second.id, later.id]


def test_a_strangers_held_message_is_split_off_and_let_in(world: World, write: Write, now: datetime) -> None:
    first = write(now)
    ticket = ticket_of(first)
    held = write(now + MINUTE, who="eve", ticket=ticket)
    assert reads(ticket, world.eve.id) == []
    part = split(world, ticket, [held], now + HOUR, requester=world.eve)
    assert reads(part, world.eve.id) == [held.id]
    assert reads(part, world.dana.id) == []
    assert db.session.get(SearchRow, held.id) is not None
    assert waiting.since(part) == now + MINUTE
    splitting.undo(part, world.alice.actor, now + 2 * HOUR)
    assert reads(ticket, world.eve.id) == []
    assert reads(ticket, world.dana.id) == [first.id]
    assert db.session.get(SearchRow, held.id) is None
    assert waiting.since(ticket) == now
    merging.undo(part, world.alice.actor, now + 3 * HOUR)
    assert reads(part, world.eve.id) == [held.id]


def test_nobody_reads_more_unless_it_is_meant(world: World, write: Write, now: datetime) -> None:
    first = write(now)
    ticket = ticket_of(first)
    second = write(now + MINUTE, ticket=ticket)
    held = write(now + HOUR, who="eve", ticket=ticket)
    at = now + 2 * HOUR
    with pytest.raises(Widens, match="Eve would newly see"):
        split(world, ticket, [second, held], at, requester=world.eve)
    with pytest.raises(Widens, match="Carol would newly see"):
        split(world, ticket, [second], at, queue=world.orders_queue)
    part = split(world, ticket, [second, held], at, requester=world.eve, widen=True)
    assert reads(part, world.eve.id) == [second.id, held.id]
    assert last_event(part, "split_from").data["widened"] is True


def test_who_joined_the_part_reads_nothing_of_the_rest_by_the_way_back(
    world: World, write: Write, now: datetime
) -> None:
    ticket = ticket_of(write(now))
    second = write(now + MINUTE, ticket=ticket)
    part = split(world, ticket, [second], now + HOUR)
    held = write(now + 2 * HOUR, who="eve", ticket=part)
    receiving.accept(held.id, world.alice.actor, now + 3 * HOUR)
    write(now + 4 * HOUR, ticket=ticket)
    with pytest.raises(Widens, match="Eve would newly see"):
        splitting.undo(part, world.alice.actor, now + 5 * HOUR)
    assert reads(ticket, world.eve.id) == []


def test_who_joined_the_rest_reads_nothing_of_the_part_by_the_way_back(
    world: World, write: Write, now: datetime
) -> None:
    ticket = ticket_of(write(now))
    held = write(now + MINUTE, who="eve", ticket=ticket)
    second = write(now + 2 * MINUTE, ticket=ticket)
    part = split(world, ticket, [second], now + HOUR)
    receiving.accept(held.id, world.alice.actor, now + 2 * HOUR)
    with pytest.raises(Widens, match="Eve would newly see"):
        splitting.undo(part, world.alice.actor, now + 3 * HOUR)
    moving.move(part, world.orders_queue, world.alice.actor, now + 3 * HOUR)
    moving.move(ticket, world.orders_queue, world.alice.actor, now + 3 * HOUR)
    splitting.undo(part, world.alice.actor, now + 4 * HOUR, widen=True)
    assert second.id in reads(ticket, world.eve.id)


def test_drafts_stay_with_their_ticket(world: World, write: Write, now: datetime) -> None:
    ticket = ticket_of(write(now))
    second = write(now + MINUTE, ticket=ticket)
    drafts.save(ticket, world.bob, "reply", "Dear", {}, ticket.last_seq, now + HOUR)
    split(world, ticket, [second], now + HOUR)
    assert db.session.scalars(select(Draft.ticket_id)).all() == [ticket.id]


def test_what_cannot_be_split_off(world: World, write: Write, now: datetime) -> None:
    first = write(now)
    ticket = ticket_of(first)
    second = write(now + MINUTE, ticket=ticket)
    elsewhere = write(now + 2 * MINUTE, subject="Something else")
    third = resolving.resolve("email", "finn@customer.example", "Finn", now)
    at = now + HOUR
    with pytest.raises(Invalid, match="Select at least one"):
        split(world, ticket, [], at)
    with pytest.raises(Invalid, match="Leave at least one"):
        split(world, ticket, [first, second], at)
    with pytest.raises(Conflict, match="another ticket by now"):
        split(world, ticket, [second, elsewhere], at)
    with pytest.raises(Invalid, match="takes part"):
        split(world, ticket, [second], at, requester=third)
    with pytest.raises(Invalid, match="subject"):
        splitting.split(ticket, Share((second.id,), world.care_queue, world.dana, " "), world.alice.actor, at)
    reply = replying.reply(ticket, world.alice, "Soon.", to=DANA, at=at, leaves_at=at + 10 * MINUTE)
    with pytest.raises(Conflict, match="taken back"):
        split(world, ticket, [reply], at)
    flags.mark_spam(ticket, world.alice.actor, at)
    with pytest.raises(Conflict, match="spam"):
        split(world, ticket, [second], at)
    flags.unmark_spam(ticket, world.alice.actor, at)
    merging.merge(ticket, ticket_of(elsewhere), world.alice.actor, at)
    with pytest.raises(Conflict, match="merged"):
        split(world, ticket, [second], at)


def test_a_closed_ticket_takes_nothing_back(world: World, write: Write, now: datetime) -> None:
    ticket = ticket_of(write(now))
    second = write(now + MINUTE, ticket=ticket)
    part = split(world, ticket, [second], now + HOUR)
    progress.move_to(ticket, "closed", world.alice.actor, now + HOUR)
    with pytest.raises(Conflict, match="closed"):
        splitting.undo(part, world.alice.actor, now + 2 * HOUR)
