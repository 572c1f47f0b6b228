"""What happened to a ticket, one short sentence per event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketdesk.tickets.timeline import Event
from ticketdesk.web import formatting
from ticketdesk.web.desk import due, promised, steps
from ticketdesk.web.desk.names import Names
from ticketdesk.web.desk.satisfaction import not_asked
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Happening:
    """One event in words."""

    seq: int
    at: datetime
    icon: str
    words: str
    source: int | None = None  # the number of a ticket that was merged into this one


def tell(event: Event, names: Names) -> Happening:
    """The sentence for an event; its kind must be one of KINDS."""
    icon, sentence = _SENTENCES[event.kind]
    words = sentence(event.data, _who(event, names), names)
    source = event.data["source"] if event.kind == "merged_from" else None
    return Happening(event.seq, event.at, icon, words, source)


def priority(name: str) -> str:
    """The name of a priority."""
    names = {"low": _("Low"), "normal": _("Normal"), "high": _("High"), "urgent": _("Urgent")}
    return names.get(name, name)


def _who(event: Event, names: Names) -> str:
    if event.actor_kind == "agent":
        return names.agent(event.actor_id)
    if event.actor_kind == "contact":
        return _("The customer")
    return _("TicketDesk")


Data = dict[str, Any]
Sentence = Callable[[Data, str, Names], str]


def _opened(data: Data, who: str, names: Names) -> str:
    queue = names.queue(data.get("queue_id"))
    if data.get("by_agent"):
        return _("%(who)s opened the ticket in %(queue)s", who=who, queue=queue)
    return _("Opened in %(queue)s", queue=queue)


def _assigned(data: Data, who: str, names: Names) -> str:
    if data.get("to") is None:
        return _("%(who)s gave it back to the queue", who=who)
    whom = names.agent(data["to"])
    if whom == who:
        return _("%(who)s took it", who=who)
    return _("%(who)s assigned it to %(whom)s", who=who, whom=whom)


def _released(data: Data, who: str, names: Names) -> str:
    whom = names.agent(data.get("from"))
    if data.get("why") in ("offline", "not_heard"):
        return _("Back in the queue, because %(whom)s is gone", whom=whom)
    return _("Back in the queue, because %(whom)s cannot take it now", whom=whom)


def _skills(data: Data, who: str, names: Names) -> str:
    return _("%(who)s changed which skills it asks for", who=who)


def _status(data: Data, who: str, names: Names) -> str:
    was, becomes = data.get("from_category"), data.get("to_category")
    if becomes == "solved":
        return _("%(who)s solved it", who=who)
    if becomes == "closed":
        return _("%(who)s closed it", who=who)
    if was == "solved":
        return _("%(who)s reopened it", who=who)
    return _("%(who)s set the status to %(status)s", who=who, status=names.status(data.get("to")))


def _priority(data: Data, who: str, names: Names) -> str:
    return _("%(who)s set the priority to %(priority)s", who=who, priority=priority(data.get("to", "")))


def _queue(data: Data, who: str, names: Names) -> str:
    return _("%(who)s moved it to %(queue)s", who=who, queue=names.queue(data.get("to")))


def _tagged(data: Data, who: str, names: Names) -> str:
    return _("%(who)s changed the tags", who=who)


def _followed(data: Data, who: str, names: Names) -> str:
    return _("%(whom)s follows it", whom=names.agent(data.get("agent_id")))


def _unfollowed(data: Data, who: str, names: Names) -> str:
    return _("%(whom)s no longer follows it", whom=names.agent(data.get("agent_id")))


def _failed(data: Data, who: str, names: Names) -> str:
    return _("A reply could not be delivered")


def _bounced(data: Data, who: str, names: Names) -> str:
    return _("A reply came back")


def _mailed(data: Data, who: str, names: Names) -> str:
    return _("Not read in the chat, so it went by mail")


def _medium(data: Data, who: str, names: Names) -> str:
    if data.get("to") == "chat":
        return _("The visitor is in the chat again")
    return _("The visitor has left; the talk goes on by mail")


def _repeated(data: Data, who: str, names: Names) -> str:
    return _("%(who)s sent a reply again", who=who)


def _redacted(data: Data, who: str, names: Names) -> str:
    return _("%(who)s took the words of a message out", who=who)


def _accepted(data: Data, who: str, names: Names) -> str:
    return _("%(who)s let the sender of a held message take part", who=who)


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


def _spam(data: Data, who: str, names: Names) -> str:
    return _("%(who)s marked it as spam", who=who)


def _no_spam(data: Data, who: str, names: Names) -> str:
    return _("%(who)s said that it is no spam", who=who)


def _trashed(data: Data, who: str, names: Names) -> str:
    return _("%(who)s put it into the trash", who=who)


def _restored(data: Data, who: str, names: Names) -> str:
    return _("%(who)s took it out of the trash", who=who)


def _merged_into(data: Data, who: str, names: Names) -> str:
    return _("%(who)s merged it into #%(number)s", who=who, number=data.get("survivor"))


def _merged_from(data: Data, who: str, names: Names) -> str:
    return _("%(who)s merged #%(number)s into this ticket", who=who, number=data.get("source"))


def _merge_undone(data: Data, who: str, names: Names) -> str:
    other = data.get("survivor") or data.get("source")
    return _("%(who)s separated it from #%(number)s again", who=who, number=other)


def _not_asked(data: Data, who: str, names: Names) -> str:
    return _("The customer was not asked how content they are: %(reason)s", reason=not_asked(data.get("reason", "")))


def _scored(data: Data, who: str, names: Names) -> str:
    return _("The customer answered the survey: %(score)s", score=data.get("score"))


def _scored_anew(data: Data, who: str, names: Names) -> str:
    return _("The customer changed the answer to the survey: %(score)s", score=data.get("score"))


def _to_follow_up(data: Data, who: str, names: Names) -> str:
    if data.get("owner_id") is None:
        return _("Somebody is to come back to the customer")
    return _("%(whom)s is to come back to the customer", whom=names.agent(data["owner_id"]))


def _followed_up(data: Data, who: str, names: Names) -> str:
    return _("%(who)s came back to the customer", who=who)


_SENTENCES: dict[str, tuple[str, Sentence]] = {
    "ticket_opened": ("inbox", _opened),
    "assigned": ("user", _assigned),
    "released": ("undo", _released),
    "skills_required": ("tag", _skills),
    "status_changed": ("queue", _status),
    "priority_changed": ("flag", _priority),
    "queue_changed": ("queue", _queue),
    "tagged": ("tag", _tagged),
    "followed": ("eye", _followed),
    "unfollowed": ("eye", _unfollowed),
    "reply_failed": ("bounce", _failed),
    "reply_bounced": ("bounce", _bounced),
    "mailed_unread": ("mail", _mailed),
    "medium_changed": ("chat", _medium),
    "reply_repeated": ("undo", _repeated),
    "message_redacted": ("lock", _redacted),
    "message_accepted": ("check", _accepted),
    "sla_warned": ("soon", _warned),
    "sla_breached": ("late", _breached),
    "escalated": ("bell", _escalated),
    "promise_made": ("clock", _time_promised),
    "promise_moved": ("clock", _time_moved),
    "promise_kept": ("check", _promise_kept),
    "promise_broken": ("late", _promise_broken),
    "promise_ended": ("x", _promise_ended),
    "promise_reopened": ("undo", _promise_reopened),
    "marked_spam": ("mute", _spam),
    "unmarked_spam": ("undo", _no_spam),
    "trashed": ("x", _trashed),
    "restored": ("undo", _restored),
    "merged_into": ("merge", _merged_into),
    "merged_from": ("merge", _merged_from),
    "merge_undone": ("split", _merge_undone),
    "survey_skipped": ("star", _not_asked),
    "survey_answered": ("star", _scored),
    "survey_changed": ("star", _scored_anew),
    "follow_up_opened": ("flag", _to_follow_up),
    "follow_up_done": ("check", _followed_up),
}

KINDS = frozenset(_SENTENCES)
"""The events that are told; messages speak for themselves."""

MERGES = ("merged_into", "merged_from", "merge_undone")
"""Those that let letters come or go in between."""
