"""How much one matter is like another, and what was done with those like it: pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

QUEUE, TAG, WORD = 0.5, 2.0, 1.0
"""What each thing in common weighs. A tag was put on by somebody who had read it; a queue is shared by many matters."""

LEAST = 0.5
"""Two uses in the same queue, or one in a matter with a tag or a word in common."""

_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Matter:
    """What a ticket is about, as far as it is compared."""

    queue_id: int
    tags: frozenset[int] = frozenset()
    words: frozenset[str] = frozenset()


def words_of(subject: str) -> frozenset[str]:
    """The words of a subject that may tell of the matter: those of four letters and more."""
    return frozenset(_WORD.findall(subject.casefold()))


def likeness(one: Matter, other: Matter) -> float:
    """0 for matters with nothing in common."""
    queue = QUEUE if one.queue_id == other.queue_id else 0.0
    return queue + TAG * len(one.tags & other.tags) + WORD * len(one.words & other.words)


def likely(matter: Matter, used: Iterable[tuple[int, Matter]], most: int) -> list[int]:
    """What was used in matters like this one, the likeliest first.

    Squares, so that one use in a matter much like this one counts more than several that only share its queue.
    """
    scores: dict[int, float] = {}
    for what, other in used:
        scores[what] = scores.get(what, 0.0) + likeness(matter, other) ** 2
    fitting = sorted((-score, what) for what, score in scores.items() if score >= LEAST)
    return [what for _score, what in fitting[:most]]
