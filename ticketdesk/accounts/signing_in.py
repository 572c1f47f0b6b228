"""Signing in with address and password, counted before it is tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.accounts import addresses, passwords, sessions, throttling
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.session import AgentSession
from ticketdesk.core import audit
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, Refused

WINDOW = timedelta(minutes=5)
TRIES_PER_ACCOUNT = 5
TRIES_PER_SOURCE = 20
"""More than for an account, since a whole office may share one address; good tries are not counted."""

WRONG = "Email and password do not match."


class TooManyTries(Refused):
    """The account or the source has used up its tries for now; says nothing of whether the account exists."""


@dataclass(frozen=True, slots=True)
class Try:
    """A counted try, which may now be checked."""

    email: str
    address: str


def count(email: str, address: str, now: datetime) -> Try:
    """Count a try for the account and for the source; the caller commits at once, whatever comes of it.

    Raises TooManyTries.
    """
    try:
        known_as = addresses.normalised(email)
    except Invalid:
        known_as = "?"  # nobody's address; the source still counts
    # Always in the same order, so that two tries never wait for each other.
    tries = (
        throttling.count(_account(known_as), WINDOW, now),
        throttling.count(_source(address), WINDOW, now),
    )
    if (known_as != "?" and tries[0] > TRIES_PER_ACCOUNT) or tries[1] > TRIES_PER_SOURCE:
        raise TooManyTries("Too many tries. Please wait five minutes, then try again.")
    return Try(known_as, address)


def sign_in(counted: Try, password: str, browser: str, now: datetime) -> tuple[AgentSession, str]:
    """A new session and its secret; raises Invalid, with the same words and after the same work, whatever was wrong."""
    agent = db.session.scalar(select(Agent).where(Agent.email == counted.email, Agent.disabled_at.is_(None)))
    if not passwords.matches(agent.password_hash if agent else None, password) or agent is None:
        raise Invalid(WRONG)
    if agent.password_hash and passwords.is_outdated(agent.password_hash):
        agent.password_hash = passwords.hashed(password)
    throttling.forget(_account(counted.email))
    throttling.take_back(_source(counted.address))
    return enter(agent, counted.address, browser, now)


def confirm(agent: Agent, password: str) -> None:
    """Ask a signed-in agent for the password again; raises Invalid when it is wrong."""
    if not passwords.matches(agent.password_hash, password):
        raise Invalid("This is not your present password.", "present")


def enter(agent: Agent, address: str, browser: str, now: datetime) -> tuple[AgentSession, str]:
    """Sign in someone who has proved who they are; a new session and its secret."""
    session, secret = sessions.begin(agent, address, browser, now)
    audit.note("signed_in", "agent", agent.id, agent.actor, now, {"session_id": session.id})
    return session, secret


def _account(email: str) -> str:
    return f"sign-in:account:{email}"


def _source(address: str) -> str:
    return f"sign-in:source:{address}"
