"""Who should take it: pure rules over candidates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

WHOLE = 100
"""A load is counted in hundredths of a ticket: what waits for us is a whole one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who might take a ticket; `barred` is the code of why they may not, None when they may."""

    agent_id: int
    barred: str | None = None
    team_id: int | None = None  # the first serving team that they belong to
    patience: int = 0  # minutes for which a ticket must have waited before they are asked
    missing: tuple[int, ...] = ()  # skills that it asks for and they do not have
    load: int = 0  # on the ticket's channel, in hundredths of a ticket
    most: int = 0  # how many tickets of that channel they take
    burden: int = 0  # of all channels together, each by its weight, in hundredths
    last_at: datetime | None = None  # when something was last given to them
    last_id: int = 0  # by which decision: several may have been made at one moment

    @property
    def spare(self) -> Fraction:
        """The share of their capacity that is free, in percent; nothing of nothing is free."""
        return Fraction(100 * (self.most * WHOLE - self.load), self.most * WHOLE) if self.most else Fraction(0)


Key = Callable[[Candidate], tuple[object, ...]]


def _turn(one: Candidate) -> tuple[object, ...]:
    """Longest since the last assignment first; whoever never had any comes before all."""
    return (one.last_at is not None, one.last_at.timestamp() if one.last_at else 0.0, one.last_id, one.agent_id)


def _fewest(one: Candidate) -> tuple[object, ...]:
    return (one.burden, *_turn(one))


def _spare(one: Candidate) -> tuple[object, ...]:
    return (-one.spare, *_turn(one))


STRATEGIES: Mapping[str, Key] = {"round_robin": _turn, "fewest_open": _fewest, "most_spare": _spare}
"""How a queue chooses among those who can take a ticket; `manual` is none of these: there agents choose."""

WHY = (*STRATEGIES, "only_one", "knows_customer", "had_it_before", "keeps_work", "asked_for_next")
"""Codes of why somebody got a ticket; the first three are the strategies themselves."""


def rank(strategy: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """All candidates, best first: those who can take it before those who cannot, then by the strategy's measure.

    Whoever a ticket must not wait for longer comes first: the first open team, and those with all skills.
    """
    key = STRATEGIES.get(strategy, _turn)
    return sorted(candidates, key=lambda one: (one.barred is not None, one.patience, *key(one)))


def choose(strategy: str, ranked: Sequence[Candidate], knows: int | None = None) -> tuple[Candidate | None, str]:
    """Who gets it, of candidates in the order of `rank`, and the code of why; (None, "nobody") when nobody can.

    `knows` is the agent who knows the customer: of those who can take it, they do.
    """
    eligible = [one for one in ranked if one.barred is None]
    if not eligible:
        return None, "nobody"
    known = next((one for one in eligible if one.agent_id == knows), None)
    if known is not None:
        return known, "knows_customer"
    return eligible[0], "only_one" if len(eligible) == 1 else strategy
