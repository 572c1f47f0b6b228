"""Who came into question for a ticket, in words: for whoever has it, and for a look ahead in settings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import format_decimal
from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.skill import Skill
from ticketdesk.accounts.team import Team
from ticketdesk.core.db import db
from ticketdesk.routing.strategies import WHOLE
from ticketdesk.web import formatting, spans
from ticketdesk.web.texts import _

Considered = Mapping[str, Any]
"""A candidate as routing.deciding.considered keeps it."""


@dataclass(frozen=True, slots=True)
class Called:
    """What agents, skills and teams are called; of one that is gone there is no more to say than that."""

    agents: Mapping[int, str]
    skills: Mapping[int, str]
    teams: Mapping[int, str]

    def agent(self, agent_id: int | None) -> str:
        """The name of an agent."""
        return self.agents.get(agent_id or 0, _("somebody"))

    def listed_skills(self, ids: Collection[int]) -> str:
        """Skills one after another."""
        return spans.listed([self.skills.get(one, _("a skill that is gone")) for one in ids])

    def listed_teams(self, ids: Collection[int]) -> str:
        """Teams one after another."""
        return spans.listed([self.teams.get(one, _("a team that is gone")) for one in ids])


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate."""

    name: str
    is_chosen: bool
    may: bool
    words: str  # what was compared, or why not
    load: str  # how full they were on the ticket's channel


def called() -> Called:
    """The names of everybody and everything that a decision may speak of; three queries, whatever it says."""
    return Called(
        {row.id: row.name for row in db.session.execute(select(Agent.id, Agent.name))},
        {row.id: row.name for row in db.session.execute(select(Skill.id, Skill.name))},
        {row.id: row.name for row in db.session.execute(select(Team.id, Team.name))},
    )


def lines(
    considered: Sequence[Considered], strategy: str, chosen: int | None, names: Called, now: datetime
) -> list[Line]:
    """The candidates in the order in which they came, each with what was compared or why not."""
    return [
        Line(
            names.agent(one["agent_id"]),
            chosen is not None and one["agent_id"] == chosen,
            one["why_not"] is None,
            barred(one, names) if one["why_not"] is not None else measure(one, strategy, now),
            held(one),
        )
        for one in considered
    ]


def held(one: Considered) -> str:
    """How much of what they take they had then; nothing where a decision of long ago did not keep it."""
    if "load" not in one:
        return ""
    return _("%(load)s of %(most)s", load=tickets(one["load"]), most=one["most"])


def barred(one: Considered, names: Called) -> str:
    """Why somebody could not be given it."""
    code = str(one["why_not"])
    if code == "lacks_skills":
        return _("lacks %(skills)s", skills=names.listed_skills(one["missing"]))
    if code in ("team_closed", "team_later") and one["team_id"] is not None:
        team = names.listed_teams([one["team_id"]])
        return _("%(team)s is closed", team=team) if code == "team_closed" else _("%(team)s is asked later", team=team)
    return {
        "left": _("no longer works here"),
        "not_in_team": _("in no team that serves the queue"),
        "team_closed": _("their team is closed"),
        "team_later": _("their team is asked later"),
        "offline": _("not working"),
        "away": _("away for a while"),
        "not_heard": _("said to be here, but their browser is silent"),
        "full": _("full: as much as they take"),
        "skipped": _("passed it on a while ago"),
    }.get(code, code)


def measure(one: Considered, strategy: str, now: datetime) -> str:
    """The number by which the queue's strategy compares."""
    if strategy == "fewest_open":
        return _("weighs %(burden)s", burden=tickets(one["burden"]))
    if strategy == "most_spare":
        return _("%(spare)s %% free", spare=format_decimal(one["spare_percent"]))
    last = one["last_assigned_at"]
    if last is None:
        return _("never got one yet")
    return _("got the last one %(when)s", when=formatting.moment(datetime.fromisoformat(last), now))


def tickets(hundredths: int) -> str:
    """A load in tickets: "7", "1.4"."""
    return str(format_decimal(round(hundredths / WHOLE, 1)))


def reason(code: str) -> str:
    """Why the one who got it did, after "because"."""
    return {
        "round_robin": _("of all who could take it nobody had waited longer for a ticket"),
        "fewest_open": _("of all who could take it nobody had less work open"),
        "most_spare": _("of all who could take it nobody had more room left"),
        "only_one": _("nobody else could take it"),
        "knows_customer": _("they had the customer's last ticket, too"),
        "had_it_before": _("it was theirs before it was opened again"),
        "keeps_work": _("it was theirs, and they keep their work while they are gone"),
        "all_asked": _("in this queue agents choose themselves, so it rang for all who could take it"),
        "handed_over": _("a colleague handed the chat over to them"),
        "asked_for_next": _("they asked for the next ticket, and of all that they may take this had least time left"),
    }.get(code, code)
