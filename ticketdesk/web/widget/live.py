"""The widget's socket: it rings when there is something new in the visitor's own talk, and says no more than that."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask.typing import ResponseReturnValue

from ticketdesk.channels.chat import hearing, ringing
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.live.audience import STRANGER, Hears
from ticketdesk.live.folding import Ring
from ticketdesk.web import sockets
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint

LONGEST_WORD = 200
LONGEST_SECRET = 100
MOST_WORDS = 40
"""Nothing but the first is ever read."""
MOST_AT_ONCE = 20
MOST_OF_SOURCE = 1000
HEARD = frozenset(["typing", "stopped", "seen"])
"""What a visitor hears beside news: that somebody answers just now, stopped, or has read."""


@dataclass(slots=True)
class Caller:
    """One browser of a visitor, and how far it was told that the talk has come."""

    key: str  # of the widget
    digest: str | None = None  # of the secret that was said; None: nothing was said yet
    visitor_id: int | None = None
    stamp: int = -1
    seq: int = -1


class Visitors:
    """Those who ask: each hears of the own talk, and nothing else that happens to its tickets."""

    found_by = "talk"
    own = "visitor"
    longest_word = LONGEST_WORD
    most_words = MOST_WORDS
    most_at_once = MOST_AT_ONCE
    most_of_source = MOST_OF_SOURCE

    def whose(self, guest: Caller) -> int | None:
        """The visitor's: one browser with all its tabs."""
        return guest.visitor_id

    def understood(self, guest: Caller, word: str) -> bool:
        """The secret in the first word, once."""
        if guest.digest is not None:
            return False
        guest.digest = tokens.digest(secret_in(word))
        return True

    def passed_on(self, ring: Ring, watchers: int) -> str | None:
        """News is told by its number; of the rest, what is meant for visitors."""
        if ring.kind not in HEARD:
            return None
        return json.dumps({"kind": ring.kind})

    def look(self, guests: Sequence[Caller], now: datetime, *, rung: bool = False) -> Sequence[Hears]:
        """Who they are, where they talk, and how far that has come: three questions for all."""
        # Words come in while we ask: whoever says who they are meanwhile is looked at once more.
        silent = {id(guest) for guest in guests if guest.digest is None}
        _introduce([guest for guest in guests if id(guest) not in silent])
        ids = {guest.visitor_id for guest in guests if guest.visitor_id is not None}
        standing = hearing.standing(ids) if ids else {}
        stale = {
            guest.visitor_id
            for guest in guests
            if guest.visitor_id is not None
            and guest.visitor_id in standing
            and (rung or guest.stamp != standing[guest.visitor_id].stamp)
        }
        lengths = hearing.lengths(stale) if stale else {}
        return [
            Hears() if id(guest) in silent else _hears(guest, standing, stale, lengths, rung=rung) for guest in guests
        ]

    def found(self, names: Iterable[str]) -> Iterable[str]:
        """The bells of those who talk in these tickets."""
        return [_bell(visitor_id) for visitor_id in hearing.who_hears(names)]

    def beat(self, guests: Sequence[Caller], now: datetime) -> None:
        """Their pages are open."""
        ids = {guest.visitor_id for guest in guests if guest.visitor_id is not None}
        if ids and hearing.seen(ids, now):
            db.session.commit()


VISITORS = Visitors()


@blueprint.get("/widget/<key>/live", websocket=True)
def live(key: str) -> ResponseReturnValue:
    """Let a visitor hear: they say `{"token": "<secret>"}`, and hear `{"seq"}`: up to where their talk has come."""
    return sockets.hand_over(VISITORS, Caller(key if door.KEY.fullmatch(key) else ""))


def secret_in(word: str) -> str:
    """The secret in the first word; anything else is none."""
    try:
        said = json.loads(word)
    except (ValueError, RecursionError):
        return ""
    found = said.get("token") if isinstance(said, dict) else None
    return found if isinstance(found, str) and len(found) <= LONGEST_SECRET and found.isascii() else ""


def _introduce(guests: Sequence[Caller]) -> None:
    """Find out who said a secret and was not known yet."""
    strangers = [guest for guest in guests if guest.visitor_id is None]
    if not strangers:
        return
    known = hearing.known((guest.key, guest.digest or "") for guest in strangers)
    for guest in strangers:
        guest.visitor_id = known.get((guest.key, guest.digest or ""))


def _hears(
    guest: Caller,
    standing: dict[int, hearing.Standing],
    stale: set[int],
    lengths: dict[int, int],
    *,
    rung: bool,
) -> Hears:
    if guest.visitor_id is None or guest.visitor_id not in standing:
        return STRANGER
    stands = standing[guest.visitor_id]
    topics = (_bell(guest.visitor_id), *sorted(ringing.topics(stands.references)))
    if guest.visitor_id not in stale:
        return Hears(topics)
    seq = lengths.get(guest.visitor_id, 0)
    words = (json.dumps({"seq": seq}),) if rung or seq != guest.seq else ()
    guest.stamp, guest.seq = stands.stamp, seq
    return Hears(topics, words)


def _bell(visitor_id: int) -> str:
    return f"visitor:{visitor_id}"
