"""Typing in a chat, as the desk shows it and says it; and what each side has read."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import event

from tests.channels.chat.talks import DANA, Guest, answers, comes, widget_of
from tests.people import World
from tests.web.desk.conftest import Browser, Write, words
from ticketdesk.channels.chat import talk
from ticketdesk.core import bell, clock
from ticketdesk.core.db import db
from ticketdesk.live import typing
from ticketdesk.tickets import following
from ticketdesk.web import formatting

CANARY = "<img src=x onerror=alert(1)>canary"


@pytest.fixture
def guest(world: World) -> Guest:
    """Dana in a chat."""
    guest = comes(widget_of(world), clock.now(), name="Dana", email=DANA)
    guest.says("The armrest came off", clock.now())
    return guest


def rings(redis: Redis, do: Any) -> list[dict[str, Any]]:
    """What rings while something is done."""
    with redis.pubsub(ignore_subscribe_messages=True) as listening:
        listening.subscribe(bell.channel(redis))
        listening.get_message(timeout=1)
        do()
        found = []
        while (message := listening.get_message(timeout=0.1)) is not None:
            found.append(json.loads(message["data"]))
        return found


def test_the_desk_sees_that_a_visitor_types(alice: FlaskClient, guest: Guest) -> None:
    ticket = guest.ticket
    address = f"/desk/tickets/{ticket.number}/typing"
    assert words(alice.get(address).text) == ""
    typing.visitor_types(ticket.id, ticket.reference, None, clock.now())
    assert words(alice.get(address).text) == "Dana is writing …"
    typing.visitor_types(ticket.id, ticket.reference, CANARY, clock.now())
    shown = alice.get(address).text
    assert "<img" not in shown
    assert "&lt;img src=x" in shown
    assert "Not sent yet. Dana was told that you can see this." in words(shown)


def test_the_room_for_it_is_there_before_anybody_types(alice: FlaskClient, guest: Guest, write: Write) -> None:
    assert 'id="typing"' in alice.get(f"/desk/tickets/{guest.ticket.number}").text
    assert 'id="typing"' not in alice.get(f"/desk/tickets/{write().ticket.number}").text


def test_the_visitor_hears_no_name_and_no_words(alice: FlaskClient, guest: Guest, redis: Redis) -> None:
    ticket = guest.ticket
    address = f"/desk/tickets/{ticket.number}/typing"

    def type_and_stop() -> None:
        assert alice.post(address, data={"typing": "yes"}).status_code == 204
        assert alice.post(address, data={"typing": "no"}).status_code == 204

    topic = f"talk:{ticket.reference}"
    assert rings(redis, type_and_stop) == [
        {"topic": topic, "seq": None, "kind": "typing"},
        {"topic": topic, "seq": None, "kind": "stopped"},
    ]


def test_only_those_who_may_answer_type(
    client: FlaskClient, browser: Browser, reader: FlaskClient, guest: Guest
) -> None:
    address, said = f"/desk/tickets/{guest.ticket.number}/typing", {"typing": "yes"}
    assert browser("bob").post(address, data=said).status_code == 204
    assert reader.get(address).status_code == 200
    assert reader.post(address, data=said).status_code == 403
    assert client.post(address, data=said).status_code in (400, 401)
    assert browser("alice").post(address, data={"typing": "<b>"}).status_code == 422
    assert browser("alice").post(address, data={**said, "text": "words"}).status_code == 422


def test_strangers_know_of_no_such_talk(browser: Browser, guest: Guest) -> None:
    carol = browser("carol")
    address = f"/desk/tickets/{guest.ticket.number}/typing"
    assert carol.get(address).status_code == 404
    assert carol.post(address, data={"typing": "yes"}).status_code == 404


def test_what_an_agent_has_open_is_seen_by_us(alice: FlaskClient, guest: Guest, redis: Redis) -> None:
    guest.says("And a screw is missing", clock.now())
    ticket = guest.ticket
    assert talk.state(guest.visitor).seen == 0

    def read(seq: int) -> list[dict[str, Any]]:
        address = f"/desk/tickets/{ticket.number}/reading"
        return rings(redis, lambda: alice.put(address, data={"seq": str(seq)}))

    heard = read(ticket.last_seq)
    assert {"topic": f"talk:{ticket.reference}", "seq": None, "kind": "seen"} in heard
    assert talk.state(guest.visitor).seen == 2
    assert not [ring for ring in read(ticket.last_seq) if ring["kind"] == "seen"], "read already"
    guest.says("Hello?", clock.now())
    assert talk.state(guest.visitor).seen == 2


def test_answers_of_ours_are_not_counted_as_seen(guest: Guest, world: World) -> None:
    ticket = guest.ticket
    answers(world.alice, ticket, "Which side?", clock.now())
    db.session.refresh(ticket)
    following.read_up_to(ticket, world.bob, ticket.last_seq)
    db.session.commit()
    state = talk.state(guest.visitor)
    assert (state.seq, state.seen) == (2, 1)


def test_the_desk_is_told_when_the_visitor_reads(guest: Guest, world: World, redis: Redis) -> None:
    ticket = guest.ticket
    answers(world.alice, ticket, "Which side?", clock.now())
    heard = rings(redis, lambda: guest.reads(clock.now() + timedelta(seconds=5)))
    assert {"topic": f"ticket:{ticket.reference}", "seq": None, "kind": "delivery"} in heard
    assert rings(redis, lambda: guest.reads(clock.now() + timedelta(seconds=6))) == []


def test_reading_mail_rings_for_no_visitor(alice: FlaskClient, write: Write, redis: Redis) -> None:
    ticket = write().ticket
    address = f"/desk/tickets/{ticket.number}/reading"
    heard = rings(redis, lambda: alice.put(address, data={"seq": str(ticket.last_seq)}))
    assert not [ring for ring in heard if ring["kind"] == "seen"]


def test_how_far_the_talk_is_takes_one_query(app: Flask, guest: Guest) -> None:
    ran: list[str] = []
    visitor = guest.visitor

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        talk.state(visitor)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(ran) == 1


def test_when_an_answer_was_read_stands_below_it(alice: FlaskClient, guest: Guest, world: World) -> None:
    ticket = guest.ticket
    answers(world.alice, ticket, "Which side?", clock.now())
    address = f"/desk/tickets/{ticket.number}"
    assert "Not read yet" in words(alice.get(address).text)
    at = clock.now()
    guest.reads(at)
    shown = words(alice.get(address).text)
    assert words(f"Read {formatting.clock(at)}") in shown, shown
