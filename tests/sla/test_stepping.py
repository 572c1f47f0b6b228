"""Escalation steps are taken once each, at their moment, by whoever comes first, and never where nothing waits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select, text, update

from tests.channels.mails import work_all
from tests.people import LONG_AGO, World, open_for
from tests.sla.test_stored_random import something
from ticketdesk.calendars import editing as calendars
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.notifications.notification import Notification
from ticketdesk.sla import editing, jobs, rebuilding, recipients, stepping, steps, sweep
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.step_taken import StepTaken
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import (
    assignment,
    flags,
    following,
    merging,
    moving,
    priority,
    progress,
    queues,
    replying,
    tagging,
)
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
DANA = [("dana@customer.example", "")]
MORNING = datetime(2026, 3, 4, 10, tzinfo=UTC)
DUE = MORNING + 4 * HOUR
WEEK = [[[540, 1020]]] * 5 + [[], []]


def step(offset_s: int = 0, *recipients: str, metric: str = "first_response", **more: Any) -> dict[str, Any]:
    return {"metric": metric, "offset_s": offset_s, "recipients": list(recipients or ["team"]), **more}


def does(do: str, to: int | str | None) -> dict[str, Any]:
    return {"do": do, "to": to}


@pytest.fixture
def opened(world: World) -> Callable[..., Ticket]:
    """A ticket of Wednesday at ten, due at two, under a policy with these steps."""

    def made(*given: dict[str, Any], at: datetime = MORNING) -> Ticket:
        if db.session.scalars(select(SlaPolicy)).first() is None:
            hours = calendars.create("Daytime", "UTC", WEEK, SYSTEM, LONG_AGO)
            targets: Any = {
                "normal": {"first_response": 4 * 3600, "next_response": 3600, "resolution": 6 * 3600},
                "high": {"first_response": 4 * 3600},
                "urgent": {"first_response": 3600, "resolution": 5 * 3600},
            }
            words = editing.Words(hours.id, targets, warn_percent=0, steps=given)
            editing.create("Standard", words, SYSTEM, LONG_AGO)
        return open_for(world, world.care_queue, at=at)

    return made


def told(kind: str = "escalated") -> list[Event]:
    db.session.flush()
    return list(db.session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def taken() -> list[tuple[datetime, int]]:
    return [(event.at, event.data["offset_s"]) for event in told()]


def look(at: datetime) -> None:
    jobs.sweep_deadlines(at)


def test_a_timed_step_is_not_repeated(world: World, opened: Callable[..., Ticket]) -> None:
    """However often anyone looks, whatever is changed of policy and ticket, and when the clocks are rebuilt."""
    ticket = opened(step(-1800))
    for minute in range(0, 60, 5):
        look(DUE - 35 * MINUTE + minute * MINUTE)
    assert taken() == [(DUE - 30 * MINUTE, -1800)]
    policy = db.session.scalars(select(SlaPolicy)).one()
    changed = editing.words_of(editing.in_force(policy.id))
    editing.change(policy, changed, SYSTEM, DUE - 20 * MINUTE)
    other = open_for(world, world.care_queue, at=MORNING)
    assert other.id != ticket.id
    rebuilding.rebuild([ticket.id], DUE - 10 * MINUTE)
    priority.change_priority(ticket, "low", SYSTEM, DUE - 9 * MINUTE)
    priority.change_priority(ticket, "normal", SYSTEM, DUE - 8 * MINUTE)
    look(DUE - 7 * MINUTE)
    assert [event.ticket_id for event in told()] == [ticket.id, other.id]
    db.session.execute(update(SlaTimer).values(step_at=MORNING))
    look(DUE - 6 * MINUTE)
    assert len(told()) == 2
    assert db.session.scalars(select(StepTaken.step)).all() == ["first_response:-1800:team"] * 2
    assert rebuilding.compare([ticket.id, other.id], DUE - 6 * MINUTE) == {}


def test_another_policy_does_not_repeat_what_it_also_says(world: World, opened: Callable[..., Ticket]) -> None:
    """The policy of the new queue has the same step at another place, and one more."""
    ticket = opened(step(-5400))
    words = editing.words_of(editing.in_force(db.session.scalars(select(SlaPolicy.id)).one()))
    special = editing.create(
        "Orders",
        editing.Words(
            words.calendar_id,
            words.targets,
            {"queue_id": [world.orders_queue.id]},
            steps=[step(-1800), step(-5400), step(-5400, "assignee")],
        ),
        SYSTEM,
        LONG_AGO,
    )
    editing.reorder([special.id, special.id - 1], SYSTEM, LONG_AGO)
    look(DUE - HOUR)
    assert len(told()) == 1
    moving.move(ticket, world.orders_queue, SYSTEM, DUE - HOUR)
    look(DUE - 50 * MINUTE)
    assert [event.data["step"] for event in told()] == [
        "first_response:-5400:team",
        "first_response:-5400:assignee",
    ]


def test_a_step_tells_at_its_moment_and_only_who_plays_the_part(world: World, opened: Callable[..., Ticket]) -> None:
    ticket = opened(step(-1800, "assignee", "followers", "supervisors", f"agent:{world.carol.id}", "administrators"))
    following.follow(ticket, world.alice, SYSTEM, MORNING)
    assignment.assign(ticket, world.bob, world.bob.actor, MORNING)
    look(DUE - 30 * MINUTE + 2 * SECOND)
    (event,) = told()
    timer = db.session.scalars(select(SlaTimer).where(SlaTimer.metric == "first_response")).one()
    assert (event.at, event.actor_kind) == (DUE - 30 * MINUTE, "system")
    assert event.data == {
        "metric": "first_response",
        "cycle": 1,
        "timer_id": timer.id,
        "step": event.data["step"],
        "offset_s": -1800,
        "urgent": False,
        "due_at": DUE.isoformat(),
        "agents": [world.alice.id, world.bob.id, world.sam.id, world.ada.id],
        "reasons": ["follower", "assignee", "supervisor", "administrator"],
        "actions": [],
        "refused": [],
    }
    assert world.carol.id not in event.data["agents"], "she may not see the ticket"


def test_while_nobody_has_the_ticket_its_team_is_told(world: World, opened: Callable[..., Ticket]) -> None:
    opened(step(-1800, "assignee"))
    world.bob.disabled_at = MORNING
    look(DUE - 20 * MINUTE)
    (event,) = told()
    assert event.data["agents"] == [world.alice.id, world.sam.id]
    assert set(event.data["reasons"]) == {"team"}


def test_whoever_left_is_nobody(world: World, opened: Callable[..., Ticket]) -> None:
    ticket = opened(step(-1800, "assignee"))
    assignment.assign(ticket, world.bob, SYSTEM, MORNING)
    world.bob.disabled_at = MORNING
    look(DUE - 20 * MINUTE)
    (event,) = told()
    assert event.data["agents"] == [world.alice.id, world.sam.id]
    assert set(event.data["reasons"]) == {"team"}


def test_a_team_without_a_supervisor_has_the_administrators(world: World, opened: Callable[..., Ticket]) -> None:
    ticket = opened(step(0, "supervisors"))
    known = recipients.people([ticket.id])
    wanted = steps.parse(step(0, "supervisors"))
    assert recipients.of_step(wanted, world.orders_queue.id, None, ticket.id, known) == {world.ada.id: "administrator"}
    assert recipients.of_step(wanted, world.care_queue.id, None, ticket.id, known) == {world.sam.id: "supervisor"}


def test_changes_are_made_by_the_real_verbs_and_told_of_the_ticket_as_it_is_then(
    world: World, opened: Callable[..., Ticket]
) -> None:
    ticket = opened(
        step(
            -7200,
            "team",
            actions=[
                does("queue", world.orders_queue.id),
                does("priority", "urgent"),
                does("tag", "Late Soon"),
                does("assignee", world.carol.id),
            ],
        )
    )
    at = DUE - 110 * MINUTE
    look(at)
    assert (ticket.queue_id, ticket.priority, ticket.assignee_id) == (world.orders_queue.id, "urgent", world.carol.id)
    assert tagging.tags_of(ticket.id) == ["late-soon"]
    (event,) = told()
    assert event.data["actions"] == ["queue", "priority", "tag", "assignee"]
    assert event.data["agents"] == [world.carol.id]
    assert [(one.at, one.actor_kind) for one in told("priority_changed")] == [(at, "system")]
    assert rebuilding.compare([ticket.id], at) == {}, "urgent is due within an hour, so it is late at once"
    assert len(told("sla_breached")) == 1


def test_what_a_rule_refuses_is_recorded_and_stops_nothing(world: World, opened: Callable[..., Ticket]) -> None:
    queues.archive(world.orders_queue, SYSTEM, MORNING)
    world.bob.disabled_at = MORNING
    ticket = opened(
        step(
            -1800,
            actions=[does("queue", world.orders_queue.id), does("assignee", world.bob.id), does("priority", "high")],
        ),
        step(-1200, actions=[does("queue", 999_999), does("assignee", world.carol.id), does("tag", "late")]),
    )
    look(DUE - 10 * MINUTE)
    first, second = told()
    assert (first.data["refused"], first.data["actions"]) == (["queue", "assignee"], ["priority"])
    assert (second.data["refused"], second.data["actions"]) == (["queue", "assignee"], ["tag"])
    assert (ticket.priority, ticket.assignee_id) == ("high", None)
    assert tagging.tags_of(ticket.id) == ["late"]


def test_nobody_is_an_assignee_too(world: World, opened: Callable[..., Ticket]) -> None:
    ticket = opened(step(0, actions=[does("assignee", None)]))
    assignment.assign(ticket, world.bob, world.bob.actor, MORNING)
    look(DUE + MINUTE)
    assert ticket.assignee_id is None
    assert told()[0].data["agents"] == [world.alice.id, world.bob.id, world.sam.id]


@pytest.mark.parametrize(
    "end",
    [
        lambda world, ticket, other: replying.reply(ticket, world.alice, "Here.", to=DANA, at=MORNING + HOUR),
        lambda world, ticket, other: progress.move_to(ticket, "solved", world.alice.actor, MORNING + HOUR),
        lambda world, ticket, other: merging.merge(ticket, other, world.alice.actor, MORNING + HOUR, widen=True),
        lambda world, ticket, other: flags.mark_spam(ticket, world.alice.actor, MORNING + HOUR),
        lambda world, ticket, other: flags.trash(ticket, world.alice.actor, MORNING + HOUR),
    ],
    ids=["answered", "solved", "merged", "spam", "trash"],
)
def test_an_ended_clock_escalates_no_more(world: World, opened: Callable[..., Ticket], end: Any) -> None:
    ticket = opened(step(-1800), step(0), step(1800))
    other = open_for(world, world.orders_queue, at=MORNING)
    end(world, ticket, other)
    for hour in range(12):
        look(MORNING + hour * HOUR)
    assert [event for event in told() if event.ticket_id == ticket.id] == []


def test_steps_after_the_due_time_end_with_the_answer(world: World, opened: Callable[..., Ticket]) -> None:
    ticket = opened(step(0), step(1800), step(3600))
    look(DUE + 31 * MINUTE)
    replying.reply(ticket, world.alice, "Here.", to=DANA, at=DUE + 40 * MINUTE)
    look(DUE + 5 * HOUR)
    assert taken() == [(DUE, 0), (DUE + 30 * MINUTE, 1800)]


def test_a_reopened_ticket_begins_its_steps_anew(world: World, opened: Callable[..., Ticket]) -> None:
    """Solved after two of six hours: the second life has four left, and its own step."""
    ticket = opened(step(-3600, metric="resolution"))
    progress.move_to(ticket, "solved", world.alice.actor, MORNING + 2 * HOUR)
    progress.move_to(ticket, "open", world.alice.actor, MORNING + 3 * HOUR)
    look(MORNING + 7 * HOUR - MINUTE)
    (event,) = told()
    assert (event.at, event.data["cycle"]) == (MORNING + 6 * HOUR, 2)


def test_after_an_outage_each_missed_step_is_taken_once_late_and_in_order(
    world: World, opened: Callable[..., Ticket]
) -> None:
    """Those before the due time are left out; of the others only the last tells, so that nobody gets a burst."""
    opened(step(-3600), step(-1800), step(0), step(1800), step(3600, "team", "administrators"))
    late = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    look(late)
    look(late + MINUTE)
    assert taken() == [(DUE, 0), (DUE + 30 * MINUTE, 1800), (DUE + HOUR, 3600)]
    agents = [event.data["agents"] for event in told()]
    assert agents == [[], [], [world.alice.id, world.bob.id, world.sam.id, world.ada.id]]
    assert [row.due_at for row in db.session.scalars(select(StepTaken).order_by(StepTaken.id))] == [
        DUE,
        DUE + 30 * MINUTE,
        DUE + HOUR,
    ]


def test_in_an_outage_before_the_due_time_the_changes_are_all_made(world: World, opened: Callable[..., Ticket]) -> None:
    ticket = opened(
        step(-7200, "assignee", actions=[does("tag", "watch")]), step(-3600, actions=[does("tag", "hurry")])
    )
    look(DUE - 30 * MINUTE)
    assert tagging.tags_of(ticket.id) == ["hurry", "watch"]
    assert [len(event.data["agents"]) for event in told()] == [0, 3]


def test_what_is_urgent_is_not_put_off_by_what_is_not(world: World, opened: Callable[..., Ticket]) -> None:
    opened(step(0, "team", urgent=True), step(1800))
    look(DUE + HOUR)
    assert [(event.data["urgent"], len(event.data["agents"])) for event in told()] == [(True, 3), (False, 3)]


def test_a_change_is_reckoned_with_before_the_next_step(world: World, opened: Callable[..., Ticket]) -> None:
    """Urgent promises an answer within the hour: it is late by the change, so the later step before due falls away."""
    opened(step(-9000, actions=[does("priority", "urgent")]), step(-1800), step(0))
    look(DUE - 2 * HOUR)
    assert [event.data["offset_s"] for event in told()] == [-9000, 0]
    assert [event.data["at_change"] for event in told("sla_breached")] == [True]


def test_a_sweeper_that_dies_leaves_no_half_step(world: World, opened: Callable[..., Ticket]) -> None:
    ticket = opened(step(0, actions=[does("priority", "urgent")]))
    db.session.commit()
    look_again = DUE + MINUTE
    sweep.breach_due(look_again)
    db.session.commit()
    assert stepping.take_due(look_again) == 1
    db.session.rollback()
    assert (told(), ticket.priority, db.session.scalars(select(StepTaken)).all()) == ([], "normal", [])
    look(look_again)
    assert (len(told()), ticket.priority) == (1, "urgent")


def test_a_step_that_cannot_be_taken_rests_and_holds_up_nobody(world: World, opened: Callable[..., Ticket]) -> None:
    broken, sound = opened(step(0)), opened(at=MORNING + MINUTE)
    sweep.breach_due(DUE + HOUR)
    data = {"priority": "normal"}
    db.session.execute(
        update(Event).where(Event.ticket_id == broken.id, Event.kind == "ticket_opened").values(data=data)
    )
    assert stepping.take_due(DUE + HOUR, limit=1) == 1
    assert stepping.take_due(DUE + HOUR, limit=1) == 1
    assert [event.ticket_id for event in told()] == [sound.id]
    resting = db.session.scalars(select(SlaTimer).where(SlaTimer.ticket_id == broken.id)).all()
    assert {row.retry_at for row in resting if row.step_at is not None} == {DUE + HOUR + sweep.FIRST_REST}
    assert stepping.take_due(DUE + HOUR, limit=1) == 0


def test_whoever_is_told_hears_it_in_the_product_at_once(world: World, opened: Callable[..., Ticket]) -> None:
    opened(step(0))
    db.session.commit()
    look(DUE + MINUTE)
    db.session.commit()
    work_all(DUE + MINUTE)
    rows = db.session.scalars(select(Notification).where(Notification.kind == "escalated")).all()
    assert {(row.agent_id, row.reason) for row in rows} == {
        (agent.id, "member") for agent in (world.alice, world.bob, world.sam)
    }
    assert db.session.scalars(select(OutboxRow.task).where(OutboxRow.state == "failed")).all() == []


@pytest.mark.usefixtures("app")
def test_nothing_due_is_one_question(world: World, opened: Callable[..., Ticket]) -> None:
    opened(step(0))
    db.session.commit()
    asked: list[tuple[str, Any]] = []
    connection = db.session.connection()
    sql_event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2:4]))
    assert stepping.take_due(MORNING) == 0
    ((statement, values),) = asked
    for other in ("seqscan", "sort"):  # which a table of one row would be read by
        db.session.execute(text(f"SET LOCAL enable_{other} = off"))
    assert "ix_sla_timers_step" in "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())


@pytest.mark.parametrize("seed", range(6))
def test_random_lives_take_each_step_at_most_once_and_none_that_ran_past_is_left(
    world: World, opened: Callable[..., Ticket], seed: int
) -> None:
    """The sweep comes by after every change: nothing is taken twice, and nothing whose moment came waits."""
    chance = Random(seed)
    ticket = opened(
        step(-7200),
        step(-1800, "assignee", actions=[does("tag", "hurry")]),
        step(0, actions=[does("priority", chance.choice(["low", "urgent"]))]),
        step(1800, "supervisors"),
        step(-3600, metric="resolution"),
        step(600, metric="resolution", actions=[does("assignee", None)]),
        step(-600, metric="next_response"),
        step(0, metric="next_response"),
    )
    at = MORNING
    for _step in range(25):
        at += timedelta(seconds=chance.choice([1, 60, 900, 3600, 30_000]))
        something(world, ticket, chance, at)
        look(at)
        look(at + sweep.GRACE)
        at += sweep.GRACE
        assert rebuilding.compare([ticket.id], at) == {}
        waiting = select(SlaTimer.id).where(SlaTimer.step_at <= at - sweep.GRACE)
        assert db.session.scalars(waiting).all() == []
    keys = [(event.data["timer_id"], event.data["step"]) for event in told()]
    assert len(set(keys)) == len(keys)
    rows = db.session.execute(select(StepTaken.timer_id, StepTaken.step)).all()
    assert sorted(tuple(row) for row in rows) == sorted(keys)
