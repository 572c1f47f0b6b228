"""Why a ticket is whose it is: every decision about it in order, with who came into question and why not the others."""

from dataclasses import dataclass
from datetime import datetime

from flask import render_template

from ticketdesk.routing import deciding, explaining, offering
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.explaining import Look, Why
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import candidates, formatting
from ticketdesk.web.candidates import Called, Line
from ticketdesk.web.desk import door, skips
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.texts import _, ngettext

MOST_DECISIONS = 40


@dataclass(frozen=True, slots=True)
class Told:
    """One decision in words."""

    at: datetime
    icon: str
    words: str
    more: list[str]
    lines: list[Line]
    left_out: int  # candidates that were not kept


@dataclass(frozen=True, slots=True)
class Ahead:
    """Who comes into question now, and what waiting will change."""

    lines: list[Line]
    steps: list[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """All of it, the short answer first."""

    head: str
    because: str
    told: list[Told]
    earlier: int
    ahead: Ahead | None


@blueprint.get("/tickets/<int:number>/routing")
def why_me(number: int) -> str:
    """Below the properties in the side panel, or on a page of its own."""
    ticket = door.find(number)
    template = "desk/_why_me.html" if door.by_htmx() else "desk/why_me.html"
    return render_template(template, ticket=ticket, answer=of(ticket, door.now()))


def of(ticket: Ticket, now: datetime) -> Answer:
    """The answer about one ticket, as its present state and its kept decisions have it."""
    names = candidates.called()
    found = explaining.why(ticket)
    decisions = deciding.of_ticket(ticket.id)
    head, because = _short(found, names, now)
    kept = decisions[-MOST_DECISIONS:]
    return Answer(
        head,
        because,
        [_told(one, names, now) for one in reversed(kept)],
        len(decisions) - len(kept),
        _ahead(explaining.look(ticket, now), names, now) if found.how == "waiting" else None,
    )


def _short(found: Why, names: Called, now: datetime) -> tuple[str, str]:
    who = names.agent(found.agent_id)
    when = formatting.moment(found.at, now) if found.at is not None else ""
    if found.how == "routed" and found.decision is not None:
        return _("%(who)s has it since %(when)s", who=who, when=when), _(
            "because %(why)s.", why=candidates.reason(found.decision.reason)
        )
    if found.how == "given":
        by = names.agent(found.by_id)
        return _("%(who)s has it since %(when)s", who=who, when=when), _("because %(by)s gave it to them.", by=by)
    if found.how == "taken":
        return _("%(who)s took it", who=who), f"{when}." if when else ""
    if found.how == "manual":
        return _("Nobody has it yet"), _("because in this queue agents choose themselves.")
    if found.how == "done":
        return _("Nobody has it"), _("and nobody needs to: it does not wait for us.")
    return _("Nobody has it yet"), _("because nobody could be given it so far.")


def _told(one: RoutingDecision, names: Called, now: datetime) -> Told:
    considered = one.candidates["considered"]
    lines = candidates.lines(considered, one.strategy, one.agent_id, names, now)
    more = []
    if len(one.teams) > 1 or (one.teams and one.kind == "nobody"):
        more.append(_("Asked: %(teams)s.", teams=names.listed_teams(one.teams)))
    if one.relaxed:
        more.append(_("By then it did not ask for %(skills)s any more.", skills=names.listed_skills(one.relaxed)))
    if one.kind == "nobody" and one.looks > 1:
        since = formatting.moment(one.since, now)
        more.append(_("Looked %(looks)s times since %(since)s.", looks=one.looks, since=since))
    if one.note:
        more.append(_("“%(note)s”", note=one.note))
    icon, words = _sentence(one, names, lines)
    if one.kind in ("next", "returned", "accepted"):  # nobody else was thought of
        lines = []
    return Told(one.at, icon, words, more, lines, one.candidates.get("more", 0))


def _sentence(one: RoutingDecision, names: Called, lines: list[Line]) -> tuple[str, str]:
    who, whose = names.agent(one.agent_id), names.agent(one.from_id)
    why = candidates.reason(one.reason)
    if one.kind == "nobody":
        return "clock", _("Nobody could take it")
    if one.kind == "released":
        return "undo", _("Taken back from %(whose)s: %(why)s", whose=whose, why=_gone(one, names))
    if one.kind == "skipped" and one.reason == "did_not_answer":
        return "skip", _("It rang for %(whose)s, who did not answer", whose=whose)
    if one.kind == "skipped" and one.reason in offering.WHY:
        if one.reason == "handed_over":
            return "right", _("%(whose)s handed it over", whose=whose)
        return "skip", _("%(whose)s let it go on", whose=whose)
    if one.kind == "offered":
        if one.agent_id is None:
            return "bell", _("It rang for all who could take it, because in this queue agents choose themselves")
        return "bell", _("It rang for %(who)s, because %(why)s", who=who, why=why)
    if one.kind == "accepted":
        if one.from_id is not None:
            return "chat", _("%(who)s took it over from %(whose)s", who=who, whose=whose)
        return "chat", _("%(who)s accepted it", who=who)
    if one.kind == "skipped":
        return "skip", _("%(whose)s passed it on: %(why)s", whose=whose, why=skips.words(one.reason))
    if one.kind == "returned":
        return "user", _("It stayed with %(who)s, because %(why)s", who=who, why=why)
    if one.kind == "next":
        return "right", _("%(who)s asked for the next ticket and got it", who=who)
    could = sum(1 for line in lines if line.may)
    return "user", ngettext(
        "%(who)s got it as the only one who could take it",
        "%(who)s got it of %(num)s who could take it, because %(why)s",
        could,
        who=who,
        why=why,
    )


def _gone(one: RoutingDecision, names: Called) -> str:
    if one.reason == "offline":
        return _("they stopped working")
    if one.reason == "not_heard":
        return _("their browser fell silent")
    if one.reason == "left":
        return _("they no longer work here")
    considered = one.candidates["considered"]
    return candidates.barred(considered[0], names) if considered else one.reason


def _ahead(look: Look, names: Called, now: datetime) -> Ahead:
    considered = [deciding.considered(one) for one in look.ranked]
    steps = []
    for step in look.steps:
        if step.skill_id is not None:
            words = _("%(skill)s is not asked for any more", skill=names.listed_skills([step.skill_id]))
        else:
            words = _("%(team)s is asked as well", team=names.listed_teams([step.team_id or 0]))
        steps.append((step.at, words))
    return Ahead(candidates.lines(considered, look.rules.strategy, None, names, now), steps)
