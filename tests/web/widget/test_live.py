"""The widget's socket, over a real connection: who hears what, and when it ends (SECURITY CH-01, CH-02, CH-03)."""

import contextlib
import http.client
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from simple_websocket import Client, ConnectionClosed

from tests.channels.chat.talks import Guest, answers, comes, widget_of
from tests.live.serving import PATIENCE, served
from tests.people import World
from tests.product import until
from ticketdesk.channels.chat import talk
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.live import frames, streams, switchboard
from ticketdesk.live.audience import GONE, TOO_MANY
from ticketdesk.tickets import noting, progress, receiving
from ticketdesk.tickets.receiving import Letter
from ticketdesk.web.widget import live

ORIGIN = "http://127.0.0.1"
"""What this client names as host; it leaves the port out of both."""


@dataclass
class Frame:
    """The socket of one visitor's browser."""

    socket: Client

    def hears(self) -> int:
        """Wait for the next ring; the number that it names."""
        word = self.socket.receive(timeout=PATIENCE)
        assert word is not None, "it never rang"
        said: dict[str, Any] = json.loads(word)
        assert list(said) == ["seq"], "a ring says nothing else"
        return int(said["seq"])

    def hears_up_to(self, seq: int) -> list[int]:
        """Everything that rings until this number is named."""
        heard = [self.hears()]
        while heard[-1] != seq:
            heard.append(self.hears())
        return heard

    def is_quiet(self, seconds: float = 0.8) -> bool:
        """Whether nothing rings for a while."""
        return self.socket.receive(timeout=seconds) is None

    def closes(self) -> int:
        """Wait until the other side hangs up; the code it gives."""
        try:
            while self.socket.receive(timeout=PATIENCE) is not None:
                pass
        except ConnectionClosed as closed:
            return int(closed.reason)
        raise AssertionError("the socket stayed open")


@pytest.fixture
def address(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(switchboard, "LOOK_AGAIN", 0.3)
    monkeypatch.setattr(switchboard, "TICK", 0.1)
    monkeypatch.setattr(switchboard, "INTRODUCED", 4.0)
    with served(committed_app) as address:
        yield address


@pytest.fixture
def widget(committed_world: World) -> Widget:
    return widget_of(committed_world)


Opens = Callable[..., Frame]


@pytest.fixture
def opens(address: str, widget: Widget) -> Iterator[Opens]:
    """Open the socket of a visitor, or with any first word."""
    opened: list[Client] = []

    def opens(guest: Guest | None = None, *, first: Any = None, origin: str = ORIGIN, key: str | None = None) -> Frame:
        socket = Client(f"ws://{address}/widget/{key or widget.key}/live", headers={"Origin": origin})
        opened.append(socket)
        word = json.dumps({"token": guest.secret}) if guest is not None else first
        if word is not None:
            with contextlib.suppress(ConnectionClosed):  # refused before it could say who it is: `closes` tells
                socket.send(word)
        return Frame(socket)

    yield opens
    for socket in opened:
        with contextlib.suppress(ConnectionClosed):
            socket.close()


@pytest.fixture
def guest(widget: Widget) -> Guest:
    return comes(widget, clock.now())


def test_it_says_where_the_talk_is_and_rings_for_what_comes(committed_world: World, guest: Guest, opens: Opens) -> None:
    frame = opens(guest)
    assert frame.hears() == 0
    guest.says("Hello", clock.now())
    frame.hears_up_to(1)
    answers(committed_world.alice, guest.ticket, "Hello", clock.now())
    frame.hears_up_to(2)


def test_the_ring_and_the_door_say_the_same(committed_world: World, guest: Guest, opens: Opens) -> None:
    """CH-03: what is pushed is what the door would answer."""
    guest.says("Hello", clock.now())
    frame = opens(guest)
    assert frame.hears() == 1 == talk.state(guest.visitor).seq
    receiving.receive(guest.ticket, committed_world.dana, Letter(channel="email", text="held"), clock.now())
    db.session.commit()
    answers(committed_world.alice, guest.ticket, "One", clock.now())
    assert frame.hears_up_to(2)[-1] == talk.state(guest.visitor).seq


def test_notes_and_other_talks_do_not_ring(committed_world: World, guest: Guest, widget: Widget, opens: Opens) -> None:
    world = committed_world
    guest.says("Hello", clock.now())
    other = comes(widget, clock.now())
    frame = opens(guest)
    frame.hears_up_to(1)
    noting.note(guest.ticket, world.alice, "Careful", at=clock.now())
    db.session.commit()
    other.says("Something else", clock.now())
    answers(world.alice, other.ticket, "Something else", clock.now())
    receiving.receive(guest.ticket, world.eve, Letter(channel="email", text="held"), clock.now())
    db.session.commit()
    assert frame.is_quiet()


def test_after_a_break_it_says_what_was_missed(committed_world: World, guest: Guest, opens: Opens) -> None:
    guest.says("Hello", clock.now())
    frame = opens(guest)
    frame.hears_up_to(1)
    frame.socket.close()
    answers(committed_world.alice, guest.ticket, "One", clock.now())
    answers(committed_world.alice, guest.ticket, "Two", clock.now())
    assert opens(guest).hears() == 3


def test_a_ring_that_is_lost_is_made_up_for(
    committed_world: World, guest: Guest, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest.says("Hello", clock.now())
    frame = opens(guest)
    frame.hears_up_to(1)
    monkeypatch.setattr("ticketdesk.core.bell.ring", lambda *_, **__: None)
    answers(committed_world.alice, guest.ticket, "One", clock.now())
    frame.hears_up_to(2)


def test_being_there_is_noted_and_left_is_taken_back(guest: Guest, opens: Opens) -> None:
    guest.leaves(clock.now() - timedelta(minutes=5))
    opens(guest).hears()
    until = time.monotonic() + PATIENCE
    while guest.visitor.left_at is not None and time.monotonic() < until:
        db.session.rollback()
        time.sleep(0.1)
    assert guest.visitor.left_at is None


@pytest.mark.parametrize(
    "first",
    [
        json.dumps({"token": "x" * 43}),
        json.dumps({"token": ""}),
        json.dumps({"token": ["a"]}),
        json.dumps(["token"]),
        "no JSON",
        b"\x00\xff",
        "[" * 190,
    ],
)
def test_whoever_has_no_secret_hears_nothing(guest: Guest, opens: Opens, first: Any) -> None:
    guest.says("Hello", clock.now())
    assert opens(first=first).closes() in (GONE, frames.NOT_TEXT)


def test_whoever_says_nothing_hears_nothing(guest: Guest, opens: Opens) -> None:
    assert opens().closes() == frames.LATER


def test_a_secret_is_good_at_its_own_widget_only(committed_world: World, guest: Guest, opens: Opens) -> None:
    other = widget_of(committed_world, committed_world.orders_queue)
    assert opens(guest, key=other.key).closes() == GONE
    assert opens(guest, key="unknown").closes() == GONE


@pytest.mark.parametrize(
    "origin", ["https://shop.example", "null", "http://127.0.0.1.evil.example", "https://evil.example", "file://", ""]
)
def test_only_our_own_frame_opens_it(guest: Guest, address: str, origin: str) -> None:
    """CH-01, for the widget: also the sites that show the frame have no say in it."""
    assert handshake(guest, address, ORIGIN) == 101
    assert handshake(guest, address, origin) == 403


def handshake(guest: Guest, address: str, origin: str) -> int:
    """The status with which a socket from this origin is answered."""
    asked = http.client.HTTPConnection(address, timeout=PATIENCE)
    headers = {
        "Host": "127.0.0.1",
        "Origin": origin,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    asked.request("GET", f"/widget/{guest.widget.key}/live", headers=headers)
    with contextlib.closing(asked):
        return asked.getresponse().status


def test_it_is_a_socket_and_nothing_else(guest: Guest, address: str) -> None:
    asked = http.client.HTTPConnection(address, timeout=PATIENCE)
    asked.request("GET", f"/widget/{guest.widget.key}/live")
    with contextlib.closing(asked):
        assert asked.getresponse().status == 400


def test_it_ends_when_the_secret_does(guest: Guest, opens: Opens) -> None:
    frame = opens(guest)
    frame.hears()
    guest.visitor.ended_at = clock.now()
    db.session.commit()
    assert frame.closes() == GONE


def test_it_ends_when_the_widget_does(guest: Guest, opens: Opens) -> None:
    frame = opens(guest)
    frame.hears()
    guest.widget.enabled = False
    db.session.commit()
    assert frame.closes() == GONE


def test_whoever_talks_without_end_is_cut_off(guest: Guest, opens: Opens) -> None:
    frame = opens(guest)
    frame.hears()
    with contextlib.suppress(ConnectionClosed):
        for _ in range(live.MOST_WORDS + 5):
            frame.socket.send("x")
    assert frame.closes() == TOO_MANY


def at_last(opens: Opens, guest: Guest) -> bool:
    """Whether there is room for one more before long."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(ConnectionClosed):
            return opens(guest).hears() == 0
    return False


def test_nobody_has_more_sockets_than_a_browser_needs(
    guest: Guest, widget: Widget, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live.VISITORS, "most_at_once", 3)
    frames_open = [opens(guest) for _ in range(3)]
    assert [frame.hears() for frame in frames_open] == [0, 0, 0]
    for _ in range(2):
        assert opens(guest).closes() == TOO_MANY
    assert opens(comes(widget, clock.now())).hears() == 0, "others are others"
    frames_open[1].socket.close()
    assert at_last(opens, guest), "what was closed still counted"
    guest.says("Hello", clock.now())
    assert frames_open[0].hears_up_to(1) and frames_open[2].hears_up_to(1), "those that were there hear on"


def test_no_address_holds_all_the_sockets(
    committed_app: Flask, guest: Guest, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live.VISITORS, "most_of_source", 4)
    assert opens(guest).hears() == 0
    strangers = [opens() for _ in range(3)]
    # A socket is open to the browser a moment before it is counted.
    until(lambda: streams.switchboard(committed_app).count() == 4, "all four are counted", PATIENCE)
    assert opens(guest).closes() == TOO_MANY
    assert [stranger.closes() for stranger in strangers] == [frames.LATER] * 3, "who does not say who they are goes"
    assert at_last(opens, guest), "those that went still counted"


def test_a_talk_that_went_on_in_a_linked_ticket_still_rings(committed_world: World, guest: Guest, opens: Opens) -> None:
    guest.says("One", clock.now())
    frame = opens(guest)
    frame.hears_up_to(1)
    progress.move_to(guest.ticket, "closed", SYSTEM, clock.now())
    db.session.commit()
    guest.says("Two", clock.now())
    frame.hears_up_to(2)
    answers(committed_world.alice, guest.ticket, "Three", clock.now())
    frame.hears_up_to(3)


def test_5000_words_of_nonsense_harm_nothing(guest: Guest, opens: Opens, capsys: pytest.CaptureFixture[str]) -> None:
    """CH-02: no word comes back but a close code, and whoever behaves is served all the while."""
    guest.says("My secret is blue", clock.now())
    chance = random.Random(7)
    sent = 0
    while sent < 5_000:
        frame = opens(first=_nonsense(chance))
        try:
            for _ in range(100):
                frame.socket.send(_nonsense(chance))
                sent += 1
            heard = frame.socket.receive(timeout=0)
        except (ConnectionClosed, OSError):
            sent += 1
            continue
        assert heard is None, heard
        with contextlib.suppress(ConnectionClosed, OSError):
            frame.socket.close()
    assert opens(guest).hears() == 1
    assert "Traceback" not in capsys.readouterr().out


def _nonsense(chance: random.Random) -> str | bytes:
    kinds: tuple[Callable[[], str | bytes], ...] = (
        lambda: chance.randbytes(chance.randrange(180)),
        lambda: "".join(chr(chance.randrange(32, 0xD7FF)) for _ in range(chance.randrange(60))),
        lambda: json.dumps({"token": "x" * chance.randrange(120)}),
        lambda: json.dumps({chance.choice(["token", "watch", "seq", "__proto__"]): chance.choice([None, 1, [], {}])}),
        lambda: "[" * chance.randrange(1, 180),
        lambda: "x" * chance.choice([0, 1, 199, 200, 201, 5_000]),
        lambda: '{"token": 1e999, "a": NaN}',
    )
    return chance.choice(kinds)()
