"""What a notice says: what happened, and why this agent is told of it."""

from collections.abc import Callable, Mapping
from typing import Any

from ticketdesk.web.texts import _

Says = Callable[[str | None, Mapping[str, Any]], str]
"""The words for who did it, where that was a person, and what the event says."""


def happened(kind: str, reason: str, who: str | None, said: Mapping[str, Any]) -> tuple[str, str]:
    """The icon and the words for an event."""
    if kind == "note_added" and reason == "mentioned":
        return "at", _("%(who)s named you in a note", who=who or _("A colleague"))
    icon, says = _HAPPENED[kind]
    return icon, says(who, said)


def why(reason: str) -> str:
    """Why an agent is told, in a few words."""
    return _WHY[reason]()


def _by(with_name: Callable[[str], str], without: Callable[[], str]) -> Says:
    return lambda who, said: with_name(who) if who else without()


def _only(words: Callable[[], str]) -> Says:
    return lambda who, said: words()


def _clock(said: Mapping[str, Any]) -> str:
    names = {
        "first_response": _("First answer"),
        "next_response": _("Next answer"),
        "resolution": _("Solution"),
    }
    return names.get(str(said.get("metric")), _("A deadline"))


_HAPPENED: Mapping[str, tuple[str, Says]] = {
    "assigned": (
        "user",
        _by(lambda who: _("%(who)s gave you the ticket", who=who), lambda: _("The ticket was given to you")),
    ),
    "note_added": (
        "lock",
        _by(lambda who: _("%(who)s wrote a note", who=who), lambda: _("A note was written")),
    ),
    "message_received": (
        "reply",
        _by(lambda who: _("%(who)s wrote", who=who), lambda: _("The customer wrote")),
    ),
    "message_accepted": ("reply", _only(lambda: _("A message that was held was accepted"))),
    "chat_offered": (
        "chat",
        _by(lambda who: _("%(who)s wants to hand a chat over to you", who=who), lambda: _("A chat is offered to you")),
    ),
    "chat_passed_on": ("chat", _only(lambda: _("The chat that you handed over came back"))),
    "chat_invited": (
        "chat",
        _by(lambda who: _("%(who)s asks you into a chat", who=who), lambda: _("You are asked into a chat")),
    ),
    "sla_warned": ("soon", lambda who, said: _("%(clock)s is due soon", clock=_clock(said))),
    "sla_breached": ("late", lambda who, said: _("%(clock)s is late", clock=_clock(said))),
    "escalated": ("bolt", lambda who, said: _("%(clock)s was escalated", clock=_clock(said))),
    "reply_failed": ("warn", _only(lambda: _("A reply could not be delivered"))),
    "reply_bounced": ("bounce", _only(lambda: _("A reply came back"))),
    "reply_handed_back": ("undo", _only(lambda: _("A reply for later was not sent"))),
    "mail_failed": ("warn", _only(lambda: _("A mail to the visitor could not be delivered"))),
    "side_received": ("reply", _only(lambda: _("Somebody outside answered"))),
    "side_accepted": ("reply", _only(lambda: _("An answer from outside was accepted"))),
    "side_failed": ("warn", _only(lambda: _("A mail to somebody outside was not delivered"))),
    "woken": ("snooze", _only(lambda: _("Back from snooze"))),
    "follow_up_opened": ("star", _only(lambda: _("The customer is not content"))),
}

_WHY: Mapping[str, Callable[[], str]] = {
    "assignee": lambda: _("Your ticket"),
    "follower": lambda: _("You follow"),
    "mentioned": lambda: _("You are mentioned"),
    "author": lambda: _("You wrote it"),
    "asker": lambda: _("You asked"),
    "addressee": lambda: _("It was for you"),
    "team": lambda: _("Your queue, unassigned"),
    "member": lambda: _("Your team’s queue"),
    "owner": lambda: _("Yours to follow up"),
    "supervisor": lambda: _("You answer for the team"),
    "administrator": lambda: _("You administer the desk"),
    "named": lambda: _("An escalation names you"),
    "invited": lambda: _("You are asked"),
    "offered": lambda: _("You are asked"),
    "came_back": lambda: _("It was yours"),
    "snoozer": lambda: _("You put it away"),
}
