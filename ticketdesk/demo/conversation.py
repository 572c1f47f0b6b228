"""A conversation as it is written down: who asked what, and how it went on."""

from dataclasses import dataclass
from datetime import timedelta

CUSTOMER = "customer"
"""Who speaks in a turn, when it is no agent."""
AGENT = "agent"
"""Whichever agent has the ticket or, while nobody has it, one of its team."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a conversation.

    `after` is the time since the step before it: an agent's passes only while the company is open, but in a chat.
    """

    after: timedelta
    who: str  # CUSTOMER, AGENT or an agent's first name
    does: str  # one of playing.DEEDS
    what: str = ""  # what the deed is done with, e.g. the name of a queue
    text: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One matter of one person.

    `last` says for one that still goes on how long before now its last step was; without it, all of it happened some
    time in the past weeks.
    """

    subject: str
    name: str
    address: str  # empty for a visitor who gave none
    queue: str
    channel: str
    text: str
    priority: str
    tags: tuple[str, ...]
    turns: tuple[Turn, ...]
    last: timedelta | None
    last_is_open: bool  # `last` counts only while the company was open
    key: str  # what other conversations call it by
    files: tuple[str, ...] = ()  # the names of pictures that came with the first words
    beside: tuple[str, timedelta] | None = None  # begins so long after that one

    @property
    def goes_on(self) -> bool:
        """Whether it is in the middle of things now."""
        return self.last is not None
