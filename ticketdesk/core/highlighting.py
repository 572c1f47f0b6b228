"""Words that were looked for, told apart in a text: pieces, of which no markup is made here."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

LONGEST_READ = 20_000
"""Letters in which a place with a hit is sought."""
BEFORE = 14
"""Letters shown before the first hit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and whether they were looked for."""

    words: str
    is_hit: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What counts as a hit: whole words, and beginnings of words, both folded."""

    whole: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    def has(self, word: str) -> bool:
        """Whether a word of a text was looked for."""
        alike = folded(word)
        return alike in self.whole or (bool(self.beginnings) and alike.startswith(self.beginnings))

    @property
    def all(self) -> Collection[str]:
        """Everything that a hit can begin with."""
        return {*self.whole, *self.beginnings}


def folded(word: str) -> str:
    """A word in small letters and without accents, as the search has it."""
    small = word.casefold()
    if small.isascii():
        return small
    return "".join(sign for sign in unicodedata.normalize("NFKD", small) if not unicodedata.combining(sign))


def marked(text: str, wanted: Wanted) -> tuple[Piece, ...]:
    """The whole text in pieces; joined they are the text again."""
    found: list[Piece] = []
    since = 0
    for start, end in _words(text):
        if wanted.has(text[start:end]):
            if start > since:
                found.append(Piece(text[since:start]))
            found.append(Piece(text[start:end], is_hit=True))
            since = end
    if since < len(text):
        found.append(Piece(text[since:]))
    return tuple(found)


def excerpt(text: str, wanted: Wanted, length: int) -> tuple[Piece, ...]:
    """About so many letters of a text on one line, around the first hit; its beginning where there is none."""
    start = _place(text[:LONGEST_READ], wanted)
    begin = max(0, start - BEFORE)
    while 0 < begin < start and not text[begin - 1].isspace():
        begin += 1
    line = " ".join(text[begin : begin + 2 * length].split())
    cut = line if len(line) <= length else line[: length - 1].rstrip() + "…"
    return marked(f"… {cut}" if begin else cut, wanted)


def _place(text: str, wanted: Wanted) -> int:
    """Where the first hit begins, or 0: first a quick look for the letters, then word by word."""
    small = text.lower()
    if len(small) == len(text):
        places = [place for one in wanted.all for place in _beginnings(small, one) if wanted.has(_word_at(text, place))]
        if places:
            return min(places)
    return next((start for start, end in _words(text) if wanted.has(text[start:end])), 0)


def _beginnings(text: str, letters: str, most: int = 8) -> list[int]:
    """The first places where a word begins with these letters."""
    found: list[int] = []
    place = text.find(letters)
    while place >= 0 and len(found) < most:
        if place == 0 or not text[place - 1].isalnum():
            found.append(place)
        place = text.find(letters, place + 1)
    return found


def _word_at(text: str, start: int) -> str:
    end = start
    while end < len(text) and _belongs(text[end]):
        end += 1
    return text[start:end]


def _belongs(sign: str) -> bool:
    return sign.isalnum() or unicodedata.combining(sign) != 0


def _words(text: str) -> list[tuple[int, int]]:
    """Where each word begins and ends."""
    found: list[tuple[int, int]] = []
    start = -1
    for place, sign in enumerate(text):
        if _belongs(sign):
            if start < 0:
                start = place
        elif start >= 0:
            found.append((start, place))
            start = -1
    if start >= 0:
        found.append((start, len(text)))
    return found
