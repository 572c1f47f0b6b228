"""Who may be given a ticket: pure rules over what is known of agents, queues and the ticket's needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ticketdesk.routing.strategies import WHOLE, Candidate

BARS = (
    "left",  # no longer works here
    "not_in_team",  # in no team that serves the queue
    "team_closed",  # their teams do not work at this hour
    "offline",
    "away",
    "not_heard",  # said that they are online, but their browser is silent
    "team_later",  # another open team is asked first
    "lacks_skills",
    "full",  # has as much of this channel as they take
    "skipped",  # passed this ticket on a while ago
)
"""Why somebody may not be given a ticket, in the order in which it is asked; the first that holds is said."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A team that serves a queue, in the queue's order, and whether it works at this moment."""

    team_id: int
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """How a queue hands out its work."""

    queue_id: int
    strategy: str
    teams: tuple[Serving, ...]
    sticky: bool = False
    required: frozenset[int] = frozenset()  # skills that all its work asks for
    gives_way: Mapping[int, int] = field(default_factory=dict)  # skill -> step; 1 is given up first
    relax_after: int = 0  # minutes of waiting for each step; 0: nothing ever gives way
    next_team_after: int = 5  # minutes of waiting until one more open team is asked

    def given_up(self, skills: frozenset[int], waited: timedelta) -> tuple[int, ...]:
        """Which of these skills are not asked for any more after so much waiting, in the order of giving way."""
        if self.relax_after <= 0:
            return ()
        steps = waited // timedelta(minutes=self.relax_after)
        gone = [(self.gives_way[skill], skill) for skill in skills if skill in self.gives_way]
        return tuple(skill for step, skill in sorted(gone) if step <= steps)

    def attended_by(self, team_ids: frozenset[int]) -> "Rules":
        """The same for somebody of these teams who asks for work: they are here, whatever the hour."""
        return replace(
            self, teams=tuple(Serving(one.team_id, one.is_open or one.team_id in team_ids) for one in self.teams)
        )

    def asked_teams(self, waited: timedelta) -> tuple[int, ...]:
        """The open teams that are asked after so much waiting, in their order."""
        opened = [one.team_id for one in self.teams if one.is_open]
        further = waited // timedelta(minutes=self.next_team_after) if self.next_team_after > 0 else len(opened)
        return tuple(opened[: 1 + further])


@dataclass(frozen=True, slots=True)
class Wish:
    """What one ticket asks for."""

    channel: str  # "email" or "chat"
    skills: frozenset[int]  # its own, beside those that its queue requires
    waited: timedelta
    skipped_by: frozenset[int] = frozenset()


@dataclass(slots=True)
class Worker:
    """What is known of one agent; `load` grows while tickets are given out."""

    agent_id: int
    is_active: bool
    team_ids: frozenset[int]
    states: Mapping[str, tuple[str, datetime | None]]  # channel -> what they state, and when they were last heard of
    skills: frozenset[int]
    most: Mapping[str, int]  # channel -> tickets
    load: dict[str, int]  # channel -> hundredths of a ticket
    last_at: datetime | None = None
    last_id: int = 0

    def is_there(self, channel: str, heard_after: datetime) -> bool:
        """Whether they take new work on a channel: said so, and heard of since."""
        return self.absent(channel, heard_after) is None

    def absent(self, channel: str, heard_after: datetime) -> str | None:
        """The code of why they take no new work on a channel."""
        state, heard_at = self.states.get(channel, ("offline", None))
        if state != "online":
            return "away" if state == "away" else "offline"
        return None if heard_at is not None and heard_at > heard_after else "not_heard"

    def room(self, channel: str) -> int:
        """How many more whole tickets of a channel fit."""
        return max(0, (self.most.get(channel, 0) * WHOLE - self.load.get(channel, 0)) // WHOLE)

    def take(self, channel: str, at: datetime, order: int) -> None:
        """They get one more."""
        self.load[channel] = self.load.get(channel, 0) + WHOLE
        self.last_at, self.last_id = at, order

    def burden(self, weights: Mapping[str, int]) -> int:
        """All their work, each channel by its weight, in hundredths of a letter."""
        return sum(points * weights.get(channel, 1) for channel, points in self.load.items())


def patience(worker: Worker, rules: Rules, skills: frozenset[int]) -> int | str:
    """For how many minutes a ticket must have waited before this agent is asked; or the code of why they never are."""
    serving = [one for one in rules.teams if one.team_id in worker.team_ids]
    if not serving:
        return "not_in_team"
    opened = [one for one in rules.teams if one.is_open]
    place = next((number for number, one in enumerate(opened) if one.team_id in worker.team_ids), None)
    if place is None:
        return "team_closed"
    missing = (skills | rules.required) - worker.skills
    if missing and (rules.relax_after <= 0 or not missing <= rules.gives_way.keys()):
        return "lacks_skills"
    for_skills = max((rules.gives_way[skill] for skill in missing), default=0) * rules.relax_after
    return max(place * rules.next_team_after, for_skills)


def barred(worker: Worker, rules: Rules, wish: Wish, heard_after: datetime) -> str | None:
    """The code of the first reason for which this agent may not be given this ticket now; None when they may."""
    needed = patience(worker, rules, wish.skills)
    absent = worker.absent(wish.channel, heard_after)
    if not worker.is_active:
        return "left"
    if needed in ("not_in_team", "team_closed"):
        return str(needed)
    if absent is not None:
        return absent
    return unfit(worker, rules, wish)


def unfit(worker: Worker, rules: Rules, wish: Wish) -> str | None:
    """The same, whether or not they said that they are online: for whoever asks for work themselves."""
    needed = patience(worker, rules, wish.skills)
    if isinstance(needed, str):
        return needed
    if wish.waited < timedelta(minutes=needed):
        asked = rules.asked_teams(wish.waited)
        return "lacks_skills" if any(team in worker.team_ids for team in asked) else "team_later"
    if worker.room(wish.channel) < 1:
        return "full"
    return "skipped" if worker.agent_id in wish.skipped_by else None


def candidate(worker: Worker, rules: Rules, wish: Wish, heard_after: datetime, weights: Mapping[str, int]) -> Candidate:
    """An agent as a candidate for a ticket, with all that is compared."""
    needed = patience(worker, rules, wish.skills)
    return Candidate(
        agent_id=worker.agent_id,
        barred=barred(worker, rules, wish, heard_after),
        team_id=next((one.team_id for one in rules.teams if one.team_id in worker.team_ids), None),
        patience=needed if isinstance(needed, int) else 0,
        missing=tuple(sorted((wish.skills | rules.required) - worker.skills)),
        load=worker.load.get(wish.channel, 0),
        most=worker.most.get(wish.channel, 0),
        burden=worker.burden(weights),
        last_at=worker.last_at,
        last_id=worker.last_id,
    )


def least_patience(worker: Worker, rules: Rules, channel: str, skills: frozenset[int], since: datetime) -> int | None:
    """For how many minutes a ticket with these needs must have waited so that this agent can take it; None: never.

    `since` is the moment since when they must have been heard of.
    """
    needed = patience(worker, rules, skills)
    if isinstance(needed, str) or not worker.is_active or not worker.is_there(channel, since):
        return None
    return needed if worker.room(channel) else None
