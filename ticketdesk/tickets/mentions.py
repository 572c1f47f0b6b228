"""Mentions: which colleagues a note names with an @."""

from collections.abc import Iterable

from ticketdesk.accounts.agent import Agent


def mentioned(text: str, agents: Iterable[Agent]) -> list[int]:
    """The ids of the agents whose first name, whole name or address follows an @ in the text.

    A first name that several share names nobody, because guessing would tell the wrong person.
    """
    spoken = text.casefold()
    names: dict[str, set[int]] = {}
    for agent in agents:
        first = agent.name.split()[0] if agent.name.split() else agent.email
        for name in {agent.name, first, agent.email.partition("@")[0]}:
            names.setdefault(name.casefold(), set()).add(agent.id)
    found: set[int] = set()
    for position in (index for index, letter in enumerate(spoken) if letter == "@"):
        rest = spoken[position + 1 : position + 101]
        fitting = [name for name in names if rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum()]
        if fitting:
            ids = names[max(fitting, key=len)]
            if len(ids) == 1:
                found |= ids
    return sorted(found)
