"""The socket of the desk, over a real connection: who hears what, and when it ends."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from flask import Flask
from simple_websocket import Client, ConnectionClosed
from werkzeug.serving import make_server

from tests.people import World, open_for
from ticketdesk.accounts import people, sessions
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import bell, clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.live import streams
from ticketdesk.tickets import messages
from ticketdesk.web import auth, live

PATIENCE = 10.0
ORIGIN = "http://127.0.0.1"
"""What this client names as host; it leaves the port out of both."""


@dataclass
class Desk:
    """The socket of one agent's browser."""

    socket: Client

    def hears(self, topic: str) -> int | None:
        """Wait for a ring of this topic; the seq it names."""
        while True:
            word = self.socket.receive(timeout=PATIENCE)
            assert word is not None, f"{topic} never rang"
            said = json.loads(word)
            if said["topic"] == topic:
                return said["seq"]  # type: ignore[no-any-return]

    def closes(self) -> int:
        """Wait until the other side hangs up; the code it gives."""
        try:
            while self.socket.receive(timeout=PATIENCE) is not None:
                pass
        except ConnectionClosed as closed:
            return int(closed.reason)
        raise AssertionError("the socket stayed open")

    def heard_before(self, topic: str) -> list[str]:
        """The topics that ring until this one does."""
        heard: list[str] = []
        while not heard or heard[-1] != topic:
            word = self.socket.receive(timeout=PATIENCE)
            assert word is not None, f"{topic} never rang"
            heard.append(json.loads(word)["topic"])
        return heard[:-1]


@pytest.fixture
def address(committed_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, committed_app, threaded=True)
    server.daemon_threads = False  # so that closing it waits for its doors, which read the database
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    streams.switchboard().end()
    server.shutdown()
    thread.join(PATIENCE)
    server.server_close()


@pytest.fixture
def desk_of(committed_app: Flask, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Agent], Desk]]:
    opened: list[Client] = []
    monkeypatch.setattr(live, "LOOK_AGAIN", 0.2)

    def open_desk(agent: Agent, origin: str | None = None) -> Desk:
        _row, secret = sessions.begin(agent, "127.0.0.1", "a test", clock.now())
        db.session.commit()
        with committed_app.test_request_context():
            cookie = f"{auth.cookie_name()}={secret}"
        headers = {"Cookie": cookie, "Origin": origin or ORIGIN}
        desk = Desk(Client(f"ws://{address}/desk/live", headers=headers))
        opened.append(desk.socket)
        settle(desk, agent)
        return desk

    yield open_desk
    for socket in opened:
        with contextlib.suppress(ConnectionClosed):
            socket.close()


def settle(desk: Desk, agent: Agent) -> None:
    """Wait until the socket listens: ring its own bell until it is heard."""
    for _ in range(100):
        bell.ring(f"agent:{agent.id}")
        db.session.commit()
        if desk.socket.receive(timeout=0.1) is not None:
            return
    raise AssertionError("the socket never listened")


def test_an_agent_hears_their_queues_and_no_others(
    committed_world: World, desk_of: Callable[[Agent], Desk], now: datetime
) -> None:
    world = committed_world
    alice = desk_of(world.alice)
    open_for(world, world.orders_queue, at=now)
    db.session.commit()
    open_for(world, world.care_queue, at=now)
    db.session.commit()
    heard = alice.heard_before(f"queue:{world.care_queue.id}")
    assert f"queue:{world.orders_queue.id}" not in heard


def test_a_watched_ticket_rings_with_its_seq_and_without_words(
    committed_world: World, desk_of: Callable[[Agent], Desk], now: datetime
) -> None:
    world = committed_world
    ticket, foreign = open_for(world, world.care_queue, at=now), open_for(world, world.orders_queue, at=now)
    db.session.commit()
    topic, foreign_topic = f"ticket:{ticket.reference}", f"ticket:{foreign.reference}"
    alice = desk_of(world.alice)
    alice.socket.send(json.dumps({"watch": [foreign.reference, ticket.reference]}))
    for number in range(20):
        messages.note(foreign, world.carol, "very secret words", at=now)
        messages.note(ticket, world.bob, f"note {number}", at=now)
        db.session.commit()
        word = alice.socket.receive(timeout=0.3)
        heard = [] if word is None else [json.loads(word)]
        while heard and (word := alice.socket.receive(timeout=0.05)) is not None:
            heard.append(json.loads(word))
        assert all(set(one) == {"topic", "seq"} for one in heard)
        assert foreign_topic not in {one["topic"] for one in heard}
        if topic in {one["topic"] for one in heard}:
            assert max(one["seq"] or 0 for one in heard if one["topic"] == topic) == ticket.last_seq
            return
    raise AssertionError("the watched ticket never rang")


def test_whoever_no_longer_works_here_is_cut_off(
    committed_world: World, desk_of: Callable[[Agent], Desk], now: datetime
) -> None:
    world = committed_world
    alice = desk_of(world.alice)
    people.disable(world.alice, SYSTEM, now)
    db.session.commit()
    assert alice.closes() == live.GONE


def test_signing_out_closes_the_socket(committed_world: World, desk_of: Callable[[Agent], Desk], now: datetime) -> None:
    alice = desk_of(committed_world.alice)
    sessions.end_all(committed_world.alice.id, clock.now())
    db.session.commit()
    assert alice.closes() == live.GONE


@pytest.mark.parametrize(
    "word", ["", "{", "[]", '"x"', '{"watch": 5}', '{"watch": [5]}', f'{{"watch": ["{"x" * 65}"]}}']
)
def test_nonsense_changes_nothing(word: str) -> None:
    assert live._understood(word, ("before",)) == ("before",)


def test_nonsense_leaves_the_socket_open(
    committed_world: World, desk_of: Callable[[Agent], Desk], now: datetime
) -> None:
    alice = desk_of(committed_world.alice)
    for word in ("{", '{"watch": 5}', "\x00", '{"watch": ["nothing-like-it"]}'):
        alice.socket.send(word)
    bell.ring(f"agent:{committed_world.alice.id}", 7)
    db.session.commit()
    assert alice.hears(f"agent:{committed_world.alice.id}") in (None, 7)


def knock(address: str, **headers: str) -> int:
    """Ask for a socket by hand; the status of the answer."""
    asking = http.client.HTTPConnection(address, timeout=PATIENCE)
    try:
        asking.request(
            "GET",
            "/desk/live",
            headers={
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                **headers,
            },
        )
        return asking.getresponse().status
    finally:
        asking.close()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:1", ""])
def test_another_sites_page_cannot_open_the_socket(committed_world: World, address: str, origin: str) -> None:
    _row, secret = sessions.begin(committed_world.alice, "127.0.0.1", "a test", clock.now())
    db.session.commit()
    assert knock(address, Cookie=f"agent={secret}", Origin=origin) == 403


def test_nobody_hears_anything_without_a_session(committed_world: World, address: str) -> None:
    assert knock(address, Origin=f"http://{address}") in (302, 401)
    assert knock(address, Origin=f"http://{address}", Cookie="agent=guessed") in (302, 401)
