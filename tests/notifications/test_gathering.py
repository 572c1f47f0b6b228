"""Several notices are one mail: by rhythm, after quiet hours, and of many tickets at once; nothing is told twice."""

import email
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import policy
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import rows, work_all
from tests.people import World, build, open_for
from ticketdesk.accounts import people
from ticketdesk.channels.email import identifiers
from ticketdesk.core import tokens
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.outbox import Claim, OutboxRow
from ticketdesk.notifications import digest, gathering, inbox, preferences
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.preferences import Setting
from ticketdesk.tickets import assignment, batching, flags, following, noting
from ticketdesk.tickets.batch_changes import Assign
from ticketdesk.tickets.ticket import Ticket

NIGHTS = [[20 * 60, 8 * 60]] * 7
EVENING = datetime(2026, 3, 4, 21, tzinfo=UTC)
MORNING = datetime(2026, 3, 5, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def tickets(world: World, now: datetime) -> list[Ticket]:
    world.mailbox.acknowledges = False
    made = [open_for(world, world.care_queue, f"Matter {number}") for number in range(3)]
    db.session.commit()
    work_all(now)
    db.session.execute(Notification.__table__.delete())
    db.session.commit()
    return made


def choose(world: World, **chosen: Any) -> None:
    preferences.choose(world.bob, Setting(**chosen), EVENING)
    db.session.commit()


def give(world: World, given: Sequence[Ticket], at: datetime) -> None:
    for ticket in given:
        assignment.assign(ticket, world.bob, world.alice.actor, at)
    db.session.commit()
    work_all(at)


def gathered(at: datetime) -> int:
    made = gathering.gather(at)
    db.session.commit()
    work_all(at)
    return made


def mails(app: Flask) -> list[tuple[str, str]]:
    """Subject and text of each mail that was sent to bob about notices."""
    folder = app.extensions["ticketdesk.config"].outbox
    found = []
    for row in rows("notice"):
        if row.state == "sent":
            mail = email.message_from_bytes((folder / f"{row.id}.eml").read_bytes(), policy=policy.default)
            text = mail.get_body(("plain",))  # type: ignore[attr-defined]  # the default policy makes an EmailMessage
            found.append((mail["subject"], text.get_content()))
    return found


def test_the_first_leaves_at_once_and_what_follows_within_a_minute_is_one(
    world: World, tickets: list[Ticket], app: Flask, now: datetime
) -> None:
    give(world, tickets, now)
    assert [subject for subject, _text in mails(app)] == [f"[#{tickets[0].number}] Assigned to you: Matter 0"]
    assert gathered(now + MINUTE - timedelta(seconds=1)) == 0
    assert gathered(now + MINUTE) == 1
    subject, text = mails(app)[1]
    assert subject == "2 tickets have news for you"
    assert f"#{tickets[1].number} Matter 1" in text and f"#{tickets[2].number} Matter 2" in text
    assert "Matter 0" not in text, "nothing is told twice"
    assert "You are told because the ticket is yours." in text
    assert f"http://localhost/desk/tickets/{tickets[1].number}" in text


def test_a_hundred_tickets_given_at_once_are_one_mail(world: World, app: Flask, now: datetime) -> None:
    made = [open_for(world, world.care_queue, f"Matter {number}") for number in range(100)]
    db.session.commit()
    work_all(now)
    batching.carry_out(world.alice, [ticket.number for ticket in made], Assign(world.bob), now)
    db.session.commit()
    work_all(now)
    given = db.session.scalars(select(Notification).where(Notification.kind == "assigned")).all()
    assert len(given) == 100 and rows("notice") == []
    assert gathered(now + timedelta(seconds=20)) == 1
    [(subject, text)] = mails(app)
    assert subject == "100 tickets have news for you"
    lines = text.splitlines()
    missing = [number for number in range(100) if f"#{made[number].number} Matter {number}" not in lines]
    assert missing == []
    assert text.count("Assigned to you") == 1, "what happened to all of them is said once"


def test_mail_waits_until_the_quiet_hours_end(world: World, tickets: list[Ticket], app: Flask) -> None:
    choose(world, quiet=NIGHTS)
    give(world, tickets[:1], EVENING)
    assert (rows("notice"), gathered(MORNING - MINUTE)) == ([], 0)
    assert gathered(MORNING) == 1
    assert [subject for subject, _text in mails(app)] == [f"[#{tickets[0].number}] Assigned to you: Matter 0"]
    assert db.session.scalars(select(Notification)).one().created_at == EVENING, "the desk tells at once"


def test_each_hour_what_happened_since(world: World, tickets: list[Ticket], app: Flask, now: datetime) -> None:
    choose(world, rhythm="hourly")
    for minutes, ticket in enumerate(tickets):
        give(world, [ticket], now + minutes * 15 * MINUTE)
    noting.note(tickets[0], world.alice, "Look, @Bob", at=now + 50 * MINUTE, mentioned=[world.bob.id])
    db.session.commit()
    work_all(now + 50 * MINUTE)
    assert gathered(now + 58 * MINUTE) == 0
    assert gathered(now + HOUR) == 1
    [(subject, text)] = mails(app)
    assert subject == "3 tickets have news for you"
    assert text.count("Matter 0") == 1 and text.count("Assigned to you") == 2, "by ticket"
    assert "You were mentioned" in text
    assert gathered(now + 2 * HOUR) == 0


def test_each_morning_at_the_hour_of_the_agents_zone(world: World, tickets: list[Ticket], now: datetime) -> None:
    world.bob.timezone = "America/New_York"
    choose(world, rhythm="morning", morning=7 * 60 + 30)
    give(world, tickets[:1], now)
    assert gathered(datetime(2026, 3, 4, 12, 28, tzinfo=UTC)) == 0
    assert gathered(datetime(2026, 3, 4, 12, 30, tzinfo=UTC)) == 1


def test_what_was_read_meanwhile_is_not_mailed(world: World, tickets: list[Ticket], app: Flask, now: datetime) -> None:
    choose(world, rhythm="hourly")
    give(world, tickets, now)
    inbox.read_ticket(world.bob, tickets[0], tickets[0].last_seq, now + MINUTE)
    assert gathering.gather(now + HOUR) == 1
    inbox.read_ticket(world.bob, tickets[1], tickets[1].last_seq, now + HOUR)
    db.session.commit()
    work_all(now + HOUR)
    [(_subject, text)] = mails(app)
    assert [f"Matter {number}" in text for number in range(3)] == [False, False, True]


def test_nothing_is_told_of_a_ticket_that_cannot_be_seen_when_it_is_sent(
    world: World, tickets: list[Ticket], app: Flask, now: datetime
) -> None:
    """R14."""
    choose(world, rhythm="hourly")
    for ticket in tickets:
        following.follow(ticket, world.bob, SYSTEM, now)
    noted = [noting.note(ticket, world.alice, "A", at=now, mentioned=[world.bob.id]) for ticket in tickets]
    db.session.commit()
    work_all(now)
    assert len(noted) == 3
    assert gathering.gather(now + HOUR) == 1
    people.change_teams(world.bob, [], SYSTEM, now)
    following.unfollow(tickets[1], world.bob, SYSTEM, now)
    db.session.commit()
    work_all(now + HOUR)
    [(_subject, text)] = mails(app)
    assert [f"Matter {number}" in text for number in range(3)] == [True, False, True]


def test_who_may_see_none_of_it_gets_no_mail(world: World, tickets: list[Ticket], now: datetime) -> None:
    choose(world, rhythm="hourly")
    give(world, tickets, now)
    assert gathering.gather(now + HOUR) == 1
    people.disable(world.bob, SYSTEM, now)
    db.session.commit()
    work_all(now + HOUR)
    assert [row.state for row in rows("notice")] == ["cancelled"]


def test_gathered_twice_it_is_one_mail(world: World, tickets: list[Ticket], app: Flask, now: datetime) -> None:
    """JB-01."""
    choose(world, rhythm="hourly")
    give(world, tickets, now)
    assert [gathering.gather(now + HOUR), gathering.gather(now + HOUR)] == [1, 0]
    db.session.commit()
    work_all(now + HOUR)
    assert len(mails(app)) == 1


def test_a_mail_that_is_tried_again_says_the_same(
    world: World, tickets: list[Ticket], app: Flask, now: datetime
) -> None:
    """JB-01: killed after the mail was written and before that was kept, it is written again under the same name."""
    choose(world, rhythm="hourly")
    give(world, tickets[:2], now)
    gathered(now + HOUR)
    [first] = mails(app)
    give(world, tickets[2:], now + HOUR + MINUTE)
    db.session.execute(db.update(OutboxRow).where(OutboxRow.purpose == "notice").values(state="queued"))
    db.session.commit()
    work_all(now + HOUR + MINUTE)
    assert mails(app) == [first]


def message_ids(app: Flask) -> list[str]:
    folder = app.extensions["ticketdesk.config"].outbox
    return [
        email.message_from_bytes((folder / f"{row.id}.eml").read_bytes())["Message-ID"]
        for row in rows("notice")
        if row.state == "sent"
    ]


def test_an_extra_copy_has_the_same_id_though_something_was_read_meanwhile(
    world: World, tickets: list[Ticket], app: Flask, now: datetime
) -> None:
    """I4; and an answer to it leads into none of its tickets."""
    choose(world, rhythm="hourly")
    give(world, tickets, now)
    gathered(now + HOUR)
    [first] = message_ids(app)
    assert identifiers.in_message_id(first.strip("<>"), tokens.signing_keys()) is None
    inbox.read_ticket(world.bob, tickets[0], 99, now)
    db.session.execute(db.update(OutboxRow).where(OutboxRow.purpose == "notice").values(state="queued"))
    db.session.commit()
    work_all(now + HOUR + MINUTE)
    assert message_ids(app) == [first]


def test_of_what_was_thrown_away_nobody_is_told(world: World, tickets: list[Ticket], app: Flask, now: datetime) -> None:
    choose(world, rhythm="hourly")
    give(world, tickets, now)
    flags.mark_spam(tickets[1], world.alice.actor, now)
    db.session.commit()
    assert inbox.unread(world.bob) == 2
    gathered(now + HOUR)
    [(_subject, text)] = mails(app)
    assert [f"Matter {number}" in text for number in range(3)] == [True, False, True]


def test_what_comes_by_mail_only_is_not_read_with_the_rest(
    world: World, tickets: list[Ticket], app: Flask, now: datetime
) -> None:
    choose(world, rhythm="hourly", choices={"assigned": ["mail"]})
    give(world, tickets, now)
    assert inbox.unread(world.bob) == 0
    inbox.read_up_to(world.bob, 2**40, now)
    gathered(now + HOUR)
    assert len(mails(app)) == 1


def test_a_mail_that_was_given_up_is_told_in_the_desk(world: World, tickets: list[Ticket], now: datetime) -> None:
    choose(world, rhythm="hourly", choices={"assigned": ["mail"]})
    give(world, tickets, now)
    assert (gathering.gather(now + HOUR), inbox.unread(world.bob)) == (1, 0)
    [row] = rows("notice")
    digest.failed(Claim(row.id, "", row.task, row.payload, 1), now, "no such address")
    assert inbox.unread(world.bob) == 3


def test_a_killed_round_leaves_everything_waiting(
    world: World, tickets: list[Ticket], app: Flask, now: datetime
) -> None:
    choose(world, rhythm="hourly")
    give(world, tickets, now)
    gathering.gather(now + HOUR)
    db.session.rollback()
    assert rows("notice") == []
    assert gathered(now + HOUR) == 1
    assert len(mails(app)) == 1


@pytest.mark.parametrize("wrong", [{"rhythm": "never"}, {"morning": 1440}, {"quiet": [[0, 0]] * 7}])
def test_choices_that_make_no_sense_are_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        preferences.choose(world.bob, Setting(**wrong), EVENING)


def test_two_rounds_at_once_are_one_mail(committed_app: Flask, now: datetime) -> None:
    """JB-01: whoever comes second passes over what the first one holds."""
    world = build()
    choose(world, rhythm="hourly")
    ticket = open_for(world, world.care_queue)
    db.session.commit()
    work_all(now)
    give(world, [ticket], now)
    seconds: list[int] = []

    def beside() -> None:
        with committed_app.app_context():
            seconds.append(gathering.gather(now + HOUR))
            db.session.commit()

    assert gathering.gather(now + HOUR) == 1
    other = Thread(target=beside)
    other.start()
    other.join(timeout=30)
    db.session.commit()
    beside()
    assert seconds == [0, 0]
    assert len(rows("notice")) == 1
