"""When a customer may expect an answer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.people import World, open_for
from ticketdesk.calendars import hours
from ticketdesk.calendars.rules import Hours, Week
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults, expectation
from ticketdesk.sla.expectation import Expectation, expected, promised
from ticketdesk.tickets import progress, receiving, replying

NOW = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)  # a Wednesday
OFFICE = hours.always(Hours("UTC", Week((((540, 1020),),) * 5 + ((), ()))))


@dataclass(frozen=True)
class Timer:
    metric: str = "first_response"
    state: str = "running"
    started_at: datetime = NOW - timedelta(hours=1)
    due_at: datetime | None = NOW + timedelta(hours=1)
    resumed_at: datetime | None = NOW - timedelta(hours=1)
    stopped_at: datetime | None = None


def test_a_running_clock_is_a_promise() -> None:
    found = expected([Timer()], NOW, OFFICE)
    assert found == Expectation(
        "by", NOW + timedelta(hours=1), NOW - timedelta(hours=1), NOW + timedelta(hours=1), None
    )


def test_the_first_of_several_counts() -> None:
    sooner = Timer("next_response", due_at=NOW + timedelta(minutes=5))
    found = expected([Timer(), sooner], NOW)
    assert found is not None
    assert found.at == sooner.due_at


def test_what_is_over_is_said_to_be_late() -> None:
    found = expected([Timer(state="breached", due_at=NOW - timedelta(hours=2))], NOW)
    assert found is not None
    assert (found.kind, found.at) == ("late", NOW - timedelta(hours=2))


@pytest.mark.parametrize(
    "timer",
    [
        Timer("resolution"),
        Timer(stopped_at=NOW),
        Timer(state="ended"),
        Timer(due_at=None),
    ],
)
def test_where_nobody_waits_nothing_is_said(timer: Timer) -> None:
    assert expected([timer], NOW) is None
    assert expected([], NOW) is None


@pytest.mark.parametrize(
    ("now", "due", "until", "again"),
    [
        (NOW, datetime(2026, 3, 5, 10, 0, tzinfo=UTC), datetime(2026, 3, 4, 17, 0, tzinfo=UTC), None),
        (
            datetime(2026, 3, 6, 18, 0, tzinfo=UTC),  # Friday evening
            datetime(2026, 3, 9, 11, 0, tzinfo=UTC),
            None,
            datetime(2026, 3, 9, 9, 0, tzinfo=UTC),
        ),
    ],
)
def test_whoever_writes_now_has_an_answer_in_open_hours(
    now: datetime, due: datetime, until: datetime | None, again: datetime | None
) -> None:
    assert promised(7200, OFFICE, now) == Expectation("by", due, now, until, again)


def test_hours_that_never_open_promise_nothing() -> None:
    assert promised(7200, hours.always(Hours("UTC", Week(((),) * 7))), NOW) is None


def test_around_the_clock_nobody_asks_when_we_are_here() -> None:
    always = hours.always(Hours("UTC", Week((((0, 1440),),) * 7)))
    found = promised(7200, always, NOW)
    assert found is not None
    assert (found.open_until, found.opens_at) == (None, None)


def test_a_ticket_from_its_first_words_to_its_end(world: World, now: datetime) -> None:
    defaults.create(SYSTEM, now)
    ticket = open_for(world, world.care_queue, at=now)
    letter = receiving.Letter(channel="email", text="Please help.")
    receiving.receive(ticket, world.dana, letter, now)
    db.session.flush()
    found = expectation.of_ticket(ticket.id, now)
    assert found is not None
    assert (found.kind, found.since, found.at) == ("by", now, ticket.next_due_at)
    new = expectation.for_new(world.care_queue, "email", now)
    assert new is not None
    assert new.at == found.at
    replying.reply(ticket, world.alice, "Here it is.", to=[(world.dana.value, "")], at=now + timedelta(minutes=1))
    assert expectation.of_ticket(ticket.id, now) is None
    receiving.receive(ticket, world.dana, letter, now + timedelta(minutes=2))
    again = expectation.of_ticket(ticket.id, now)
    assert again is not None
    assert again.since == now + timedelta(minutes=2)
    progress.solve(ticket, SYSTEM, now + timedelta(minutes=3))
    assert expectation.of_ticket(ticket.id, now) is None


def test_without_a_policy_nothing_is_promised(world: World, now: datetime) -> None:
    assert expectation.for_new(world.care_queue, "email", now) is None
