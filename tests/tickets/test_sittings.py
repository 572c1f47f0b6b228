"""Measured time: beats that are repeated, late, forged or of several tabs never count a second twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.people import World, open_for
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotAllowed
from ticketdesk.tickets import merging, sittings, timekeeping
from ticketdesk.tickets.sittings import MOST_S, Sitting
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import TimeSpent
from ticketdesk.tickets.timeline import Event

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
Beat = Callable[..., int]


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def ticket(world: World) -> Ticket:
    return open_for(world, world.care_queue)


@pytest.fixture
def sitting(world: World, ticket: Ticket) -> Sitting:
    return sittings.begin(ticket, world.alice, NOON)


@pytest.fixture
def beat(world: World, ticket: Ticket) -> Beat:
    """A page of alice's says so many seconds at a moment; what counts for the ticket by then."""

    def beat(sitting: Sitting, seconds: int, at: float, of: Ticket = ticket) -> int:
        sittings.hear(sitting, of, world.alice, seconds, later(at))
        db.session.flush()
        return total()

    return beat


def total() -> int:
    return int(db.session.scalar(select(func.coalesce(func.sum(TimeSpent.seconds), 0))) or 0)


def test_a_sitting_is_one_row_that_grows(beat: Beat, sitting: Sitting, ticket: Ticket) -> None:
    before = ticket.last_seq
    assert [beat(sitting, said, at) for said, at in ((30, 30), (60, 60), (75, 100))] == [30, 60, 75]
    spent = db.session.scalars(select(TimeSpent)).one()
    assert (spent.kind, spent.measured_s, spent.day.isoformat()) == ("measured", 75, "2026-03-04")
    assert ticket.last_seq == before, "no event says when who sat where"


def test_repeated_late_and_smaller_beats_add_nothing(beat: Beat, sitting: Sitting) -> None:
    assert beat(sitting, 30, 30) == 30
    assert beat(sitting, 30, 31) == 30
    assert beat(sitting, 60, 60) == 60
    assert beat(sitting, 30, 90) == 60
    assert beat(sitting, 0, 91) == 60


def test_nothing_grows_faster_than_the_clock_on_the_wall(beat: Beat, sitting: Sitting) -> None:
    assert beat(sitting, 9_999, 10) == 10
    assert beat(sitting, 99_999, 10.4) == 10
    assert beat(sitting, 999_999, 20) == 20


def test_beats_that_come_a_little_early_lose_nothing(beat: Beat, sitting: Sitting) -> None:
    moments = [30.3, 59.9, 90.2, 119.95, 150.1]
    assert [beat(sitting, 30 * n, at) for n, at in enumerate(moments, 1)][-1] == 150


def test_a_glance_is_no_sitting_and_a_sitting_has_an_end(beat: Beat, sitting: Sitting) -> None:
    assert beat(sitting, 4, 10) == 0
    assert beat(sitting, MOST_S + 900, MOST_S + 1_000) == MOST_S
    assert beat(sitting, MOST_S + 1_800, MOST_S + 2_000) == MOST_S


def test_nothing_is_heard_of_yesterdays_sitting(beat: Beat, sitting: Sitting) -> None:
    assert beat(sitting, 60, 60) == 60
    assert beat(sitting, 120, 24 * 3_600 + 1) == 60


def test_two_tabs_never_count_the_same_second(world: World, beat: Beat, sitting: Sitting, ticket: Ticket) -> None:
    other = open_for(world, world.care_queue, "Another")
    second = sittings.begin(other, world.alice, NOON)
    assert beat(sitting, 30, 30) == 30
    assert beat(second, 30, 31, other) == 30, "the glance that is left is none"
    assert beat(second, 60, 60, other) == 60
    assert beat(sitting, 60, 61) <= 61
    assert beat(sittings.begin(ticket, world.alice, later(20)), 41, 61) <= 61
    assert beat(sittings.begin(ticket, world.alice, later(0)), 100, 70) <= 70


def test_what_is_corrected_stays_and_what_comes_after_is_added(
    world: World, beat: Beat, sitting: Sitting, ticket: Ticket
) -> None:
    beat(sitting, 60, 60)
    spent = db.session.scalars(select(TimeSpent)).one()
    timekeeping.correct(ticket, spent.id, 20, "", world.alice, later(70))
    assert (spent.seconds, spent.measured_s, spent.corrected_at) == (20, 60, later(70))
    assert beat(sitting, 90, 100) == 50
    assert spent.measured_s == 90
    timekeeping.correct(ticket, spent.id, 90, "", world.alice, later(110))
    assert spent.corrected_at is None


def test_what_was_removed_grows_no_more(world: World, beat: Beat, sitting: Sitting, ticket: Ticket) -> None:
    beat(sitting, 60, 60)
    spent = db.session.scalars(select(TimeSpent)).one()
    timekeeping.remove(ticket, spent.id, world.alice, later(61))
    beat(sitting, 90, 100)
    assert spent.seconds == 60


def test_a_beat_after_a_merge_counts_for_the_survivor(
    world: World, beat: Beat, sitting: Sitting, ticket: Ticket
) -> None:
    survivor = open_for(world, world.care_queue, "The other")
    beat(sitting, 30, 30)
    merging.merge(ticket, survivor, world.alice.actor, later(40))
    assert beat(sitting, 60, 60) == 60
    assert beat(sittings.begin(ticket, world.alice, later(50)), 20, 90) == 80, "the first that is heard of another page"
    rows = db.session.execute(select(TimeSpent.ticket_id, TimeSpent.counts_for_id)).all()
    db.session.expire_all()
    assert {tuple(row) for row in rows} == {(ticket.id, survivor.id)}
    merging.undo(ticket, world.alice.actor, later(100))
    assert db.session.scalars(select(TimeSpent.counts_for_id).distinct()).all() == [ticket.id]


def test_forged_sittings_are_none(world: World, sitting: Sitting, ticket: Ticket) -> None:
    assert sittings.read(sitting.words) == sitting
    value, _dot, signature = sitting.words.rpartition(".")
    parts = value.split(".")
    earlier = ".".join([*parts[:2], str(int(parts[2]) - 3_600), parts[3]])
    for words in ("", "x", "1.2.3.4.5", value, f"{value}.", f"{value}.{'a' * 26}", f"{earlier}.{signature}"):
        with pytest.raises(Invalid):
            sittings.read(words)
    with pytest.raises(Invalid):
        sittings.hear(sitting, ticket, world.bob, 30, later(30))
    with pytest.raises(Invalid):
        sittings.hear(sitting, open_for(world, world.care_queue, "Another"), world.alice, 30, later(30))
    world.alice.measures_time = False
    with pytest.raises(NotAllowed):
        sittings.hear(sitting, ticket, world.alice, 30, later(30))
    assert total() == 0


def test_a_new_day_asks_for_a_new_sitting(world: World, ticket: Ticket) -> None:
    world.alice.timezone = "Pacific/Auckland"  # 1:00 at noon UTC
    sitting = sittings.begin(ticket, world.alice, NOON - timedelta(hours=2))
    assert sitting.is_over(world.alice, NOON)
    assert not sittings.begin(ticket, world.alice, NOON).is_over(world.alice, later(60))
    assert sittings.begin(ticket, world.alice, NOON).is_over(world.alice, later(MOST_S + 1))
    sittings.hear(sitting, ticket, world.alice, 600, NOON)
    assert db.session.scalars(select(TimeSpent.day)).one().isoformat() == "2026-03-04"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4_000), st.integers(0, 90)), max_size=25))
def test_whatever_pages_say_it_is_never_more_than_the_clock(
    world: World, ticket: Ticket, said: list[tuple[int, int, int]]
) -> None:
    """Three tabs that say what they like, at any moment: the sum is at most the time that passed."""
    with db.session.begin_nested() as point:
        tabs = [sittings.begin(ticket, world.alice, NOON) for _number in range(3)]
        passed, before = 0, 0
        for tab, seconds, pause in said:
            passed += pause
            sittings.hear(tabs[tab], ticket, world.alice, seconds, later(passed))
            db.session.flush()
            assert before <= total() <= passed
            before = total()
        point.rollback()


def test_events_hold_no_words(world: World, ticket: Ticket) -> None:
    spent = timekeeping.add(ticket, 60, NOON.date(), "Called the carrier", world.alice, NOON)
    timekeeping.correct(ticket, spent.id, 90, "Called them twice", world.alice, later(1))
    timekeeping.remove(ticket, spent.id, world.alice, later(2))
    timekeeping.put_back(ticket, spent.id, world.alice, later(3))
    told = db.session.execute(select(Event.kind, Event.data).where(Event.kind.like("time%")).order_by(Event.id)).all()
    assert [row.kind for row in told] == ["time_added", "time_corrected", "time_removed", "time_put_back"]
    assert "arrier" not in str(told)
    assert all(isinstance(value, int) for row in told for value in row.data.values())
