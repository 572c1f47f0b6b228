"""The socket of the desk: it rings when something is new, and the page fetches it by the ordinary way."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ticketdesk.accounts import availability, sessions
from ticketdesk.core.bell import NEWS
from ticketdesk.core.db import db
from ticketdesk.live.audience import STRANGER, Hears
from ticketdesk.live.folding import Ring
from ticketdesk.tickets import seeing
from ticketdesk.web import auth, sockets

LONGEST_WORD = 2000
MOST_WORDS = 250
MOST_AT_ONCE = 20
MOST_OF_SOURCE = 2000
MOST_WATCHED = 32
"""Tickets that all the tabs of one browser show together; a tab beyond them asks now and then."""
LONGEST_REFERENCE = 64
HEARTBEAT = timedelta(seconds=25)
"""Time between signs of life of an agent; three may be missed (SEMANTICS 5: 90 s)."""
HERE = "here"
"""The kind of the first ring: it names whose bell it is, and from now on nothing is missed."""

blueprint = Blueprint("live", __name__)


@dataclass(slots=True)
class Listener:
    """One browser of an agent, and the tickets that its tabs show."""

    session_id: int
    agent_id: int
    watched: tuple[str, ...] = ()
    told: tuple[str, ...] | None = None  # of which it was said how far they are; None: it was not greeted yet


class Agents:
    """Those who answer: they hear their own bell, their queues', and the watched tickets that they may see."""

    found_by = ""
    own = "agent"
    longest_word = LONGEST_WORD
    most_words = MOST_WORDS
    most_at_once = MOST_AT_ONCE
    most_of_source = MOST_OF_SOURCE

    def whose(self, guest: Listener) -> int:
        """Their session's: all tabs of a browser share one socket, or have one each."""
        return guest.session_id

    def understood(self, guest: Listener, word: str) -> bool:
        """The tickets that a browser shows; a word that makes no sense changes nothing."""
        watched = watched_in(word)
        if watched is None or watched == guest.watched:
            return False
        guest.watched = watched
        return True

    def passed_on(self, ring: Ring, watchers: int) -> str | None:
        """The whole ring; with a queue's, how many browsers will ask for its list."""
        said: dict[str, object] = {"topic": ring.topic, "seq": ring.seq, "kind": ring.kind}
        if ring.topic.startswith("queue:"):
            said["watchers"] = watchers
        return json.dumps(said)

    def look(self, guests: Sequence[Listener], now: datetime, *, rung: bool = False) -> Sequence[Hears]:
        """Whether they are still signed in, and what they may see at this moment: three questions for all."""
        living = sessions.living((guest.session_id for guest in guests), now)
        there = [guest for guest in guests if guest.session_id in living]
        queues = seeing.queues(guest.agent_id for guest in there)
        asked = {(guest.agent_id, reference) for guest in there for reference in guest.watched}
        seen = seeing.tickets(sorted(asked))
        return [_hears(guest, queues, seen) if guest.session_id in living else STRANGER for guest in guests]

    def found(self, names: Iterable[str]) -> Iterable[str]:
        """Nothing is looked up for agents: what rings for them is theirs to hear."""
        return ()

    def beat(self, guests: Sequence[Listener], now: datetime) -> None:
        """Their browsers are there."""
        if guests:
            availability.heartbeats((guest.agent_id for guest in guests), now, HEARTBEAT)
            db.session.commit()


AGENTS = Agents()


@blueprint.get("/desk/live", websocket=True)
def desk() -> ResponseReturnValue:
    """Let a browser hear: it says `{"watch": ["<reference>", …]}`, and hears `{"topic", "seq", "kind"}`."""
    agent = auth.signed_in()
    return sockets.hand_over(AGENTS, Listener(auth.session_row().id, agent.id))


def watched_in(word: str) -> tuple[str, ...] | None:
    """The tickets that a browser says it shows; None for a word that makes no sense."""
    try:
        said = json.loads(word)
    except (ValueError, RecursionError):
        return None
    watch = said.get("watch") if isinstance(said, dict) else None
    if not isinstance(watch, list):
        return None
    if not all(isinstance(one, str) and len(one) <= LONGEST_REFERENCE and "\x00" not in one for one in watch):
        return None
    return tuple(dict.fromkeys(watch[:MOST_WATCHED]))


def _hears(guest: Listener, queues: dict[int, tuple[int, ...]], seen: dict[tuple[int, str], int]) -> Hears:
    own = f"agent:{guest.agent_id}"
    tickets = tuple(one for one in guest.watched if (guest.agent_id, one) in seen)
    words = []
    if guest.told is None:
        words.append(json.dumps({"topic": own, "seq": None, "kind": HERE}))
    for reference in tickets:
        if reference not in (guest.told or ()):
            seq = seen[guest.agent_id, reference]
            words.append(json.dumps({"topic": f"ticket:{reference}", "seq": seq, "kind": NEWS}))
    guest.told = tickets
    topics = (
        own,
        *(f"queue:{queue}" for queue in queues.get(guest.agent_id, ())),
        *(f"ticket:{one}" for one in tickets),
    )
    return Hears(topics, tuple(words))
