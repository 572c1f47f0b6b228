"""Who hears by the same rule: agents, or visitors; asked for all their sockets at once, never for one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ticketdesk.live.folding import Ring

GONE = 4401
"""The code that tells a page to sign in again; codes from 4000 on are ours to choose (RFC 6455, 7.4.2)."""
TOO_MANY = 4429
"""The code for whoever says more than there is to say, or opens more sockets than a browser does."""


@dataclass(frozen=True, slots=True)
class Hears:
    """What one socket may hear from now on."""

    topics: tuple[str, ...] = ()  # in order, without doubles
    words: tuple[str, ...] = ()  # said to it once it listens
    code: int | None = None  # it is to be closed instead


STRANGER = Hears(code=GONE)
"""Nobody that we know, or nobody any more."""


class Audience(Protocol):
    """The rules of one kind of listener; a guest is what is known of one socket, whatever that is."""

    found_by: str
    """News of topics of this kind is not passed on: it is looked up who hears it, and they are looked at."""
    own: str
    """News of topics of this kind says that somebody's rights may have changed."""
    longest_word: int
    """Bytes a browser may say at once."""
    most_words: int
    """Words a browser may say between two signs of life."""
    most_at_once: int
    """Sockets that one of them may have open in one process; a browser needs one, or one for each of its tabs."""
    most_of_source: int
    """Sockets that may be open from one address; many people may stand behind it."""

    def understood(self, guest: Any, word: str) -> bool:
        """Take in what a browser says; whether it must be looked at again. Asks no database."""

    def whose(self, guest: Any) -> object:
        """By what the sockets of the same browser are told; it is asked once it is known who is there."""

    def passed_on(self, ring: Ring, watchers: int) -> str | None:
        """A ring in the words of this audience; None for what it does not hear."""

    def look(self, guests: Sequence[Any], now: datetime, *, rung: bool = False) -> Sequence[Hears]:
        """What each of them may hear at this moment; `rung` where something new is there for them."""

    def found(self, names: Iterable[str]) -> Iterable[str]:
        """The topics of those who hear what rang under `found_by` with these names."""

    def beat(self, guests: Sequence[Any], now: datetime) -> None:
        """Note that they are there; commits."""
