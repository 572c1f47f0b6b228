"""Mentions: which colleagues a note names with an @, and who can be named in it."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket


class Mentionable(NamedTuple):
    """A colleague who can be named: the word after the @ names nobody else."""

    id: int
    name: str
    word: str


def colleagues() -> list[Agent]:
    """Everybody who works here."""
    return list(db.session.scalars(select(Agent).where(Agent.disabled_at.is_(None)).order_by(Agent.name)))


def mentionable(ticket: Ticket, by: Agent) -> list[Mentionable]:
    """Who may see the ticket and can be named so that nobody else is meant, but for whoever writes."""
    everybody, seers = colleagues(), visibility.seers(ticket)
    meant = _names(everybody)
    found = []
    for agent in everybody:
        words = (word for word in (agent.name, _local(agent)) if word and meant[word.casefold()] == {agent.id})
        word = next(words, None)
        if word is not None and agent.id in seers and agent.id != by.id:
            found.append(Mentionable(agent.id, agent.name, word))
    return found


def _local(agent: Agent) -> str:
    return agent.email.partition("@")[0]


def _names(agents: Iterable[Agent]) -> dict[str, set[int]]:
    """Whom each name means: whole names, first names and what stands before the @ of an address."""
    names: dict[str, set[int]] = {}
    for agent in agents:
        first = agent.name.split()[0] if agent.name.split() else agent.email
        for name in {agent.name, first, _local(agent)}:
            names.setdefault(name.casefold(), set()).add(agent.id)
    return names


def mentioned(text: str, agents: Iterable[Agent]) -> list[int]:
    """The ids of the agents whose first name, whole name or address follows an @ in the text.

    A first name that several share names nobody, because guessing would tell the wrong person.
    """
    spoken, names = text.casefold(), _names(agents)
    found: set[int] = set()
    for position in (index for index, letter in enumerate(spoken) if letter == "@"):
        rest = spoken[position + 1 : position + 101]
        fitting = [name for name in names if rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum()]
        if fitting:
            ids = names[max(fitting, key=len)]
            if len(ids) == 1:
                found |= ids
    return sorted(found)
