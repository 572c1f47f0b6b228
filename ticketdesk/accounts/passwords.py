"""Passwords: how they are kept, compared and chosen."""

import unicodedata
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ticketdesk.accounts import links, sessions
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.errors import Invalid

SHORTEST = 12
LONGEST = 200
FEWEST_DIFFERENT = 5

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""argon2id with what OWASP's Password Storage Cheat Sheet names as the least: 19 MiB, two passes, one lane."""


def choose(agent: Agent, password: str, by: Actor, at: datetime) -> None:
    """Set a password; whoever is signed in as this agent is signed out, and open links are void.

    Raises Invalid when it is too easy to guess.
    """
    _check(agent, password)
    agent.password_hash = hashed(password)
    sessions.end_all(agent.id, at)
    links.revoke(agent.id, at)
    audit.note("password_chosen", "agent", agent.id, by, at)


def hashed(password: str) -> str:
    """What is stored instead of a password."""
    return _hasher.hash(_plain(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was kept; takes as long when none was, so that time tells nothing."""
    try:
        _hasher.verify(kept or _nobody(), _plain(password)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    """The hash that is compared when there is no account."""
    return _hasher.hash("the password of nobody")


def _plain(password: str) -> str:
    """One form for what keyboards may send in several (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _check(agent: Agent, password: str) -> None:
    plain = _plain(password)
    if len(plain) < SHORTEST:
        raise Invalid(f"At least {SHORTEST} characters, please; a few words in a row are good.", "password")
    if len(plain) > LONGEST:
        raise Invalid(f"At most {LONGEST} characters, please.", "password")
    if len(set(plain.lower())) < FEWEST_DIFFERENT:
        raise Invalid("Too many equal characters: this would be guessed.", "password")
    if plain.lower() in (agent.email, agent.email.partition("@")[0], agent.name.lower()):
        raise Invalid("Not your own name or address: this would be guessed.", "password")
