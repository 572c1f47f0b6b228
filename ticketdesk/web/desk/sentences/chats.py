"""How a chat was offered, taken and left, and how it went on by mail."""

from ticketdesk.web import formatting
from ticketdesk.web.desk.names import Names
from ticketdesk.web.desk.sentences.sentence import Data, Sentence
from ticketdesk.web.texts import _, ngettext

MOST_NAMED = 3
"""Agents that are told by name."""


def _mailed(data: Data, who: str, names: Names) -> str:
    return _("Not read in the chat, so it went by mail")


def _transcript(data: Data, who: str, names: Names) -> str:
    if data.get("is_whole"):
        return _("The visitor had the chat sent to their address")
    return _("The visitor had the answers of the chat sent to their address")


def _recognised(data: Data, who: str, names: Names) -> str:
    return _("The site says who the visitor is")


def _medium(data: Data, who: str, names: Names) -> str:
    if data.get("to") == "chat":
        return _("The visitor is in the chat again")
    if data.get("why") is not None:
        return _("It is answered like a letter from now on")
    return _("The visitor has left; the talk goes on by mail")


def _offered(data: Data, who: str, names: Names) -> str:
    whom = _listed(data.get("agents", []), names)
    if data.get("from") is not None:
        return _("%(who)s asked %(whom)s to take the chat over", who=who, whom=whom)
    return _("The chat rings for %(whom)s", whom=whom)


def _taken(data: Data, who: str, names: Names) -> str:
    if data.get("from") is not None:
        return _("%(who)s took the chat over from %(whose)s", who=who, whose=names.agent(data["from"]))
    waited = data.get("waited_s")
    if waited is None:
        return _("%(who)s accepted the chat", who=who)
    return _("%(who)s accepted the chat after %(span)s", who=who, span=formatting.duration(waited))


def _went_past(data: Data, who: str, names: Names) -> str:
    whom = _listed(data.get("agents", []), names)
    if data.get("why") == "passed_on":
        return _("%(whom)s let the chat pass on", whom=whom)
    return _("%(whom)s did not answer the ring", whom=whom)


def _invited(data: Data, who: str, names: Names) -> str:
    return _("%(who)s asked %(whom)s to join the chat", who=who, whom=names.agent(data.get("agent_id")))


def _unaccepted(data: Data, who: str, names: Names) -> str:
    why = data.get("why")
    if why == "laid_aside":
        return _("%(who)s let the chat wait as a ticket", who=who)
    if why == "nobody_there":
        return _("Nobody was there for the chat: it waits as a ticket")
    return _("Nobody accepted the chat in time: it waits as a ticket")


def _listed(agent_ids: list[int], names: Names) -> str:
    """Few by name, many by number."""
    if len(agent_ids) > MOST_NAMED:
        return ngettext("one agent", "%(num)s agents", len(agent_ids))
    return ", ".join(names.agent(agent_id) for agent_id in agent_ids)


SENTENCES: dict[str, tuple[str, Sentence]] = {
    "chat_offered": ("bell", _offered),
    "chat_accepted": ("chat", _taken),
    "chat_passed_on": ("skip", _went_past),
    "chat_invited": ("users", _invited),
    "chat_unanswered": ("clock", _unaccepted),
    "mailed_unread": ("mail", _mailed),
    "transcript_mailed": ("mail", _transcript),
    "visitor_recognised": ("user", _recognised),
    "medium_changed": ("chat", _medium),
}
