"""What people say of the clocks of help desks, and the traps behind it (SEMANTICS 4): none may be said of ours.

Each complaint stands in its own words above what happens here. Timed steps have their own (`test_stepping`).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.channels.mails import mail, take, ticket_of
from tests.people import World, open_for
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.reports import measuring
from ticketdesk.reports.measuring import Scope
from ticketdesk.reports.periods import Period
from ticketdesk.sla import editing, jobs, rebuilding
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import merging, moving, noting, opening, priority, progress, receiving, replying, timeline
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DANA = [("dana@customer.example", "")]
MONTH = timedelta(days=30)


@pytest.fixture
def ticket(world: World, policy: SlaPolicy, now: datetime) -> Ticket:
    """Dana writes on Wednesday at 10; promised are an answer in 4 hours and a solution in 24, from 9 to 17."""
    return written(world, now)


@pytest.fixture(autouse=True)
def _what_is_stored_is_what_the_events_say(world: World, now: datetime) -> Iterator[None]:
    """Whatever is complained of: the rows repeat the events, then and a month later."""
    yield
    for when in (now, now + MONTH):
        jobs.sweep_deadlines(when)
        assert rebuilding.compare(db.session.scalars(select(Ticket.id)).all(), when) == {}


def written(world: World, at: datetime) -> Ticket:
    ticket = open_for(world, world.care_queue, at=at)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off."), at)
    return ticket


def wrote(world: World, ticket: Ticket, at: datetime) -> None:
    receiving.receive(ticket, world.dana, Letter("email", "And now?"), at)


def replied(world: World, ticket: Ticket, at: datetime) -> None:
    replying.reply(ticket, world.alice, "A new one is on its way.", to=DANA, at=at)


def clock(ticket: Ticket, metric: str, cycle: int = 1) -> SlaTimer:
    db.session.flush()
    mine = (SlaTimer.ticket_id == ticket.id, SlaTimer.metric == metric, SlaTimer.cycle == cycle)
    return db.session.scalars(select(SlaTimer).where(*mine)).one()


def kinds(ticket: Ticket) -> list[str]:
    return [event.kind for event in timeline.of_ticket(ticket.id)]


def change_hours(world: World, week: list[list[list[int]]], at: datetime, zone: str = "UTC") -> None:
    calendars.change(db.session.scalars(select(Calendar)).one(), zone, week, world.ada.actor, at)


def other_policy(world: World, policy: SlaPolicy, at: datetime, **words: object) -> None:
    """A policy for the queue Orders, which is tried first."""
    standard = editing.words_of(editing.in_force(policy.id))
    special = replace(standard, conditions={"queue_id": [world.orders_queue.id]}, **words)  # type: ignore[arg-type]
    made = editing.create("Orders", special, world.ada.actor, at)
    editing.reorder([made.id, policy.id], world.ada.actor, at)


# Business hours


def test_lunch_breaks_are_not_counted(world: World, policy: SlaPolicy, now: datetime) -> None:
    """\"One opening and one closing time a day: our lunch break counts as if we sat there.\""""
    change_hours(world, [[[540, 720], [780, 1020]]] * 5 + [[], []], now - HOUR)
    first = clock(written(world, now + HOUR), "first_response")  # at 11; at 12 everybody leaves for an hour
    assert first.due_at == now + 6 * HOUR


def test_nights_weekends_and_holidays_are_not_counted(world: World, policy: SlaPolicy, now: datetime) -> None:
    """\"It was due at three on a Sunday morning.\""""
    week = [[[540, 1020]]] * 5 + [[], []]
    thursday = {"date": "2026-03-05", "name": "Founders' day"}
    calendar = db.session.scalars(select(Calendar)).one()
    calendars.change(calendar, "UTC", week, world.ada.actor, now, holidays=[thursday])
    first = clock(written(world, now + 6 * HOUR), "first_response")  # Wednesday 16:00
    assert first.due_at == datetime(2026, 3, 6, 12, tzinfo=UTC)


def test_a_day_of_23_hours_has_23_hours(world: World, policy: SlaPolicy, now: datetime) -> None:
    """\"Twice a year all deadlines are an hour off.\""""
    change_hours(world, [[[0, 1440]]] * 7, now, "Europe/Berlin")
    noon = datetime(2026, 3, 28, 11, tzinfo=UTC)  # Saturday; the clocks change that night
    assert clock(written(world, noon), "resolution").due_at == noon + 24 * HOUR
    change_hours(world, [[[540, 1020]]] * 7, noon + MONTH, "Europe/Berlin")
    evening = datetime(2026, 10, 24, 14, tzinfo=UTC)  # Saturday 16:00 in summer time; on Sunday it is winter
    assert clock(written(world, evening), "first_response").due_at == datetime(2026, 10, 25, 11, tzinfo=UTC)


def test_new_hours_leave_what_was_counted(world: World, ticket: Ticket, now: datetime) -> None:
    """\"We changed our opening hours, and last week's answers were late all of a sudden.\""""
    replied(world, ticket, now + 3 * HOUR)
    change_hours(world, [[[0, 1440]]] * 7, now + 4 * HOUR)
    jobs.sweep_deadlines(now + 4 * HOUR)
    assert (clock(ticket, "first_response").state, clock(ticket, "first_response").consumed_s) == ("met", 3 * 3600)
    assert clock(ticket, "resolution").due_at == now + 24 * HOUR  # four hours were used; the other 20 go through


# What starts and stops a clock


def test_a_note_stops_no_clock(world: World, ticket: Ticket, now: datetime) -> None:
    """\"A colleague's internal remark counted as our first answer.\""""
    noting.note(ticket, world.alice, "Which bench is it?", at=now + HOUR)
    assert clock(ticket, "first_response").state == "running"


def test_an_automatic_reply_stops_no_clock(world: World, ticket: Ticket, now: datetime) -> None:
    """\"Our first response time is two seconds, thanks to the acknowledgement.\""""
    replying.tell_automatically(ticket, "We have your mail.", DANA, "acknowledgement", now + HOUR)
    assert clock(ticket, "first_response").state == "running"


@pytest.mark.parametrize("kind", ["survey_sent", "survey_answered", "survey_changed", "survey_skipped"])
def test_a_survey_stops_no_clock(world: World, ticket: Ticket, now: datetime, kind: str) -> None:
    """“The survey counts as an answer.” It starts and reopens nothing either."""
    timeline.record(ticket, kind, SYSTEM, now + HOUR, {"message_id": 1, "score": 1, "reason": "quiet"})
    assert clock(ticket, "first_response").state == "running"
    replied(world, ticket, now + 2 * HOUR)
    progress.solve(ticket, world.alice.actor, now + 2 * HOUR)
    timeline.record(ticket, kind, SYSTEM, now + 3 * HOUR, {"message_id": 1, "score": 1, "reason": "quiet"})
    assert [timer.metric for timer in db.session.scalars(select(SlaTimer).order_by(SlaTimer.metric))] == [
        "first_response",
        "resolution",
    ]


def test_a_vacation_notice_starts_no_clock_and_ends_no_pause(world: World, ticket: Ticket, now: datetime) -> None:
    """\"The customer's out-of-office reply started our clock again.\""""
    replied(world, ticket, now + HOUR)
    progress.move_to(ticket, "pending", world.alice.actor, now + HOUR)
    receiving.receive(ticket, world.dana, Letter("email", "I am away.", inert="vacation"), now + 2 * HOUR)
    assert clock(ticket, "resolution").state == "paused"
    assert ticket.next_due_metric == "resolution"


def test_a_second_message_does_not_restart_the_clock(world: World, ticket: Ticket, now: datetime) -> None:
    """\"Each time the customer asks where the answer is, we get four more hours.\""""
    wrote(world, ticket, now + 3 * HOUR)
    assert clock(ticket, "first_response").due_at == now + 4 * HOUR
    replied(world, ticket, now + 3 * HOUR)
    wrote(world, ticket, now + 4 * HOUR)
    wrote(world, ticket, now + 6 * HOUR)
    assert clock(ticket, "next_response").started_at == now + 4 * HOUR


def test_a_reply_that_never_arrived_answers_nothing(world: World, ticket: Ticket, now: datetime) -> None:
    """\"The mail bounced, and the ticket was green.\""""
    replied(world, ticket, now + HOUR)
    message_id = next(event for event in timeline.of_ticket(ticket.id) if event.kind == "reply_sent").data["message_id"]
    timeline.record(ticket, "reply_failed", SYSTEM, now + 2 * HOUR, {"message_id": message_id, "permanent": True})
    first = clock(ticket, "first_response")
    assert (first.state, first.due_at) == ("running", now + 4 * HOUR)


def test_the_date_that_a_mail_bears_moves_no_clock(world: World, policy: SlaPolicy, now: datetime) -> None:
    """\"A mail that says it was written last year is late before it arrives.\""""
    raw = take(mail(headers=[("Date", "Thu, 01 Jan 2004 00:00:00 +0000")]), now)
    assert clock(ticket_of(raw), "first_response").started_at == now


def test_a_ticket_that_an_agent_opened_owes_no_answer(world: World, policy: SlaPolicy, now: datetime) -> None:
    """\"We wrote first, and yet our first response is late.\""""
    ticket = opening.open_ticket(
        queue_id=world.care_queue.id,
        requester=world.dana,
        subject="Your order",
        channel="email",
        by=world.alice.actor,
        at=now,
    )
    assert ticket.next_due_metric == "resolution"
    wrote(world, ticket, now + HOUR)
    assert clock(ticket, "first_response").started_at == now + HOUR


# Pausing


def test_only_the_solution_pauses(world: World, ticket: Ticket, now: datetime) -> None:
    """\"Set it to pending, and the answer is never late.\""""
    progress.move_to(ticket, "pending", world.alice.actor, now + HOUR)
    assert clock(ticket, "resolution").state == "paused"
    assert clock(ticket, "first_response").due_at == now + 4 * HOUR


@pytest.mark.parametrize("change", ["policy", "priority", "queue without a policy of its own"])
def test_a_pause_is_not_lost_on_a_policy_change(
    world: World, ticket: Ticket, policy: SlaPolicy, now: datetime, change: str
) -> None:
    """\"After a change of the policy the three days in which we waited for the customer count against us.\""""
    progress.move_to(ticket, "pending", world.alice.actor, now + HOUR)
    wrote(world, ticket, now + 4 * HOUR)  # three hours of business time have passed in the pause
    if change == "policy":
        targets = {"normal": {"resolution": 6 * 3600}}
        other_policy(world, policy, now + 4 * HOUR, targets=targets)
    if change == "priority":
        priority.change_priority(ticket, "high", world.alice.actor, now + 5 * HOUR)
    else:
        moving.move(ticket, world.orders_queue, world.alice.actor, now + 5 * HOUR)
    solution = clock(ticket, "resolution")
    left = solution.target_s - 2 * 3600  # an hour before the pause and one after it
    assert (solution.consumed_s + (now + 5 * HOUR - solution.resumed_at).total_seconds()) == 2 * 3600  # type: ignore[operator]
    due = {4: datetime(2026, 3, 5, 11, tzinfo=UTC), 6: datetime(2026, 3, 5, 13, tzinfo=UTC)}
    assert solution.due_at == due.get(left // 3600, datetime(2026, 3, 9, 13, tzinfo=UTC))


def test_a_change_during_the_pause_does_not_end_it(
    world: World, ticket: Ticket, policy: SlaPolicy, now: datetime
) -> None:
    """\"It was on hold for the customer; then somebody moved it, and the clock ran on.\""""
    progress.move_to(ticket, "pending", world.alice.actor, now + HOUR)
    other_policy(world, policy, now + 2 * HOUR, targets={"normal": {"resolution": 2 * 3600}})
    moving.move(ticket, world.orders_queue, world.alice.actor, now + 2 * HOUR)
    solution = clock(ticket, "resolution")
    assert (solution.state, solution.consumed_s, solution.due_at) == ("paused", 3600, None)
    wrote(world, ticket, now + 5 * HOUR)
    assert solution.due_at == now + 6 * HOUR


# Reopening, changes of mind, verdicts


def test_a_reopened_ticket_does_not_stay_met(world: World, ticket: Ticket, now: datetime) -> None:
    """\"Solve it in time, and it stays green, however often and however long it is opened again.\""""
    progress.solve(ticket, world.alice.actor, now + 2 * HOUR)
    wrote(world, ticket, now + 6 * HOUR)
    first, second = clock(ticket, "resolution"), clock(ticket, "resolution", 2)
    assert (first.state, second.state, second.consumed_s) == ("met", "running", 2 * 3600)
    assert second.due_at == datetime(2026, 3, 9, 14, tzinfo=UTC)  # the four solved hours are not counted
    jobs.sweep_deadlines(now + MONTH)
    assert (first.state, second.state) == ("met", "breached")


def test_a_higher_priority_is_late_at_the_change_and_told_apart(world: World, ticket: Ticket, now: datetime) -> None:
    """\"They made it urgent after three hours, and now we were late two and a half hours ago.\""""
    priority.change_priority(ticket, "urgent", world.alice.actor, now + 3 * HOUR)
    first = clock(ticket, "first_response")
    assert (first.breached_at, first.late_at_change) == (now + 3 * HOUR, True)
    replied(world, ticket, now + 3 * HOUR + MINUTE)
    said = figures(world, now)["first_response"]
    assert (said.changed, said.judged) == (1, 0)


@pytest.mark.parametrize("way", ["priority", "queue", "withdrawn promise", "spam and back"])
def test_a_verdict_is_never_deleted(world: World, ticket: Ticket, policy: SlaPolicy, now: datetime, way: str) -> None:
    """\"Lower the priority, and the breach is gone from the report.\""""
    jobs.sweep_deadlines(now + 5 * HOUR)
    if way == "priority":
        priority.change_priority(ticket, "low", world.alice.actor, now + 5 * HOUR)
    elif way == "spam and back":
        progress.solve(ticket, world.alice.actor, now + 5 * HOUR)
        wrote(world, ticket, now + 6 * HOUR)
    else:
        hours = {"normal": {"resolution": 3600}} if way == "withdrawn promise" else {"normal": {"first_response": 9**6}}
        other_policy(world, policy, now + 5 * HOUR, targets=hours)
        moving.move(ticket, world.orders_queue, world.alice.actor, now + 5 * HOUR)
    first = clock(ticket, "first_response")
    assert (first.state, first.breached_at, first.late_at_change) == ("breached", now + 4 * HOUR, False)
    missed = [event for event in timeline.of_ticket(ticket.id) if event.kind == "sla_breached"]
    assert [event.at for event in missed if event.data["metric"] == "first_response"] == [now + 4 * HOUR]


def test_a_policy_that_is_edited_leaves_what_was_promised(
    world: World, ticket: Ticket, policy: SlaPolicy, now: datetime
) -> None:
    """\"We edited the policy, and all open tickets were late at once.\""""
    words = editing.words_of(editing.in_force(policy.id))
    editing.change(policy, replace(words, targets={"normal": {"first_response": 60}}), world.ada.actor, now + HOUR)
    wrote(world, ticket, now + 2 * HOUR)
    progress.move_to(ticket, "open", world.alice.actor, now + 2 * HOUR)
    assert clock(ticket, "first_response").due_at == now + 4 * HOUR
    assert clock(written(world, now + 2 * HOUR), "first_response").target_s == 60


# Merging


def test_a_merged_ticket_does_not_escalate(world: World, ticket: Ticket, now: datetime) -> None:
    """\"The ticket was merged a week ago, and still my manager gets mails about it.\""""
    survivor = written(world, now + HOUR)
    merging.merge(ticket, survivor, world.alice.actor, now + 2 * HOUR, widen=True)
    jobs.sweep_deadlines(now + MONTH)
    assert {"sla_warned", "sla_breached", "escalated"}.isdisjoint(kinds(ticket))
    assert (clock(ticket, "first_response").state, clock(ticket, "first_response").ended_reason) == ("ended", "merged")
    assert ticket.next_due_metric is None
    assert "sla_breached" in kinds(survivor)


def test_a_merge_does_not_give_us_more_time(world: World, ticket: Ticket, now: datetime) -> None:
    """\"Merge the old complaint into a new one, and its clock starts from nothing.\""""
    survivor = written(world, now + 2 * HOUR)
    merging.merge(ticket, survivor, world.alice.actor, now + 3 * HOUR, widen=True)
    assert clock(survivor, "first_response").due_at == now + 4 * HOUR
    assert clock(survivor, "resolution").started_at == now + 2 * HOUR


def test_a_merge_that_is_undone_gives_both_their_clocks_back(world: World, ticket: Ticket, now: datetime) -> None:
    """\"Merged by mistake, separated at once: both clocks gone.\""""
    survivor = written(world, now + 2 * HOUR)
    merging.merge(ticket, survivor, world.alice.actor, now + 3 * HOUR, widen=True)
    merging.undo(ticket, world.alice.actor, now + 3 * HOUR + MINUTE)
    assert clock(ticket, "first_response").due_at == now + 4 * HOUR + MINUTE  # it stood still for a minute
    assert clock(survivor, "first_response").due_at == now + 6 * HOUR


# What is shown and reported


def figures(world: World, now: datetime) -> dict[str, measuring.Figures]:
    db.session.commit()
    return dict(measuring.summary(Scope(world.sam, Period(now.date(), now.date(), "UTC"))))


def test_late_replies_are_counted_in_averages(world: World, ticket: Ticket, now: datetime) -> None:
    """\"The average response time looks splendid, because whatever was late is left out of it.\""""
    late = written(world, now)
    replied(world, ticket, now + HOUR)
    replied(world, late, datetime(2026, 3, 5, 10, tzinfo=UTC))  # after eight hours of business time, four too late
    said = figures(world, now)["first_response"]
    assert (said.answered, said.judged, said.in_target) == (2, 2, 1)
    assert (said.mean, said.p50) == (4.5 * 3600, 4.5 * 3600)


def test_what_was_never_answered_is_not_left_out(world: World, ticket: Ticket, now: datetime) -> None:
    """\"Don't answer at all, and nothing is late.\""""
    jobs.sweep_deadlines(now + 5 * HOUR)
    said = figures(world, now)["first_response"]
    assert (said.waiting, said.waiting_late) == (1, 1)


def test_every_list_shows_the_clock_with_least_time_left(world: World, ticket: Ticket, now: datetime) -> None:
    """\"The list says tomorrow, the ticket says ten minutes.\""""
    assert (ticket.next_due_metric, ticket.next_due_at) == ("first_response", now + 4 * HOUR)
    replied(world, ticket, now + HOUR)
    assert ticket.next_due_metric == "resolution"
    progress.move_to(ticket, "pending", world.alice.actor, now + HOUR)
    assert (ticket.next_due_state, ticket.next_due_at) == ("paused", None)


def test_a_missed_deadline_is_written_down_at_its_own_time(world: World, ticket: Ticket, now: datetime) -> None:
    """\"The server was down over the weekend: everything was late on Monday at 8:02.\""""
    jobs.sweep_deadlines(now + timedelta(days=2))
    (missed,) = db.session.scalars(select(Event).where(Event.kind == "sla_breached")).all()
    assert (missed.at, clock(ticket, "first_response").breached_at) == (now + 4 * HOUR, now + 4 * HOUR)
