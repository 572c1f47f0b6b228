"""Clocks, escalations and promises of a ticket."""

from datetime import datetime

from ticketdesk.web import formatting
from ticketdesk.web.desk import due, promised, steps
from ticketdesk.web.desk.names import Names
from ticketdesk.web.desk.sentences.sentence import Data, Sentence
from ticketdesk.web.texts import _


def _warned(data: Data, who: str, names: Names) -> str:
    return _("%(metric)s is due soon", metric=due.metric(data.get("metric", "")))


def _breached(data: Data, who: str, names: Names) -> str:
    return _("%(metric)s was missed", metric=due.metric(data.get("metric", "")))


def _time_promised(data: Data, who: str, names: Names) -> str:
    return _("Promised %(place)s for %(when)s", place=promised.place(data["in"]), when=_at(data["for"]))


def _time_moved(data: Data, who: str, names: Names) -> str:
    times = {"was": _at(data["from"], data["to"]), "becomes": _at(data["to"])}
    if data["told"]:
        return _("The customer was told: by %(becomes)s, not %(was)s", **times)
    return _("Promised for %(becomes)s now, not %(was)s: %(why)s", why=promised.cause(data["why"]), **times)


def _promise_kept(data: Data, who: str, names: Names) -> str:
    return _("The promise was kept, %(span)s before its time", span=formatting.duration(data["early_s"]))


def _promise_broken(data: Data, who: str, names: Names) -> str:
    return _("The promised time passed without an answer")


def _promise_ended(data: Data, who: str, names: Names) -> str:
    return _("The promise ended: %(why)s", why=promised.ending(data["why"]))


def _promise_reopened(data: Data, who: str, names: Names) -> str:
    return _("The promise holds again")


def _at(time: str, beside: str | None = None) -> str:
    """A promised time, without its day where another time of that day stands beside it."""
    at = datetime.fromisoformat(time)
    return promised.time(at, None if beside is None else datetime.fromisoformat(beside))


def _escalated(data: Data, who: str, names: Names) -> str:
    moment = steps.moment(data.get("metric", ""), data.get("offset_s", 0))
    people = ", ".join(names.agent(agent_id) for agent_id in data.get("agents", []))
    said = _("%(moment)s: %(people)s told", moment=moment, people=people) if people else moment
    return _("%(said)s; a change was refused", said=said) if data.get("refused") else said


SENTENCES: dict[str, tuple[str, Sentence]] = {
    "sla_warned": ("soon", _warned),
    "sla_breached": ("late", _breached),
    "escalated": ("bell", _escalated),
    "promise_made": ("clock", _time_promised),
    "promise_moved": ("clock", _time_moved),
    "promise_kept": ("check", _promise_kept),
    "promise_broken": ("late", _promise_broken),
    "promise_ended": ("x", _promise_ended),
    "promise_reopened": ("undo", _promise_reopened),
}
