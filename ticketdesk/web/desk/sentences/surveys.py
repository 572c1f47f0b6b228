"""Whether a customer was asked how content they are, and what came of it."""

from ticketdesk.web.desk.names import Names
from ticketdesk.web.desk.satisfaction import not_asked
from ticketdesk.web.desk.sentences.sentence import Data, Sentence
from ticketdesk.web.texts import _


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


SENTENCES: dict[str, tuple[str, Sentence]] = {
    "survey_skipped": ("star", _not_asked),
    "survey_answered": ("star", _scored),
    "survey_changed": ("star", _scored_anew),
    "follow_up_opened": ("flag", _to_follow_up),
    "follow_up_done": ("check", _followed_up),
}
