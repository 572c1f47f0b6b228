"""Second windows of those who chat: they ask for nothing by themselves, only for what the bell tells them of."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simple_websocket import Client, ConnectionClosed, ConnectionError
from wsproto.utilities import ProtocolError

from tests.flows.chatting import LONG, Clerk, Line, Visitor, unheard

FIRST_WAIT = 0.5
LONGEST_WAIT = 4.0
"""Seconds between two tries to connect; browsers wait longer in the end."""
ASKED_AGAIN = 2.0
"""Seconds after which a question that failed is asked again; browsers are slower."""
TURN = 0.2
Word = dict[str, Any]


BROKEN = (OSError, ConnectionClosed, ConnectionError, ProtocolError)


class Ear(Client):  # type: ignore[misc]
    """A client that does not wait for ever for its handshake, and leaves nothing open when that fails."""

    def handshake(self) -> None:
        """Ask for a socket."""
        self.sock.settimeout(LONG)
        try:
            super().handshake()
        except BROKEN:
            self.sock.close()
            raise
        self.sock.settimeout(None)


@dataclass
class Socket:
    """A line to the bell that is opened again whenever it breaks, soon at first, then more slowly."""

    line: Line
    path: str
    headers: Callable[[], dict[str, str]] = dict
    opened: int = 0
    broken: int = 0

    def words(self, first: Callable[[], str], over: threading.Event) -> Iterator[Word | None]:
        """What is heard, and None now and then when nothing is, until it is over."""
        wait = FIRST_WAIT
        while not over.is_set():
            with suppress(*BROKEN), self._open() as socket:
                socket.send(first())
                said = first()
                while not over.is_set():
                    word = socket.receive(timeout=TURN)
                    if word is not None:
                        wait = FIRST_WAIT
                    yield None if word is None else json.loads(word)
                    if first() != said:
                        said = first()
                        socket.send(said)
            if not over.is_set():
                self.broken += 1
                yield None
                over.wait(wait * (0.5 + self.line.chance.random()))
                wait = min(wait * 2, LONGEST_WAIT)

    @contextmanager
    def _open(self) -> Iterator[Client]:
        headers = {"Origin": self.line.url, "X-Forwarded-For": self.line.source, **self.headers()}
        socket = Ear(self.line.url.replace("http", "ws", 1) + self.path, headers=headers)
        self.opened += 1
        try:
            yield socket
        finally:
            with suppress(*BROKEN):
                socket.close()


@dataclass
class SecondWindow:
    """Another window of a visitor: it writes nothing, and looks when it rings."""

    visitor: Visitor
    chance: Random
    rings: int = 0
    told: int = 0  # up to where the talk has come, by the bell
    kinds: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """The same person, another connection."""
        line = Line(self.visitor.line.url, self.visitor.line.source, self.chance)
        self.shown = Visitor(self.visitor.name, self.visitor.key, line)
        self.socket = Socket(line, f"/widget/{self.visitor.key}/live")

    def listen(self, over: threading.Event) -> None:
        """Hear and fetch until it is over."""
        while not self.visitor.token and not over.wait(TURN):
            pass
        self.shown.token = self.visitor.token
        for word in self.socket.words(lambda: json.dumps({"token": self.shown.token}), over):
            self._hear(word or {})
            if self.shown.last < self.told:
                with unheard():
                    self.shown.look()
                if self.shown.last < self.told:
                    over.wait(ASKED_AGAIN * self.chance.random())

    def _hear(self, word: Word) -> None:
        assert set(word) <= {"seq"} or set(word) == {"kind"}, word
        self.rings += bool(word)
        self.kinds.update([str(word["kind"])] if "kind" in word else [])
        self.told = max(self.told, int(word.get("seq", 0)))

    @property
    def talk(self) -> list[str]:
        """The talk as this window shows it."""
        return self.shown.talk


@dataclass
class SecondDesk:
    """Another browser of an agent: it shows every chat that its owner shows, and looks when one of them rings."""

    clerk: Clerk
    chance: Random
    rings: int = 0
    told: dict[str, int] = field(default_factory=dict)  # by reference

    def __post_init__(self) -> None:
        """The same person, another connection and another session."""
        self.shown = Clerk(self.clerk.name, Line(self.clerk.line.url, self.clerk.line.source, self.chance))
        self.socket = Socket(self.shown.line, "/desk/live", self._cookies)

    def listen(self, over: threading.Event) -> None:
        """Hear and fetch until it is over."""
        self.shown.sign_in()
        for word in self.socket.words(self._watch, over):
            self._open_what_is_new()
            self._hear(word or {})
            for one in list(self.shown.open.values()):
                if one.reference and one.seq < self.told.get(one.reference, 0):
                    with unheard():
                        self.shown.look(one.number)
                    if one.seq < self.told[one.reference]:
                        over.wait(ASKED_AGAIN * self.chance.random())

    def _open_what_is_new(self) -> None:
        for number in list(self.clerk.open):
            if number not in self.shown.open or not self.shown.open[number].seq:
                with unheard():
                    self.shown.look(number)

    def _watch(self) -> str:
        return json.dumps({"watch": sorted(one.reference for one in self.shown.open.values() if one.reference)})

    def _hear(self, word: Word) -> None:
        assert set(word) <= {"topic", "seq", "kind", "watchers"}, word
        topic, seq = str(word.get("topic", "")), word.get("seq")
        if topic.startswith("ticket:") and word.get("kind") == "news" and seq is not None:
            reference = topic.removeprefix("ticket:")
            self.told[reference] = max(self.told.get(reference, 0), int(seq))
        self.rings += bool(word)

    def _cookies(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.shown.line.client.cookies.items())}
