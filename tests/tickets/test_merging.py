"""Two tickets become one, and two again (SEMANTICS 3)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import World
from ticketdesk.brands.brand import Brand
from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.sla import rebuilding
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import (
    audience,
    drafts,
    flags,
    following,
    merging,
    merging_many,
    noting,
    progress,
    receiving,
    replying,
    side_talking,
    sight,
)
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.side_talking import Draft as Asked
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR = timedelta(hours=1)
Write = Callable[..., Message]


def ticket_of(message: Message) -> Ticket:
    return db.session.scalars(
        select(Ticket)
        .join(Placement, Placement.ticket_id == Ticket.id)
        .where(Placement.message_id == message.id, Placement.ended_at.is_(None))
    ).one()


def standing(ticket: Ticket) -> list[int]:
    """The messages that stand in a ticket, oldest first."""
    db.session.flush()
    return list(
        db.session.scalars(
            select(Placement.message_id)
            .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
            .order_by(Placement.written_at, Placement.message_id)
        )
    )


def reads(ticket: Ticket, identity_id: int) -> list[int]:
    """What somebody may read there."""
    db.session.flush()
    taking = sight.participant_of(ticket, identity_id)
    if taking is None:
        return []
    return list(
        db.session.scalars(
            select(Message.id)
            .join(Placement, Placement.message_id == Message.id)
            .where(sight.may_read(taking))
            .order_by(Message.id)
        )
    )


def projections(ticket: Ticket) -> tuple[object, ...]:
    db.session.flush()
    db.session.refresh(ticket)
    return (
        ticket.message_count,
        ticket.last_words,
        ticket.last_author,
        ticket.last_channel,
        ticket.customer_wrote_at,
        ticket.answered_at,
        ticket.next_due_at,
        ticket.next_due_metric,
        ticket.next_due_state,
        ticket.category,
        ticket.merged_into_id,
        tuple(ticket.counted_in),
    )


def people(ticket: Ticket) -> set[tuple[int, str, str, datetime | None]]:
    db.session.flush()
    rows = db.session.scalars(select(Participant).where(Participant.ticket_id == ticket.id))
    return {(row.identity_id, row.role, row.state, row.sees_since) for row in rows}


def timers(ticket: Ticket) -> list[tuple[str, str, datetime, datetime | None]]:
    db.session.flush()
    rows = db.session.scalars(select(SlaTimer).where(SlaTimer.ticket_id == ticket.id).order_by(SlaTimer.id))
    return [(row.metric, row.state, row.started_at, row.due_at) for row in rows]


def test_everything_moves_and_the_survivor_keeps_its_number(
    world: World, policy: SlaPolicy, write: Write, now: datetime
) -> None:
    first = write(now)
    survivor = ticket_of(first)
    second = write(now + HOUR)
    source = ticket_of(second)
    note = noting.note(source, world.alice, "A bench.", at=now + HOUR)
    merging.merge(source, survivor, world.alice.actor, now + 2 * HOUR)
    assert standing(survivor) == [first.id, second.id, note.id]
    assert standing(source) == []
    assert (survivor.message_count, source.message_count) == (3, 0)
    assert (survivor.last_words, survivor.customer_wrote_at) == ("dana at 11:00", now + HOUR)
    assert source.merged_into_id == survivor.id
    assert source.counted_in == []
    rows = db.session.scalars(select(SearchRow.ticket_id)).all()
    assert set(rows) == {survivor.id}
    kinds = db.session.scalars(select(Event.kind).where(Event.ticket_id == source.id).order_by(Event.seq)).all()
    assert kinds[-1] == "merged_into"
    placed = db.session.scalars(select(Placement).where(Placement.message_id == second.id).order_by(Placement.id)).all()
    assert [(row.ticket_id, row.ended_at) for row in placed] == [
        (source.id, now + 2 * HOUR),
        (survivor.id, None),
    ]


def test_its_clocks_end_as_merged_and_the_answer_is_owed_to_the_oldest_message(
    world: World, policy: SlaPolicy, write: Write, now: datetime
) -> None:
    source = ticket_of(write(now))
    survivor = ticket_of(write(now + HOUR))
    resolution = [timer for timer in timers(survivor) if timer[0] == "resolution"]
    merging.merge(source, survivor, world.alice.actor, now + 2 * HOUR)
    ended = db.session.execute(
        select(SlaTimer.state, SlaTimer.ended_reason, SlaTimer.due_at).where(SlaTimer.ticket_id == source.id)
    ).all()
    assert set(ended) == {("ended", "merged", None)}
    assert source.next_due_at is None
    assert ("first_response", "running", now, now + 4 * HOUR) in timers(survivor)
    assert [timer for timer in timers(survivor) if timer[0] == "resolution"] == resolution
    assert rebuilding.compare([source.id, survivor.id], now + 2 * HOUR) == {}


def test_an_answered_ticket_that_joins_owes_nothing(
    world: World, policy: SlaPolicy, write: Write, now: datetime
) -> None:
    source = ticket_of(write(now))
    replying.reply(source, world.alice, "Sorry", to=[("dana@customer.example", "")], at=now + HOUR)
    survivor = ticket_of(write(now + 2 * HOUR))
    before = timers(survivor)
    merging.merge(source, survivor, world.alice.actor, now + 3 * HOUR)
    assert timers(survivor) == before
    assert survivor.answered_at == now + HOUR


def test_undoing_brings_everything_back(world: World, policy: SlaPolicy, write: Write, now: datetime) -> None:
    survivor = ticket_of(write(now + HOUR))
    source = ticket_of(write(now, "eve"))
    held = write(now + HOUR, "dana", source)
    inert = write(now + HOUR, "eve", source, inert="vacation")
    noting.note(source, world.alice, "Hm", at=now + HOUR)
    before = [(standing(one), projections(one), people(one)) for one in (source, survivor)]
    merging.merge(source, survivor, world.alice.actor, now + 2 * HOUR, widen=True)
    assert {(row.held, row.ticket_id) for row in _placements(held)} == {(True, source.id), (True, survivor.id)}
    assert people(survivor) == {
        (world.dana.id, "requester", "active", None),
        (world.eve.id, "cc", "active", None),
    }
    merging.undo(source, world.alice.actor, now + 2 * HOUR)
    assert [(standing(one), projections(one), people(one)) for one in (source, survivor)] == before
    assert [row.held for row in _placements(held)] == [True, True, True]
    assert inert.inert == "vacation"
    assert rebuilding.compare([source.id, survivor.id], now + 2 * HOUR) == {}
    with pytest.raises(Conflict):
        merging.undo(source, world.alice.actor, now + 3 * HOUR)


def _placements(message: Message) -> list[Placement]:
    db.session.flush()
    rows = select(Placement).where(Placement.message_id == message.id).order_by(Placement.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def test_what_came_later_follows_what_it_answers(world: World, policy: SlaPolicy, write: Write, now: datetime) -> None:
    survivor = ticket_of(write(now, "eve", rfc_id="eve-1@x"))
    source = ticket_of(write(now + HOUR, rfc_id="dana-1@x"))
    merging.merge(source, survivor, world.alice.actor, now + 2 * HOUR, widen=True)
    reply = replying.reply(survivor, world.alice, "Soon", to=[("dana@customer.example", "")], at=now + 2 * HOUR)
    thanks = write(now + 3 * HOUR, "dana", survivor, in_reply_to="dana-1@x", rfc_id="dana-2@x")
    other = write(now + 3 * HOUR, "eve", survivor, in_reply_to="eve-1@x")
    note = noting.note(survivor, world.alice, "Done?", at=now + 3 * HOUR)
    more = write(now + 4 * HOUR, "dana", survivor)
    merging.undo(source, world.alice.actor, now + 5 * HOUR)
    assert standing(source)[1:] == [reply.id, thanks.id, more.id]
    assert set(standing(survivor)[1:]) == {other.id, note.id}
    assert source.customer_wrote_at == now + 4 * HOUR
    assert source.answered_at == now + 2 * HOUR
    assert rebuilding.compare([source.id, survivor.id], now + 5 * HOUR) == {}
    # answered while merged, and asked again: each counts from the moment at which it was written
    assert [(one[0], one[1], one[2]) for one in timers(source)] == [
        ("resolution", "running", now + HOUR),
        ("first_response", "running", now + 3 * HOUR),
    ]


def test_a_reply_given_while_merged_answers_the_ticket_that_comes_back(
    world: World, policy: SlaPolicy, write: Write, now: datetime
) -> None:
    survivor = ticket_of(write(now))
    source = ticket_of(write(now + HOUR))
    merging.merge(source, survivor, world.alice.actor, now + 2 * HOUR)
    replying.reply(survivor, world.alice, "Soon", to=[("dana@customer.example", "")], at=now + 3 * HOUR)
    merging.undo(source, world.alice.actor, now + 4 * HOUR)
    met = db.session.scalars(
        select(SlaTimer).where(SlaTimer.ticket_id == source.id, SlaTimer.metric == "first_response")
    ).one()
    assert (met.state, met.stopped_at, met.consumed_s) == ("met", now + 3 * HOUR, 3600)
    assert rebuilding.compare([source.id, survivor.id], now + 4 * HOUR) == {}


def test_nobody_sees_more_without_a_yes(world: World, write: Write, now: datetime) -> None:
    survivor, source = ticket_of(write(now)), ticket_of(write(now, "eve"))
    write(now + HOUR, "eve", source)
    with pytest.raises(merging.Widens) as refused:
        merging.merge(source, survivor, world.alice.actor, now + HOUR)
    assert [(gain.name, gain.is_agent, gain.number, gain.messages) for gain in refused.value.gains] == [
        ("Dana", False, source.number, 2),
        ("Eve", False, survivor.number, 1),
    ]
    assert "Eve would newly see" in str(refused.value)
    merging.merge(source, survivor, world.alice.actor, now + HOUR, widen=True)
    assert len(reads(survivor, world.eve.id)) == 3
    merging.undo(source, world.alice.actor, now + HOUR)
    assert len(reads(survivor, world.dana.id)) == 1
    assert reads(survivor, world.eve.id) == []
    assert len(reads(source, world.eve.id)) == 2


def test_agents_of_another_queue_count_as_well(world: World, write: Write, now: datetime) -> None:
    survivor = ticket_of(write(now))
    source = ticket_of(write(now, queue_id=world.orders_queue.id))
    following.follow(source, world.sam, world.ada.actor, now)
    with pytest.raises(merging.Widens) as refused:
        merging.merge(source, survivor, world.ada.actor, now)
    assert {(gain.name, gain.number) for gain in refused.value.gains} == {
        ("Alice", source.number),
        ("Bob", source.number),
    }


def test_a_reply_that_rests_before_it_leaves_counts(world: World, write: Write, now: datetime) -> None:
    """Its reader sees nothing of it yet, and would once it has left (R12)."""
    survivor, source = ticket_of(write(now)), ticket_of(write(now, "eve"))
    to_eve, leaves = [("eve@customer.example", "")], now + HOUR
    replying.reply(source, world.alice, "The code is 1906.", to=to_eve, at=now, leaves_at=leaves)
    said = [(gain.name, gain.number, gain.messages) for gain in audience.gains(source, survivor)]
    assert said == [("Dana", source.number, 2), ("Eve", survivor.number, 1)]
    at_once = audience.gains_of_many([source], survivor)
    assert {(gain.name, gain.number, gain.messages) for gain in at_once} == set(said)


def test_what_is_asked_beside_counts_for_agents(world: World, write: Write, now: datetime) -> None:
    """Who is asked outside moves with the ticket, and whoever sees the survivor reads it (R12)."""
    survivor = ticket_of(write(now))
    source = ticket_of(write(now, queue_id=world.orders_queue.id))
    for words, gone in (("Is it ours?", None), ("Taken back.", now)):
        asked = side_talking.begin(source, world.carol, "Batch", Asked(words, [("mill@elm.example", "")]), now)
        asked.withdrawn_at = gone
    following.follow(source, world.carol, world.carol.actor, now)
    expected = {
        **dict.fromkeys(("Alice", "Bob", "Sam"), (source.number, 2)),
        "Carol": (survivor.number, 1),
    }
    for gains in (audience.gains(source, survivor), audience.gains_of_many([source], survivor)):
        assert {gain.name: (gain.number, gain.messages) for gain in gains} == expected
    [gain] = [gain for gain in audience.gains(source, survivor) if gain.name == "Alice"]
    assert (len(gain.message_ids), len(gain.side_ids)) == (1, 1)


def test_a_yes_holds_for_what_was_shown_beside_as_well(world: World, write: Write, now: datetime) -> None:
    survivor = ticket_of(write(now))
    source = ticket_of(write(now, queue_id=world.orders_queue.id))
    numbers = [source.number, survivor.number]
    shown = merging_many.plan(world.ada, numbers, survivor.number)
    side_talking.begin(source, world.carol, "Batch", Asked("Is it ours?", [("mill@elm.example", "")]), now)
    with pytest.raises(merging.Widens):
        merging_many.merge(world.ada, numbers, survivor.number, now, confirmed=shown.confirmation)


def test_followers_unite_and_part(world: World, write: Write, now: datetime) -> None:
    survivor, first, second = (ticket_of(write(now)) for _ in range(3))
    following.follow(survivor, world.bob, world.bob.actor, now)
    for ticket in (first, second):
        following.follow(ticket, world.carol, world.ada.actor, now)
        merging.merge(ticket, survivor, world.ada.actor, now, widen=True)
    merging.undo(first, world.ada.actor, now)
    assert set(following.followers_of(survivor.id)) == {world.bob.id, world.carol.id}
    merging.undo(second, world.ada.actor, now)
    assert following.followers_of(survivor.id) == [world.bob.id]
    assert set(db.session.scalars(select(Follower.ticket_id).where(Follower.agent_id == world.carol.id))) == {
        first.id,
        second.id,
    }


def test_people_part_in_any_order(world: World, write: Write, now: datetime) -> None:
    survivor, first, second = ticket_of(write(now)), ticket_of(write(now, "eve")), ticket_of(write(now, "eve"))
    before = people(survivor)
    for ticket in (first, second):
        merging.merge(ticket, survivor, world.ada.actor, now, widen=True)
    merging.undo(first, world.ada.actor, now)
    assert (world.eve.id, "cc", "active", None) in people(survivor)
    merging.undo(second, world.ada.actor, now)
    assert people(survivor) == before


def test_a_chain_leads_to_its_end_and_is_undone_from_there(world: World, write: Write, now: datetime) -> None:
    first, second, third = (ticket_of(write(now)) for _ in range(3))
    merging.merge(first, second, world.ada.actor, now)
    merging.merge(second, third, world.ada.actor, now)
    assert len(standing(third)) == 3
    late = write(now + HOUR, "dana", first)
    assert ticket_of(late).id == third.id
    with pytest.raises(Conflict, match="merged further"):
        merging.undo(first, world.ada.actor, now + HOUR)
    merging.undo(second, world.ada.actor, now + HOUR)
    merging.undo(first, world.ada.actor, now + HOUR)
    assert [len(standing(ticket)) for ticket in (first, second, third)] == [1, 1, 2]


def test_what_cannot_be_merged(world: World, write: Write, now: datetime) -> None:
    one, two, three = (ticket_of(write(now)) for _ in range(3))
    by = world.ada.actor
    with pytest.raises(Conflict, match="itself"):
        merging.merge(one, one, by, now)
    merging.merge(one, two, by, now)
    with pytest.raises(Conflict, match="already"):
        merging.merge(one, three, by, now)
    with pytest.raises(Conflict, match="already"):
        merging.merge(two, one, by, now)
    flags.trash(three, by, now)
    with pytest.raises(Conflict, match="trash"):
        merging.merge(three, two, by, now)
    flags.restore(three, by, now)
    progress.move_to(three, "closed", by, now)
    with pytest.raises(Conflict, match="closed"):
        merging.merge(two, three, by, now)
    other = Brand(name="Elm", slug="elm", is_default=False, created_at=now)
    db.session.add(other)
    db.session.flush()
    two.brand_id = other.id
    with pytest.raises(Conflict, match="brand"):
        merging.merge(three, two, by, now)


def test_a_merged_ticket_takes_nothing_and_does_not_close(world: World, write: Write, now: datetime) -> None:
    source, survivor = ticket_of(write(now)), ticket_of(write(now))
    progress.solve(source, world.alice.actor, now)
    merging.merge(source, survivor, world.alice.actor, now)
    for act in (
        lambda: replying.reply(source, world.alice, "Hm", to=[("dana@customer.example", "")], at=now),
        lambda: noting.note(source, world.alice, "Hm", at=now),
        lambda: receiving.receive(source, world.dana, receiving.Letter("email", "Hm"), now),
        lambda: progress.reopen(source, world.alice.actor, now),
    ):
        with pytest.raises(Conflict):
            act()
    assert progress.close_due(now + timedelta(days=30)) == 0
    merging.undo(source, world.alice.actor, now + timedelta(days=30))
    assert progress.close_due(now + timedelta(days=30)) == 1


def test_a_solved_survivor_opens_again_and_is_solved_again_when_undone(
    world: World, policy: SlaPolicy, write: Write, now: datetime
) -> None:
    survivor = ticket_of(write(now))
    progress.solve(survivor, world.alice.actor, now)
    source = ticket_of(write(now + HOUR))
    merging.merge(source, survivor, world.alice.actor, now + HOUR)
    assert survivor.category == "open"
    merging.undo(source, world.alice.actor, now + 2 * HOUR)
    assert survivor.category == "solved"
    assert rebuilding.compare([source.id, survivor.id], now + 2 * HOUR) == {}


def test_drafts_come_along_and_none_is_lost(world: World, write: Write, now: datetime) -> None:
    source, survivor = ticket_of(write(now)), ticket_of(write(now))
    drafts.save(source, world.alice, "reply", "Dear", {}, source.last_seq, now)
    drafts.save(source, world.bob, "reply", "Hi", {}, source.last_seq, now)
    drafts.save(survivor, world.bob, "reply", "Hello", {}, survivor.last_seq, now)
    merging.merge(source, survivor, world.alice.actor, now)
    assert _drafts() == {(survivor.id, "Dear"), (source.id, "Hi"), (survivor.id, "Hello")}
    merging.undo(source, world.alice.actor, now)
    assert _drafts() == {(source.id, "Dear"), (source.id, "Hi"), (survivor.id, "Hello")}


def test_a_draft_stays_where_its_author_may_write(world: World, write: Write, now: datetime) -> None:
    """Who may not answer in the survivor finds it in the ticket in which they began it, both ways."""
    source, survivor = ticket_of(write(now)), ticket_of(write(now, queue_id=world.orders_queue.id))
    drafts.save(source, world.alice, "reply", "Dear", {}, source.last_seq, now)
    drafts.save(source, world.ada, "reply", "Of ada", {}, source.last_seq, now)
    merging.merge(source, survivor, world.ada.actor, now, widen=True)
    assert _drafts() == {(source.id, "Dear"), (survivor.id, "Of ada")}
    drafts.save(survivor, world.carol, "note", "Ours", {}, survivor.last_seq, now)
    merging.undo(source, world.ada.actor, now)
    assert _drafts() == {(source.id, "Dear"), (source.id, "Of ada"), (survivor.id, "Ours")}


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_a_follower_or_owner_takes_the_draft_along(world: World, write: Write, now: datetime, who: str) -> None:
    source, survivor = ticket_of(write(now)), ticket_of(write(now, queue_id=world.orders_queue.id))
    author = world.agent(who)
    following.follow(source, world.bob, world.ada.actor, now)
    survivor.assignee_id = world.alice.id
    drafts.save(source, author, "reply", "Dear", {}, source.last_seq, now)
    merging.merge(source, survivor, world.ada.actor, now, widen=True)
    assert _drafts() == {(survivor.id, "Dear")}


def test_a_draft_goes_back_with_what_was_written_since(world: World, write: Write, now: datetime) -> None:
    """Whether it came along or was begun in the place of the merged ticket; what was begun beside it stays."""
    source, survivor = ticket_of(write(now)), ticket_of(write(now))
    drafts.save(source, world.alice, "reply", "Dear", {}, source.last_seq, now)
    merging.merge(source, survivor, world.alice.actor, now)
    later = now + HOUR
    drafts.save(survivor, world.alice, "reply", "Dear Dana", {}, survivor.last_seq, later)
    drafts.save(survivor, world.bob, "reply", "Hi", {}, survivor.last_seq, later, begun_in=source)
    drafts.save(survivor, world.sam, "note", "Hm", {}, survivor.last_seq, later)
    merging.undo(source, world.alice.actor, later)
    assert _drafts() == {(source.id, "Dear Dana"), (source.id, "Hi"), (survivor.id, "Hm")}
    assert set(db.session.scalars(select(Draft.from_ticket_id))) == {None}


def test_a_draft_goes_back_through_a_chain(world: World, write: Write, now: datetime) -> None:
    first, second, third = (ticket_of(write(now)) for _ in range(3))
    drafts.save(first, world.alice, "reply", "Of the first", {}, first.last_seq, now)
    drafts.save(second, world.bob, "reply", "Of the second", {}, second.last_seq, now)
    merging.merge(first, second, world.ada.actor, now)
    merging.merge(second, third, world.ada.actor, now)
    drafts.save(third, world.sam, "reply", "In its place", {}, third.last_seq, now, begun_in=first)
    assert {where for where, _words in _drafts()} == {third.id}
    merging.undo(second, world.ada.actor, now)
    assert {where for where, _words in _drafts()} == {second.id}
    merging.undo(first, world.ada.actor, now)
    assert _drafts() == {(first.id, "Of the first"), (second.id, "Of the second"), (first.id, "In its place")}


def test_a_draft_that_cannot_go_back_belongs_where_it_is(world: World, write: Write, now: datetime) -> None:
    """Wherever that goes, and back again: the ticket that it came from is not asked any more."""
    first, second, third = (ticket_of(write(now)) for _ in range(3))
    drafts.save(first, world.alice, "reply", "Came along", {}, first.last_seq, now)
    merging.merge(first, second, world.ada.actor, now)
    drafts.save(first, world.alice, "reply", "Begun again", {}, first.last_seq, now)
    merging.undo(first, world.ada.actor, now)
    merging.merge(second, third, world.ada.actor, now)
    merging.undo(second, world.ada.actor, now)
    assert _drafts() == {(second.id, "Came along"), (first.id, "Begun again")}


def test_a_draft_that_was_emptied_and_begun_anew_stays(world: World, write: Write, now: datetime) -> None:
    source, survivor = ticket_of(write(now)), ticket_of(write(now))
    drafts.save(source, world.alice, "reply", "Dear", {}, source.last_seq, now)
    merging.merge(source, survivor, world.alice.actor, now)
    for words in (" \n", "Another matter"):
        drafts.save(survivor, world.alice, "reply", words, {}, survivor.last_seq, now)
    merging.undo(source, world.alice.actor, now)
    assert _drafts() == {(survivor.id, "Another matter")}


def _drafts() -> set[tuple[int, str]]:
    db.session.flush()
    return {tuple(row) for row in db.session.execute(select(Draft.ticket_id, Draft.text))}


def test_counts_leave_it_out_and_take_it_back(world: World, write: Write, now: datetime) -> None:
    source, survivor = ticket_of(write(now)), ticket_of(write(now))
    key = f"queue:{world.care_queue.id}"
    assert counters.read([key]) == {key: 2}
    merging.merge(source, survivor, world.alice.actor, now)
    assert counters.read([key]) == {key: 1}
    merging.undo(source, world.alice.actor, now)
    assert counters.read([key]) == {key: 2}
