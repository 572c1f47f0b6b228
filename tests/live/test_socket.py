"""The socket of the desk, over a real connection: who hears what, and when it ends."""

import contextlib
import http.client
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from socket import SocketType, create_connection

import pytest
from flask import Flask
from simple_websocket import Client, ConnectionClosed

from tests.live.serving import PATIENCE, served
from tests.people import World, open_for
from ticketdesk.accounts import people, sessions
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import bell, clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.live import audience, switchboard
from ticketdesk.tickets import noting
from ticketdesk.web import auth, live

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
def address(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(switchboard, "LOOK_AGAIN", 0.2)
    monkeypatch.setattr(switchboard, "TICK", 0.1)
    with served(committed_app) as address:
        yield address


@pytest.fixture
def desk_of(committed_app: Flask, address: str) -> Iterator[Callable[[Agent], Desk]]:
    opened: list[Client] = []

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
        noting.note(foreign, world.carol, "very secret words", at=now)
        noting.note(ticket, world.bob, f"note {number}", at=now)
        db.session.commit()
        word = alice.socket.receive(timeout=0.3)
        heard = [] if word is None else [json.loads(word)]
        while heard and (word := alice.socket.receive(timeout=0.05)) is not None:
            heard.append(json.loads(word))
        assert all(set(one) - {"watchers"} == {"topic", "seq", "kind"} for one in heard)
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
    assert alice.closes() == audience.GONE


def test_another_role_begins_with_signing_in(
    committed_world: World, desk_of: Callable[[Agent], Desk], now: datetime
) -> None:
    """AZ-07, by role."""
    sam = desk_of(committed_world.sam)
    people.change_role(committed_world.sam, "agent", committed_world.ada.actor, now)
    db.session.commit()
    assert sam.closes() == audience.GONE


def test_one_session_has_so_many_sockets_and_no_more(
    committed_app: Flask, committed_world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live.AGENTS, "most_at_once", 2)
    _row, secret = sessions.begin(committed_world.alice, "127.0.0.1", "a test", clock.now())
    db.session.commit()
    with committed_app.test_request_context():
        cookie = f"{auth.cookie_name()}={secret}"
    desks = [Desk(Client(f"ws://{address}/desk/live", headers={"Cookie": cookie, "Origin": ORIGIN})) for _ in range(3)]
    codes = []
    for desk in desks:
        try:
            assert desk.socket.receive(timeout=PATIENCE) is not None
        except ConnectionClosed as closed:
            codes.append(int(closed.reason))
    assert codes == [audience.TOO_MANY]
    for desk in desks:
        with contextlib.suppress(ConnectionClosed):
            desk.socket.close()


def test_signing_out_closes_the_socket(committed_world: World, desk_of: Callable[[Agent], Desk], now: datetime) -> None:
    alice = desk_of(committed_world.alice)
    sessions.end_all(committed_world.alice.id, clock.now())
    db.session.commit()
    assert alice.closes() == audience.GONE


@pytest.mark.parametrize(
    "word", ["", "{", "[]", '"x"', '{"watch": 5}', '{"watch": [5]}', f'{{"watch": ["{"x" * 65}"]}}']
)
def test_nonsense_changes_nothing(word: str) -> None:
    assert live.watched_in(word) is None


def test_nonsense_leaves_the_socket_open(
    committed_world: World, desk_of: Callable[[Agent], Desk], now: datetime
) -> None:
    alice = desk_of(committed_world.alice)
    for word in ("{", '{"watch": 5}', "\x00", '{"watch": ["nothing-like-it"]}'):
        alice.socket.send(word)
    bell.ring(f"agent:{committed_world.alice.id}", 7)
    db.session.commit()
    assert alice.hears(f"agent:{committed_world.alice.id}") in (None, 7)


def test_5000_broken_frames_harm_nobody(
    committed_app: Flask,
    committed_world: World,
    address: str,
    desk_of: Callable[[Agent], Desk],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """CH-02, below the words: whatever comes in, at most a close code goes out, and others are served all the while."""
    world, chance = committed_world, random.Random(11)
    alice = desk_of(world.alice)
    _row, secret = sessions.begin(world.bob, "127.0.0.1", "a test", clock.now())
    db.session.commit()
    with committed_app.test_request_context():
        cookie = f"{auth.cookie_name()}={secret}"
    for number in range(100):
        with raw_line(address, cookie) as line, contextlib.suppress(OSError):
            for _ in range(50):
                line.sendall(_broken_frame(chance))
            line.settimeout(0.02)
            assert b"Traceback" not in line.recv(65536)
        if number % 20 == 0:
            bell.ring(f"agent:{world.alice.id}", number)
            db.session.commit()
            alice.hears(f"agent:{world.alice.id}")
    desk_of(world.bob)
    assert "Traceback" not in capsys.readouterr().out


@contextlib.contextmanager
def raw_line(address: str, cookie: str) -> Iterator[SocketType]:
    """A socket after its handshake, to say anything on."""
    host, _, port = address.partition(":")
    with create_connection((host, int(port)), PATIENCE) as line:
        line.sendall(
            f"GET /desk/live HTTP/1.1\r\nHost: {host}\r\nOrigin: {ORIGIN}\r\nCookie: {cookie}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert line.recv(12) == b"HTTP/1.1 101"
        yield line


def _broken_frame(chance: random.Random) -> bytes:
    """Mostly a frame that can be read and makes no sense; now and then none at all."""
    if not chance.randrange(40):
        return chance.randbytes(chance.randrange(1, 60))
    body = chance.randbytes(chance.randrange(126))
    kind = chance.choice([0x81, 0x82, 0x89, 0x8A, 0x01, 0x80])
    return bytes([kind, 0x80 | len(body)]) + bytes(4) + body


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
