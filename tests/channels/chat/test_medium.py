"""A talk is a chat while the visitor is there, and goes on by mail when they have left (SEMANTICS 8)."""

from dataclasses import replace
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.chat.talks import DANA, Guest, answers, comes, widget_of
from tests.channels.mails import later, work_all
from tests.people import LONG_AGO, World, open_for, sign_in
from ticketdesk.channels.chat import leaving
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults, editing, rebuilding
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import medium, merging, progress, timeline
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MINUTE = 60


@pytest.fixture
def guest(world: World, now: datetime) -> Guest:
    """Dana in a chat, who is promised an answer in two minutes, and each further one in five."""
    policy = defaults.create(SYSTEM, LONG_AGO)
    words = editing.words_of(editing.in_force(policy.id))
    for_chats = {"normal": {"first_response": 2 * MINUTE, "next_response": 5 * MINUTE}}
    editing.change(policy, replace(words, chat_targets=for_chats), world.ada.actor, LONG_AGO)
    guest = comes(widget_of(world), now, name="Dana", email=DANA)
    guest.says("The armrest came off", now)
    return guest


def turns(ticket: Ticket) -> list[tuple[str, str, str]]:
    return [
        (event.data["from"], event.data["to"], event.actor_kind)
        for event in timeline.of_ticket(ticket.id)
        if event.kind == "medium_changed"
    ]


def target(ticket: Ticket, metric: str) -> int:
    rows = select(SlaTimer).where(SlaTimer.ticket_id == ticket.id, SlaTimer.metric == metric)
    return db.session.scalars(rows.order_by(SlaTimer.cycle.desc())).first().target_s  # type: ignore[union-attr]


def goes_unread(world: World, guest: Guest, now: datetime) -> datetime:
    """Alice answers, Dana has left, and the answer goes by mail."""
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=1))
    guest.leaves(later(now, minutes=1))
    mailed_at = later(now, minutes=10)
    work_all(mailed_at)
    return mailed_at


def test_whoever_left_unanswered_is_owed_what_mail_is_promised(guest: Guest, now: datetime) -> None:
    guest.leaves(later(now, seconds=30))
    assert leaving.turn_to_mail(later(now, minutes=3)) == 0
    assert leaving.turn_to_mail(later(now, minutes=4)) == 1
    assert leaving.turn_to_mail(later(now, minutes=5)) == 0
    assert turns(guest.ticket) == [("chat", "mail", "system")]
    guest.says("Still here", later(now, minutes=6))
    assert guest.ticket.medium == "chat"
    assert leaving.turn_to_mail(later(now, minutes=7)) == 0


def test_whoever_is_not_heard_of_has_left_as_well(guest: Guest, now: datetime) -> None:
    guest.stays(later(now, minutes=2))
    assert leaving.turn_to_mail(later(now, minutes=4)) == 0
    assert leaving.turn_to_mail(later(now, minutes=6)) == 1


def test_a_solved_talk_turns_no_more(world: World, guest: Guest, now: datetime) -> None:
    guest.leaves(later(now, seconds=30))
    progress.solve(guest.ticket, world.alice.actor, later(now, minutes=1))
    db.session.commit()
    assert leaving.turn_to_mail(later(now, minutes=9)) == 0


def test_a_chat_is_measured_by_what_is_promised_to_chats(guest: Guest, now: datetime) -> None:
    assert guest.ticket.medium == "chat"
    assert target(guest.ticket, "first_response") == 2 * MINUTE
    assert target(guest.ticket, "resolution") == 24 * 60 * MINUTE  # a chat is promised no other


def test_a_visitor_who_left_is_answered_by_mail_until_they_write_again(
    world: World, guest: Guest, now: datetime
) -> None:
    mailed_at = goes_unread(world, guest, now)
    work_all(later(now, minutes=11))
    ticket = guest.ticket
    assert (ticket.medium, turns(ticket)) == ("mail", [("chat", "mail", "system")])
    told = [event.kind for event in timeline.of_ticket(ticket.id)]
    assert told[-2:] == ["mailed_unread", "medium_changed"]
    assert timeline.of_ticket(ticket.id)[-1].at == mailed_at
    back = later(now, minutes=20)
    guest.says("Are you there?", back)
    guest.says("Hello?", later(now, minutes=21))
    assert (guest.ticket.medium, turns(ticket)) == ("chat", [("chat", "mail", "system"), ("mail", "chat", "contact")])
    assert target(ticket, "next_response") == 5 * MINUTE
    assert rebuilding.compare([ticket.id], back) == {}


def test_what_is_owed_when_the_talk_turns_keeps_the_time_used(world: World, guest: Guest, now: datetime) -> None:
    answers(world.alice, guest.ticket, "Hello", later(now, minutes=1))
    guest.says("And the screws?", later(now, minutes=2))
    medium.turn_to_mail(guest.ticket, SYSTEM, later(now, minutes=5))
    following = db.session.scalars(select(SlaTimer).where(SlaTimer.metric == "next_response")).one()
    assert (following.target_s, following.started_at) == (4 * 60 * MINUTE, later(now, minutes=2))
    assert (following.consumed_s, following.due_at) == (3 * MINUTE, later(now, minutes=242))
    medium.turn_to_chat(guest.ticket, SYSTEM, later(now, minutes=30))
    assert (following.breached_at, following.late_at_change) == (later(now, minutes=30), True)
    assert rebuilding.compare([guest.ticket.id], later(now, minutes=30)) == {}


def test_a_letter_that_a_chat_was_merged_into_stays_a_letter(world: World, guest: Guest, now: datetime) -> None:
    letter, chat = open_for(world, world.care_queue, at=now), guest.ticket
    merging.merge(chat, letter, world.alice.actor, later(now, minutes=1), widen=True)
    db.session.commit()
    guest.says("Hello?", later(now, minutes=2))
    assert target(letter, "first_response") == 4 * 60 * MINUTE
    answers(world.alice, letter, "Hello", later(now, minutes=3))
    guest.leaves(later(now, minutes=3))
    work_all(later(now, minutes=20))
    assert db.session.scalars(select(Event).where(Event.kind == "mailed_unread")).one().ticket_id == letter.id
    assert (letter.medium, turns(letter), turns(chat)) == ("mail", [], [])
    assert rebuilding.compare([letter.id, chat.id], later(now, minutes=20)) == {}


def test_a_chat_that_a_letter_was_merged_into_turns_with_its_visitor(world: World, guest: Guest, now: datetime) -> None:
    letter = open_for(world, world.care_queue, at=now)
    merging.merge(letter, guest.ticket, world.alice.actor, now, widen=True)
    goes_unread(world, guest, now)
    assert turns(guest.ticket) == [("chat", "mail", "system")]
    assert rebuilding.compare([letter.id, guest.ticket.id], later(now, minutes=20)) == {}


def test_agents_read_when_the_talk_turned(client: FlaskClient, world: World, guest: Guest, now: datetime) -> None:
    goes_unread(world, guest, now)
    guest.says("Are you there?", later(now, minutes=20))
    page = sign_in(client, world.alice).get(f"/desk/tickets/{guest.ticket.number}")
    assert "The visitor has left; the talk goes on by mail" in page.text
    assert "The visitor is in the chat again" in page.text
