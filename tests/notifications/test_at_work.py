"""What is told of a clock reaches agents by mail while they work, and not at all once it is settled (SEMANTICS 4.9)."""

import email
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import policy as email_policy
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import rows, work_all
from tests.people import LONG_AGO, World, open_for
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.calendars.hours import always
from ticketdesk.calendars.rules import History, Hours, Week
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.notifications.at_work import at_work, first_open
from ticketdesk.notifications.notification import Notification
from ticketdesk.sla import editing, jobs
from ticketdesk.tickets import assignment, flags, merging, progress, replying
from ticketdesk.tickets.ticket import Ticket

ROUND_THE_CLOCK = [[[0, 1440]]] * 7
DAYTIME = [[[540, 1020]]] * 5 + [[], []]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OPENED = datetime(2026, 3, 4, 22, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 5, 0, tzinfo=UTC)
MORNING = datetime(2026, 3, 5, 9, tzinfo=UTC)
DANA = [("dana@customer.example", "")]


def step(offset_s: int = 0, **more: Any) -> dict[str, Any]:
    return {"metric": "first_response", "offset_s": offset_s, "recipients": ["assignee"], **more}


@pytest.fixture
def office(world: World) -> Calendar:
    """Bob works from nine to five, his colleagues always."""
    made = calendars.create("Daytime", "UTC", DAYTIME, SYSTEM, LONG_AGO)
    world.bob.calendar_id = made.id
    return made


@pytest.fixture
def night(world: World, office: Calendar) -> Callable[..., Ticket]:
    """A ticket of Bob's, opened at ten in the evening where two hours are promised round the clock."""

    def made(*steps: dict[str, Any], warn_percent: int = 0) -> Ticket:
        hours = calendars.create("Always", "UTC", ROUND_THE_CLOCK, SYSTEM, LONG_AGO)
        words = editing.Words(hours.id, {"normal": {"first_response": 7200}}, warn_percent=warn_percent, steps=steps)
        editing.create("Round the clock", words, SYSTEM, LONG_AGO)
        ticket = open_for(world, world.care_queue, at=OPENED)
        assignment.assign(ticket, world.bob, world.bob.actor, OPENED)
        db.session.commit()
        return ticket

    return made


def pass_time(until: datetime, since: datetime = OPENED) -> None:
    """Let the sweep and the workers do their work every ten minutes."""
    at = since
    while at <= until:
        jobs.sweep_deadlines(at)
        db.session.commit()
        work_all(at)
        at += 10 * MINUTE


def notices() -> list[tuple[str | None, str, datetime, str | None]]:
    return [(row.recipient, row.state, row.due_at, row.response) for row in rows("notice")]


def words_of(app: Flask, row: OutboxRow) -> str:
    folder = app.extensions["ticketdesk.config"].outbox
    found = email.message_from_bytes((folder / f"{row.id}.eml").read_bytes(), policy=email_policy.default)
    body = found.get_body(("plain",))  # type: ignore[attr-defined]
    return f"{found['subject']}\n{body.get_content()}"


def test_no_escalation_mail_at_midnight(world: World, night: Callable[..., Ticket], app: Flask) -> None:
    """In the product at once, by mail when Bob begins; the breach that came with it is told by the same mail."""
    ticket = night(step())
    pass_time(MIDNIGHT + HOUR)
    told = [(row.kind, row.agent_id, row.created_at) for row in db.session.scalars(select(Notification))]
    assert sorted((kind, agent) for kind, agent, _at in told) == [
        ("escalated", world.bob.id),
        ("sla_breached", world.bob.id),
    ]
    assert all(at < MIDNIGHT + 20 * MINUTE for _kind, _agent, at in told)
    assert [(to, state, due) for to, state, due, _ in notices()] == [("bob@desk.example", "queued", MORNING)] * 2
    pass_time(MORNING + 10 * MINUTE, since=MORNING - 10 * MINUTE)
    assert sorted((state, said) for _to, state, _due, said in notices() if state != "sent") == [
        ("cancelled", "A later notice says how it stands.")
    ]
    (sent,) = [row for row in rows("notice") if row.state == "sent"]
    assert (sent.finished_at, words_of(app, sent).splitlines()[0]) == (
        MORNING,
        f"[#{ticket.number}] The customer still waits: The armrest came off",
    )
    assert "First answer, was due" in words_of(app, sent)
    assert "because the ticket is yours" in words_of(app, sent)


def test_what_is_urgent_is_mailed_at_midnight(night: Callable[..., Ticket]) -> None:
    night(step(urgent=True))
    pass_time(MIDNIGHT + HOUR)
    assert ("bob@desk.example", "sent") in [(to, state) for to, state, _, _ in notices()]


@pytest.mark.parametrize(("percent", "kind"), [(50, "sla_warned"), (0, "sla_breached")])
def test_deadlines_are_not_mailed_at_midnight_either(
    world: World, night: Callable[..., Ticket], percent: int, kind: str
) -> None:
    night(warn_percent=percent)
    pass_time(OPENED + 90 * MINUTE if percent else MIDNIGHT + HOUR)
    assert db.session.scalars(select(Notification.kind)).all() == [kind]
    assert [(to, state, due) for to, state, due, _ in notices()] == [("bob@desk.example", "queued", MORNING)]


@pytest.mark.parametrize(
    ("settle", "why"),
    [
        ("answer", "The customer was answered meanwhile."),
        ("solve", "The ticket was solved meanwhile."),
        ("merge", "The ticket was merged into another."),
        ("spam", "The ticket is spam."),
        ("trash", "The ticket is in the trash."),
    ],
)
def test_what_is_settled_meanwhile_is_not_mailed(
    world: World, night: Callable[..., Ticket], settle: str, why: str
) -> None:
    ticket, other, at = night(step()), open_for(world, world.care_queue, at=OPENED), MIDNIGHT + 2 * HOUR
    assignment.assign(other, world.alice, world.alice.actor, OPENED)
    pass_time(MIDNIGHT + HOUR)
    deeds: dict[str, Callable[[], object]] = {
        "answer": lambda: replying.reply(ticket, world.alice, "Here.", to=DANA, at=at),
        "solve": lambda: progress.move_to(ticket, "solved", world.alice.actor, at),
        "merge": lambda: merging.merge(ticket, other, world.alice.actor, at, widen=True),
        "spam": lambda: flags.mark_spam(ticket, world.alice.actor, at),
        "trash": lambda: flags.trash(ticket, world.alice.actor, at),
    }
    deeds[settle]()
    db.session.commit()
    work_all(MORNING)
    bobs = [(state, said) for to, state, _due, said in notices() if to == "bob@desk.example"]
    assert bobs == [("cancelled", why)] * 2


def test_whoever_has_no_hours_is_mailed_at_once(world: World, night: Callable[..., Ticket]) -> None:
    ticket = night(step())
    assignment.assign(ticket, world.alice, world.alice.actor, OPENED)
    pass_time(MIDNIGHT + 10 * MINUTE)
    assert {to for to, *_ in notices()} == {"alice@desk.example"}
    assert "sent" in [state for _to, state, *_ in notices()]


def test_hours_that_changed_meanwhile_are_kept_as_well(
    world: World, night: Callable[..., Ticket], office: Calendar
) -> None:
    """A day off announced in the night: the mail waits for the day after."""
    night(step())
    pass_time(MIDNIGHT + HOUR)
    free = [{"date": "2026-03-05", "name": "Carnival", "open": []}]
    calendars.change(office, "UTC", DAYTIME, SYSTEM, MIDNIGHT + HOUR, exceptions=free)
    db.session.commit()
    work_all(MORNING)
    waiting = {(state, due) for _to, state, due, _ in notices() if state == "queued"}
    assert waiting == {("queued", MORNING + 24 * HOUR)}


def test_teams_have_hours_too(world: World, office: Calendar) -> None:
    """Alice has none of her own, so those of her only team count; Carol's team has none and never closes."""
    world.care.calendar_id = office.id
    world.bob.calendar_id = None
    db.session.flush()
    found = at_work([world.alice.id, world.carol.id, world.bob.id], MIDNIGHT)
    assert found == {world.alice.id: MORNING, world.carol.id: MIDNIGHT, world.bob.id: MORNING}


def hours(zone: str, start: int, end: int) -> History:
    return always(Hours(zone, Week((((start, end),),) * 5 + ((), ()))))


def test_the_first_open_moment_of_any_calendar() -> None:
    early, late = hours("Europe/Berlin", 480, 720), hours("UTC", 900, 1080)
    assert first_open([], MIDNIGHT) == MIDNIGHT
    assert first_open([late], MIDNIGHT) == MIDNIGHT + 15 * HOUR
    assert first_open([late, early], MIDNIGHT) == MIDNIGHT + 7 * HOUR
    assert first_open([late], MIDNIGHT + 16 * HOUR) == MIDNIGHT + 16 * HOUR
    friday_evening = datetime(2026, 3, 6, 20, tzinfo=UTC)
    assert first_open([late], friday_evening) == datetime(2026, 3, 9, 15, tzinfo=UTC)
    never = always(Hours("UTC", Week(((),) * 7)))
    assert first_open([never], MIDNIGHT) == MIDNIGHT
    assert first_open([never, early], MIDNIGHT) == MIDNIGHT + 7 * HOUR


def test_after_an_outage_one_mail_says_how_it_stands(world: World, night: Callable[..., Ticket], app: Flask) -> None:
    """Five steps passed while nobody looked: those before the due time are left out, the last one tells."""
    ticket = night(*(step(offset) for offset in (-3600, -1800, 0, 1800, 3600)))
    jobs.sweep_deadlines(MORNING + HOUR)
    db.session.commit()
    work_all(MORNING + HOUR)
    sent = [row for row in rows("notice") if row.state == "sent"]
    assert len(sent) <= 2, "the breach and the last step"
    assert "still waits" in words_of(app, sent[-1])
    kinds = [row.kind for row in db.session.scalars(select(Notification).where(Notification.ticket_id == ticket.id))]
    assert sorted(kinds) == ["escalated", "sla_breached"]
