"""Naming colleagues with @ in a note: who is listed, who follows from then on, and who is not told."""

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.mails import work_all
from tests.people import World
from tests.web.desk.conftest import htmx
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets import mentions
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def note(browser: FlaskClient, ticket: Ticket, text: str, key: str = "k") -> str:
    data = {"text": text, "client_key": key}
    answer = browser.post(f"/desk/tickets/{ticket.number}/notes", data=data, headers=htmx())
    assert answer.status_code == 201
    return answer.headers["HX-Trigger"]


def listed(browser: FlaskClient, ticket: Ticket) -> list[str]:
    return re.findall(r'data-mention="([^"]*)"', browser.get(f"/desk/tickets/{ticket.number}/mentionable").text)


def test_those_are_listed_who_see_the_ticket_but_for_oneself(alice: FlaskClient, ticket: Ticket) -> None:
    assert listed(alice, ticket) == ["Ada", "Bob", "Sam"]


def test_who_may_only_read_asks_in_vain(reader: FlaskClient, ticket: Ticket) -> None:
    assert reader.get(f"/desk/tickets/{ticket.number}/mentionable").status_code == 403


def test_a_name_that_two_share_is_told_apart_by_the_address(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    world.bob.name = world.carol.name = "Robin Reed"
    db.session.commit()
    assert listed(alice, ticket) == ["Ada", "bob", "Sam"]
    assert mentions.mentioned("Look, @bob", mentions.colleagues()) == [world.bob.id]
    assert mentions.mentioned("Look, @Robin Reed", mentions.colleagues()) == []


def test_a_name_with_which_another_begins_names_nobody_alone(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    world.bob.name, world.sam.name = "Bob", "Bob Miller"
    db.session.commit()
    offered = listed(alice, ticket)
    assert "Bob" not in offered
    for word in offered:
        named = mentions.mentioned(f"@{word} look", mentions.colleagues())
        assert len(named) == 1, word


def test_who_is_named_is_told_and_follows_from_then_on(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    said = note(alice, ticket, "Could you look, @Bob? And @bob again.")
    assert followers_of(ticket.id) == [world.bob.id]
    assert "Noted" in said and "cannot" not in said
    note(alice, ticket, "Once more, @Bob", "l")
    followed = db.session.scalars(select(Event).where(Event.kind == "followed")).all()
    assert [(one.actor_id, one.data) for one in followed] == [(world.alice.id, {"agent_id": world.bob.id})]
    work_all(clock.now() + timedelta(seconds=1))
    told = select(Notification.agent_id, Notification.reason).where(Notification.kind == "note_added")
    assert {tuple(row) for row in db.session.execute(told)} == {(world.bob.id, "mentioned")}


def test_who_cannot_see_it_neither_follows_nor_is_told_and_the_author_hears_that(
    alice: FlaskClient, world: World, ticket: Ticket
) -> None:
    """R12: a mention gives nobody sight of a ticket."""
    said = note(alice, ticket, "Ask @Carol or @Bob")
    assert "Noted. Carol cannot see this ticket and is not told." in said
    assert followers_of(ticket.id) == [world.bob.id]
    work_all(clock.now() + timedelta(seconds=1))
    told = select(Notification.agent_id).where(Notification.kind == "note_added")
    assert world.carol.id not in db.session.scalars(told).all()


def test_naming_oneself_changes_nothing(alice: FlaskClient, ticket: Ticket) -> None:
    note(alice, ticket, "For @Alice to do")
    assert followers_of(ticket.id) == []


def test_in_a_public_reply_it_is_text(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    data = {"text": "Ask @Bob", "to": "dana@customer.example", "based_on_seq": ticket.last_seq, "client_key": "k"}
    assert alice.post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx()).status_code == 201
    work_all(clock.now() + timedelta(seconds=1))
    assert followers_of(ticket.id) == []
    told = db.session.scalars(select(Notification.agent_id).where(Notification.reason == "mentioned")).all()
    assert world.bob.id not in told


def test_following_by_button_and_key(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert 'data-key="w"' in page and ">follow<" in page
    alice.post(f"/desk/tickets/{ticket.number}/following", data={"wanted": "yes"})
    assert followers_of(ticket.id) == [world.alice.id]
    assert ">follow no longer<" in alice.get(f"/desk/tickets/{ticket.number}").text
