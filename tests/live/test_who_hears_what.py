"""Everybody subscribes to everything: what each hears is what the ordinary routes would show them (CH-03, CH-04)."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from simple_websocket import Client, ConnectionClosed
from sqlalchemy import select

from tests.channels.chat.talks import Guest, answers, comes, widget_of
from tests.live.serving import PATIENCE, served
from tests.live.test_socket import knock
from tests.people import AGENTS, World, open_for
from ticketdesk.accounts import people, sessions
from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import talk
from ticketdesk.core import bell, clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.live import switchboard
from ticketdesk.tickets import merging, noting, receiving, visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import auth

ORIGIN = "http://127.0.0.1"
QUIET = 0.5
"""Seconds in which whatever rings beside that would have been told."""
SECRET = "very-secret-words"


@dataclass
class Ear:
    """One socket and what it heard."""

    socket: Client
    said: list[dict[str, Any]] = field(default_factory=list)

    def listen(self, seconds: float) -> None:
        """Hear for a while."""
        until = time.monotonic() + seconds
        with contextlib.suppress(ConnectionClosed):
            while (rest := until - time.monotonic()) > 0:
                word = self.socket.receive(timeout=rest)
                if word is not None:
                    assert SECRET not in word
                    self.said.append(json.loads(word))

    def listen_until(self, is_enough: Callable[[], bool]) -> None:
        """Hear until something was heard, or nobody would wait any longer."""
        until = time.monotonic() + PATIENCE
        while not is_enough() and time.monotonic() < until:
            self.listen(0.2)

    @property
    def topics(self) -> set[str]:
        """What rang."""
        return {one["topic"] for one in self.said}


Opens = Callable[..., Ear]


@pytest.fixture
def address(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(switchboard, "LOOK_AGAIN", 0.3)
    monkeypatch.setattr(switchboard, "TICK", 0.1)
    with served(committed_app) as address:
        yield address


@pytest.fixture
def opens(address: str) -> Iterator[Opens]:
    opened: list[Client] = []

    def opens(path: str, cookie: str = "", first: object = None) -> Ear:
        headers = {"Origin": ORIGIN, **({"Cookie": cookie} if cookie else {})}
        socket = Client(f"ws://{address}{path}", headers=headers)
        opened.append(socket)
        if first is not None:
            socket.send(json.dumps(first))
        return Ear(socket)

    yield opens
    for socket in opened:
        with contextlib.suppress(ConnectionClosed, OSError):
            socket.close()


def cookie_of(app: Flask, agent: Agent) -> str:
    _row, secret = sessions.begin(agent, "127.0.0.1", "a test", clock.now())
    db.session.commit()
    with app.test_request_context():
        return f"{auth.cookie_name()}={secret}"


def test_everybody_asks_for_everything_and_hears_what_is_theirs(
    committed_app: Flask, committed_world: World, opens: Opens
) -> None:
    world, now = committed_world, clock.now()
    widget = widget_of(world)
    here, other, mute = (comes(widget, now) for _ in range(3))
    here.says("Hello", now)
    other.says("Hello", now)
    foreign = open_for(world, world.orders_queue, at=now)
    db.session.commit()
    tickets = [here.ticket, other.ticket, foreign]
    references = [ticket.reference for ticket in tickets]
    everything = [
        *references,
        *(f"talk:{one}" for one in references),
        *(f"ticket:{one}" for one in references),
        *(f"queue:{one.id}" for one in (world.care_queue, world.orders_queue)),
        "all",
        "*",
    ]

    agents = {name: opens("/desk/live", cookie_of(committed_app, world.agent(name))) for name in AGENTS}
    path = f"/widget/{widget.key}/live"
    visitors = {
        name: opens(path, first={"token": guest.secret, "watch": everything[:1]})
        for name, guest in (("here", here), ("other", other), ("mute", mute))
    }
    strangers = [
        opens(path, first={"token": "x" * 43, "watch": everything}),
        opens(path, first={"watch": everything[:2]}),
    ]
    for ear in agents.values():
        ear.socket.send(json.dumps({"watch": everything}))
    for ear in visitors.values():
        ear.socket.send(json.dumps({"watch": everything[3:5]}))
    for ear in (*agents.values(), *visitors.values()):
        ear.listen_until(lambda ear=ear: bool(ear.said))
    for ear in strangers:
        ear.listen(0.3)
    assert all(ear.said == [] for ear in strangers)

    _everything_happens(world, here, other, foreign)
    for name, guest in (("here", here), ("other", other)):
        visitors[name].listen_until(lambda name=name, guest=guest: visitors[name].said[-1:] == [_standing(guest)])
    for ear in (*agents.values(), *visitors.values(), *strangers):
        ear.listen(QUIET)

    for name, ear in agents.items():
        agent = world.agent(name)
        db.session.rollback()
        seen = db.session.scalars(select(Ticket.reference).where(visibility.sees(agent))).all()
        queues = db.session.scalars(visibility.visible_queues(agent).with_only_columns(Queue.id)).all()
        allowed = {f"agent:{agent.id}", "all", *(f"ticket:{one}" for one in seen), *(f"queue:{one}" for one in queues)}
        assert ear.topics <= allowed, name
        wanted = {f"ticket:{one}" for one in references if one in seen}
        assert wanted <= ear.topics, name
        assert all(set(one) <= {"topic", "seq", "kind", "watchers"} for one in ear.said)
    for name, guest in (("here", here), ("other", other), ("mute", mute)):
        heard = visitors[name].said
        assert all(set(one) == {"seq"} or one in ({"kind": "typing"}, {"kind": "stopped"}) for one in heard), name
        assert [one["seq"] for one in heard if "seq" in one][-1] == talk.state(guest.visitor).seq
    assert {"kind": "typing"} in visitors["here"].said
    assert {"kind": "typing"} not in visitors["other"].said
    assert visitors["mute"].said == [{"seq": 0}]
    assert all(ear.said == [] for ear in strangers)


def _standing(guest: Guest) -> dict[str, int]:
    db.session.rollback()
    return {"seq": talk.state(guest.visitor).seq}


def _everything_happens(world: World, here: Guest, other: Guest, foreign: Ticket) -> None:
    now = clock.now()
    noting.note(here.ticket, world.alice, SECRET, at=now)
    noting.note(other.ticket, world.bob, SECRET, at=now)
    noting.note(foreign, world.carol, SECRET, at=now)
    db.session.commit()
    here.says(SECRET, now)
    answers(world.alice, here.ticket, SECRET, now)
    receiving.receive(here.ticket, world.eve, Letter(channel="email", text=SECRET), now)  # held
    receiving.receive(foreign, world.dana, Letter(channel="email", text=SECRET), now)
    db.session.commit()
    for kind in ("typing", "stopped", "looks", "news"):
        bell.say(f"talk:{here.ticket.reference}", kind)
        bell.say(f"ticket:{here.ticket.reference}", kind)
        bell.say(f"ticket:{foreign.reference}", kind)
    more = open_for(world, world.care_queue, at=now)
    db.session.commit()
    merging.merge(more, foreign, world.ada.actor, clock.now(), widen=True)
    db.session.commit()


def test_whoever_may_not_sign_in_gets_no_socket(committed_app: Flask, committed_world: World, address: str) -> None:
    bob = committed_world.bob
    cookie = cookie_of(committed_app, bob)
    assert knock(address, Origin=ORIGIN, Host="127.0.0.1", Cookie=cookie) == 101
    people.disable(bob, SYSTEM, clock.now())
    db.session.commit()
    for refused in ("agent=guessed", cookie):
        assert knock(address, Origin=ORIGIN, Host="127.0.0.1", Cookie=refused) in (302, 401)


def changes(world: World, ticket: Ticket, now: datetime) -> dict[str, Callable[[], None]]:
    """What takes a queue or a ticket away from alice."""
    return {
        "team": lambda: people.change_teams(world.alice, [world.orders.id], SYSTEM, now),
        "queue": lambda: setattr(world.care_queue, "team_id", world.orders.id),
        "moved": lambda: setattr(ticket, "queue_id", world.orders_queue.id),
    }


@pytest.mark.parametrize("change", ["team", "queue", "moved"])
def test_a_change_of_rights_narrows_what_is_heard(
    committed_app: Flask, committed_world: World, opens: Opens, change: str
) -> None:
    """AZ-07: refused within five seconds; here the look comes sooner."""
    world, now = committed_world, clock.now()
    ticket = open_for(world, world.care_queue, at=now)
    db.session.commit()
    topic = f"ticket:{ticket.reference}"
    alice = opens("/desk/live", cookie_of(committed_app, world.alice))
    alice.socket.send(json.dumps({"watch": [ticket.reference]}))
    alice.listen_until(lambda: topic in alice.topics)
    assert topic in alice.topics
    changes(world, ticket, now)[change]()
    db.session.commit()
    alice.listen(2.0)
    alice.said.clear()
    noting.note(ticket, world.carol, SECRET, at=clock.now())
    db.session.commit()
    alice.listen(1.0)
    assert topic not in alice.topics


def test_the_rhythm_of_looking_keeps_the_promise() -> None:
    """R14 says five seconds: the look, the tick that starts it, and the question itself."""
    assert switchboard.LOOK_AGAIN + switchboard.TICK <= 5.0


def test_a_browser_that_takes_nothing_is_dropped(
    committed_app: Flask, committed_world: World, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = committed_world
    slow = opens("/desk/live", cookie_of(committed_app, world.alice))
    slow.listen_until(lambda: bool(slow.said))
    monkeypatch.setattr("ticketdesk.live.stream.MOST_UNSENT", 200)
    monkeypatch.setattr("os.write", _jammed(slow))
    board = switchboard_of(committed_app)
    assert board.count() == 1
    for number in range(40):
        bell.say(f"agent:{world.alice.id}", f"kind-{number}")
    until = time.monotonic() + 5
    while board.count() and time.monotonic() < until:
        time.sleep(0.05)
    assert board.count() == 0


def switchboard_of(app: Flask) -> switchboard.Switchboard:
    found: switchboard.Switchboard = app.extensions["ticketdesk.switchboard"]
    return found


def _jammed(ear: Ear) -> Callable[[int, bytes], int]:
    """A line that takes no more, for everything that is longer than a wake-up call."""
    import os  # noqa: PLC0415  # the real one, before it is replaced

    real = os.write

    def write(fd: int, words: bytes) -> int:
        if len(words) > 1:
            raise BlockingIOError
        return real(fd, words)

    return write
