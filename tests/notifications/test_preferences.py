"""Each agent hears of what they chose, on the ways they chose; escalations reach the desk whatever was chosen."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.channels.mails import rows, work_all
from tests.people import LONG_AGO, World, open_for
from tests.web.desk.conftest import counted
from ticketdesk.accounts import working_hours
from ticketdesk.calendars import editing as calendars
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.notifications import inbox, preferences, rules
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.preferences import Setting
from ticketdesk.notifications.topics import APP, MAIL, PUSH, TOPICS, topic_of
from ticketdesk.sla import defaults
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import assignment, following, noting, priority, receiving, timeline
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    world.mailbox.acknowledges = False
    made = open_for(world, world.care_queue)
    db.session.commit()
    work_all(now)
    db.session.execute(Notification.__table__.delete())
    db.session.commit()
    return made


def choose(world: World, at: datetime, **choices: list[str]) -> None:
    preferences.choose(world.bob, Setting(choices), at)
    db.session.commit()


def told() -> list[tuple[str, bool]]:
    """What bob was told of, and whether in the desk."""
    found = select(Notification).order_by(Notification.id)
    return [(row.kind, row.in_app) for row in db.session.scalars(found)]


def give(world: World, ticket: Ticket, now: datetime) -> None:
    assignment.assign(ticket, world.bob, world.alice.actor, now)
    db.session.commit()
    work_all(now)


@pytest.mark.parametrize(
    ("ways", "shown", "mailed"),
    [
        (["app", "mail"], [("assigned", True)], 1),
        (["app"], [("assigned", True)], 0),
        (["mail"], [("assigned", False)], 1),
        ([], [], 0),
    ],
)
def test_each_way_by_itself(
    world: World, ticket: Ticket, now: datetime, ways: list[str], shown: list[tuple[str, bool]], mailed: int
) -> None:
    choose(world, now, assigned=ways)
    give(world, ticket, now)
    assert (told(), len(rows("notice"))) == (shown, mailed)
    assert inbox.unread(world.bob) == (1 if "app" in ways else 0)


def test_what_was_not_chosen_is_as_usual_and_so_is_everything_after_a_reset(
    world: World, ticket: Ticket, now: datetime
) -> None:
    choose(world, now, mentioned=[], assigned=[])
    assert preferences.of(world.bob.id).ways("sla_breached", "assignee") == {APP, MAIL, PUSH}
    preferences.reset(world.bob)
    assert preferences.of(world.bob.id) == Setting()
    give(world, ticket, now)
    assert told() == [("assigned", True)]


def test_a_mention_is_chosen_apart_from_other_notes(world: World, ticket: Ticket, now: datetime) -> None:
    following.follow(ticket, world.bob, SYSTEM, now)
    choose(world, now, mentioned=["app"], notes=[])
    noting.note(ticket, world.alice, "For all", at=now)
    noting.note(ticket, world.alice, "For @bob", at=now, mentioned=[world.bob.id])
    db.session.commit()
    work_all(now)
    assert [row.reason for row in db.session.scalars(select(Notification))] == ["mentioned"]
    assert rows("notice") == []


def test_customers_words_are_mailed_to_whoever_wants_that(world: World, ticket: Ticket, now: datetime) -> None:
    assignment.assign(ticket, world.bob, world.bob.actor, now)
    choose(world, now, messages=["mail"])
    receiving.receive(ticket, world.dana, Letter("email", "Hello?"), now)
    db.session.commit()
    work_all(now)
    assert [(row.recipient, row.state) for row in rows("notice")] == [("bob@desk.example", "sent")]


def test_escalations_cannot_be_switched_off_in_the_desk(world: World, ticket: Ticket, now: datetime) -> None:
    choose(world, now, escalations=[], deadlines=[])
    escalate(world, ticket, now, urgent=False)
    assert ("escalated", True) in told() and mails_of("escalated") == []


def mails_of(kind: str) -> list[OutboxRow]:
    """The mails about one kind of event."""
    ids = set(db.session.scalars(select(Notification.id).where(Notification.kind == kind)))
    return [row for row in rows("notice") if row.payload.get("notification_id") in ids]


def escalate(world: World, ticket: Ticket, at: datetime, *, urgent: bool) -> None:
    defaults.create(SYSTEM, LONG_AGO)
    priority.change_priority(ticket, "high", SYSTEM, at)
    timer_id = db.session.scalars(select(SlaTimer.id).where(SlaTimer.metric == "first_response")).one()
    said = {"metric": "first_response", "timer_id": timer_id, "urgent": urgent}
    timeline.record(ticket, "escalated", SYSTEM, at, {**said, "agents": [world.bob.id], "reasons": ["named"]})
    db.session.commit()
    work_all(at)


@pytest.mark.parametrize("urgent", [True, False])
def test_urgent_escalations_do_not_wait_for_quiet_hours_to_end(world: World, ticket: Ticket, *, urgent: bool) -> None:
    evening, morning = datetime(2026, 3, 4, 21, tzinfo=UTC), datetime(2026, 3, 5, 8, tzinfo=UTC)
    preferences.choose(world.bob, Setting(quiet=[[1200, 480]] * 7, rhythm="morning"), evening)
    escalate(world, ticket, evening, urgent=urgent)
    assert [row.state for row in mails_of("escalated")] == ["sent" if urgent else "queued"]
    work_all(morning)
    assert [row.state for row in mails_of("escalated")] == ["sent"], "and never in a digest"


def test_quiet_hours_that_were_chosen_while_it_waited_count_as_well(world: World, ticket: Ticket) -> None:
    evening, night = datetime(2026, 3, 4, 21, tzinfo=UTC), datetime(2026, 3, 5, 2, tzinfo=UTC)
    preferences.choose(world.bob, Setting(quiet=[[1200, 60]] * 7), evening)
    escalate(world, ticket, evening, urgent=False)
    preferences.choose(world.bob, Setting(quiet=[[1200, 480]] * 7), evening)
    work_all(night)
    assert [(row.state, row.due_at) for row in mails_of("escalated")] == [
        ("queued", datetime(2026, 3, 5, 8, tzinfo=UTC))
    ]


def test_whoever_works_only_while_it_is_quiet_is_told_when_it_is_not(world: World, ticket: Ticket) -> None:
    night, morning = datetime(2026, 3, 4, 23, tzinfo=UTC), datetime(2026, 3, 5, 8, tzinfo=UTC)
    nights = calendars.create("Nights", "UTC", [[[1320, 1800]]] * 7, SYSTEM, LONG_AGO)
    working_hours.of_agent(world.bob, nights.id, SYSTEM, LONG_AGO)
    preferences.choose(world.bob, Setting(quiet=[[1200, 480]] * 7), night)
    escalate(world, ticket, night, urgent=False)
    assert [(row.state, row.due_at) for row in mails_of("escalated")] == [("queued", morning)]
    work_all(morning)
    assert [row.state for row in mails_of("escalated")] == ["sent"]


def test_what_was_seen_on_the_ticket_before_it_was_told_is_read(world: World, ticket: Ticket, now: datetime) -> None:
    assignment.assign(ticket, world.bob, world.alice.actor, now)
    following.read_up_to(ticket, world.bob, ticket.last_seq)
    db.session.commit()
    work_all(now)
    assert (told(), inbox.unread(world.bob)) == ([("assigned", True)], 0)


def test_telling_a_team_asks_once_for_what_all_of_them_chose(world: World, ticket: Ticket, now: datetime) -> None:
    receiving.receive(ticket, world.dana, Letter("email", "Hello?"), now)
    db.session.commit()
    event = db.session.scalars(select(Event).where(Event.kind == "message_received").order_by(Event.id.desc())).first()
    assert event is not None
    with counted() as ran:
        rules.notify(event, now + timedelta(seconds=1))
    assert len([statement for statement in ran if "notice_settings" in statement]) == 1
    assert len(db.session.scalars(select(Notification)).all()) == 3


def test_everything_that_is_told_is_something_that_can_be_chosen() -> None:
    assert set(rules.KINDS) == frozenset().union(*(topic.kinds for topic in TOPICS))
    assert [topic_of(kind, "anything").name for kind in rules.KINDS]
