"""What became of messages."""

from datetime import datetime

from ticketdesk.web import formatting
from ticketdesk.web.desk.names import Names
from ticketdesk.web.desk.sentences.sentence import Data, Sentence
from ticketdesk.web.texts import _


def _failed(data: Data, who: str, names: Names) -> str:
    return _("A reply could not be delivered")


def _bounced(data: Data, who: str, names: Names) -> str:
    return _("A reply came back")


def _lost(data: Data, who: str, names: Names) -> str:
    if data.get("agent_id") is not None:
        return _("%(whom)s could not be told by mail which orders were not done", whom=names.agent(data["agent_id"]))
    return _("The chat could not be sent to the visitor's address")


def _repeated(data: Data, who: str, names: Names) -> str:
    return _("%(who)s sent a reply again", who=who)


def _withdrawn(data: Data, who: str, names: Names) -> str:
    return _("%(who)s took a reply back", who=who)


def _redacted(data: Data, who: str, names: Names) -> str:
    return _("%(who)s took the words of a message out", who=who)


def _accepted(data: Data, who: str, names: Names) -> str:
    return _("%(who)s let the sender of a held message take part", who=who)


def _for_later(data: Data, who: str, names: Names) -> str:
    when = formatting.ahead(datetime.fromisoformat(data["due_at"]))
    return _("%(who)s wrote a reply that goes out %(when)s", who=who, when=when)


def _no_longer(data: Data, who: str, names: Names) -> str:
    if data.get("why") == "taken_over":
        return _("%(who)s took over a reply that could not go out", who=who)
    if data.get("why") == "edited":
        return _("%(who)s took a reply for later back", who=who)
    return _("%(who)s threw away a reply for later", who=who)


def _handed_back(data: Data, who: str, names: Names) -> str:
    why = not_sent(data["why"], who)
    if data.get("stranded"):
        return _("A reply for later did not go out: %(why)s", why=why)
    return _("A reply for later is %(whom)s’s draft again: %(why)s", whom=names.agent(data["agent_id"]), why=why)


def not_sent(why: str | None, who: str = "") -> str:
    """Why a reply for later was not sent."""
    reasons = {
        "customer_wrote": _("the customer wrote first"),
        "merged": _("tickets were merged"),
        "split": _("messages were split off"),
        "closed": _("the ticket was closed"),
        "put_away": _("the ticket was put away"),
        "stopped": _("%(who)s stopped it", who=who),
        "author_gone": _("its author no longer works here"),
        "no_right": _("its author may no longer answer here"),
    }
    return reasons.get(why or "", _("it could not be sent"))


def _asked_outside(data: Data, who: str, names: Names) -> str:
    return _("%(who)s asked somebody outside", who=who)


def _answered_outside(data: Data, who: str, names: Names) -> str:
    if data.get("held"):
        return _("Somebody who was not asked wrote into a side conversation; it is held")
    return _("A machine answered in a side conversation") if data.get("inert") else _("Somebody outside answered")


def _outside_let_in(data: Data, who: str, names: Names) -> str:
    return _("%(who)s accepted an answer in a side conversation", who=who)


def _outside_refused(data: Data, who: str, names: Names) -> str:
    return _("%(who)s refused held mail in a side conversation", who=who)


def _not_asked(data: Data, who: str, names: Names) -> str:
    return _("%(who)s took a mail to somebody outside back", who=who)


def _outside_failed(data: Data, who: str, names: Names) -> str:
    return _("A mail to somebody outside was not delivered")


def _outside_again(data: Data, who: str, names: Names) -> str:
    return _("%(who)s sent a mail to somebody outside again", who=who)


def _outside_done(data: Data, who: str, names: Names) -> str:
    return _("%(who)s marked a side conversation as done", who=who)


def _outside_open(data: Data, who: str, names: Names) -> str:
    return _("%(who)s opened a side conversation again", who=who)


SENTENCES: dict[str, tuple[str, Sentence]] = {
    "reply_failed": ("bounce", _failed),
    "reply_bounced": ("bounce", _bounced),
    "mail_failed": ("bounce", _lost),
    "reply_repeated": ("undo", _repeated),
    "reply_withdrawn": ("undo", _withdrawn),
    "reply_kept_for_later": ("clock", _for_later),
    "later_reply_cancelled": ("x", _no_longer),
    "reply_handed_back": ("undo", _handed_back),
    "message_redacted": ("lock", _redacted),
    "message_accepted": ("check", _accepted),
    "side_begun": ("mail", _asked_outside),
    "side_sent": ("mail", _asked_outside),
    "side_received": ("reply", _answered_outside),
    "side_accepted": ("check", _outside_let_in),
    "side_refused": ("x", _outside_refused),
    "side_withdrawn": ("undo", _not_asked),
    "side_failed": ("bounce", _outside_failed),
    "side_repeated": ("undo", _outside_again),
    "side_done": ("check", _outside_done),
    "side_reopened": ("undo", _outside_open),
}
