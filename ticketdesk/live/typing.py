"""Who is typing in a chat at this moment: the visitor for the desk, somebody of ours for the visitor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketdesk.core import bell
from ticketdesk.live import shelf

KIND = "typing"
STOPPED = "stopped"
SHELF_LIFE = 6
"""Seconds for which a word that somebody is typing holds; their page says it every three."""
WORDS_LIFE = 10
"""Seconds for which words that are not sent yet are kept, where both sides were told that they are seen."""
LONGEST = 1000
"""Characters of such words; of longer ones the end is shown, where one types."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A visitor is typing: `words` is None where nobody is to see them."""

    words: str | None


def visitor_types(ticket_id: int, reference: str, words: str | None, now: datetime) -> None:
    """The visitor has just typed; the desk is told when it did not know, or when there are words to see."""
    until = int(now.timestamp()) + SHELF_LIFE
    kept = _words_key(ticket_id)

    def put(pipe: Any) -> None:
        pipe.set(_visitor_key(ticket_id), until, ex=SHELF_LIFE, get=True)
        if words is None:
            pipe.delete(kept)
        else:
            pipe.set(kept, f"{int(now.timestamp()) + WORDS_LIFE} {words[-LONGEST:]}", ex=WORDS_LIFE)

    answers = shelf.ask(put)
    if answers is not None and (words is not None or not _holds(answers[0], now)):
        bell.say(f"ticket:{reference}", KIND)


def visitor_stopped(ticket_id: int, reference: str) -> None:
    """The visitor has sent it, or taken it away."""
    answers = shelf.ask(lambda pipe: pipe.delete(_visitor_key(ticket_id), _words_key(ticket_id)))
    if answers is not None and answers[0]:
        bell.say(f"ticket:{reference}", KIND)


def visitor(ticket_id: int, now: datetime) -> Typed | None:
    """Whether the visitor of a ticket is typing, and what."""
    answers = shelf.ask(lambda pipe: pipe.mget(_visitor_key(ticket_id), _words_key(ticket_id)))
    if answers is None:
        return None
    types, words = answers[0]
    if words is not None:
        until, _, said = shelf.text(words).partition(" ")
        if _holds(until, now):
            return Typed(said)
    return Typed(None) if _holds(types, now) else None


def agent_types(ticket_id: int, reference: str, agent_id: int, now: datetime) -> None:
    """An agent types an answer; the visitor hears that somebody does, and no more than that."""
    until = int(now.timestamp()) + SHELF_LIFE

    def put(pipe: Any) -> None:
        pipe.hset(_agents_key(ticket_id), str(agent_id), until)
        pipe.expire(_agents_key(ticket_id), SHELF_LIFE)

    if shelf.ask(put) is not None:
        bell.say(f"talk:{reference}", KIND)


def agent_stopped(ticket_id: int, reference: str, agent_id: int, now: datetime) -> None:
    """An agent has stopped; the visitor hears it when no other one goes on."""

    def drop(pipe: Any) -> None:
        pipe.hdel(_agents_key(ticket_id), str(agent_id))
        pipe.hvals(_agents_key(ticket_id))

    answers = shelf.ask(drop)
    if answers is not None and answers[0] and not any(_holds(until, now) for until in answers[1]):
        bell.say(f"talk:{reference}", STOPPED)


def _holds(until: bytes | str | None, now: datetime) -> bool:
    return until is not None and shelf.text(until).isdecimal() and int(shelf.text(until)) > now.timestamp()


def _visitor_key(ticket_id: int) -> str:
    return f"ticketdesk:typing:{ticket_id}"


def _words_key(ticket_id: int) -> str:
    return f"ticketdesk:typing:{ticket_id}:words"


def _agents_key(ticket_id: int) -> str:
    return f"ticketdesk:typing:{ticket_id}:agents"
