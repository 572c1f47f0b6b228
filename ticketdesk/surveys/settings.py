"""What a survey asks and by which rules, as an administrator sets it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.surveys.survey import SCALES, Survey, survey_of

QUESTION = "How content are you with our help?"
WORDS = ("Not at all", "Not very", "So-so", "Content", "Very content")
LONGEST_QUESTION = 200
LONGEST_WORD = 40
LONGEST_DELAY = 30 * 24 * 60
OWNERS = ("supervisor", "agent")


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that can be set."""

    question: str = QUESTION
    words: Sequence[str] = WORDS
    delay_minutes: int = 60
    percent: int = 100
    days_between: int = 90
    low_score: int = 2
    follow_up_owner: str = "supervisor"
    follow_up_days: int = 2
    enabled: bool = False


def save(brand_id: int, rules: Rules, by: Actor, at: datetime) -> Survey:
    """Let the customers of a brand be asked by these rules from now on; raises Invalid.

    What is waiting already keeps its moment; what was answered keeps the words it was asked in.
    """
    question, words = _checked(rules)
    survey = survey_of(brand_id)
    if survey is None:
        survey = Survey(brand_id=brand_id, kind="csat", question=question, words=words, created_at=at, changed_at=at)
        db.session.add(survey)
    else:
        db.session.execute(select(Survey.id).where(Survey.id == survey.id).with_for_update())
    survey.question, survey.words = question, words
    survey.delay_minutes, survey.percent, survey.days_between = rules.delay_minutes, rules.percent, rules.days_between
    survey.low_score, survey.follow_up_owner = rules.low_score, rules.follow_up_owner
    survey.follow_up_days, survey.enabled, survey.changed_at = rules.follow_up_days, rules.enabled, at
    db.session.flush()
    audit.note("survey_changed", "survey", survey.id, by, at, {"enabled": rules.enabled, "percent": rules.percent})
    return survey


def rules_of(survey: Survey | None) -> Rules:
    """How a survey is set, or what is proposed before any was."""
    if survey is None:
        return Rules()
    return Rules(
        survey.question,
        survey.words,
        survey.delay_minutes,
        survey.percent,
        survey.days_between,
        survey.low_score,
        survey.follow_up_owner,
        survey.follow_up_days,
        survey.enabled,
    )


def _checked(rules: Rules) -> tuple[str, list[str]]:
    question = " ".join(rules.question.split())
    words = [" ".join(word.split()) for word in rules.words]
    scale = SCALES["csat"]
    if not 0 < len(question) <= LONGEST_QUESTION:
        raise Invalid(f"Ask something, in at most {LONGEST_QUESTION} letters.", "question")
    if len(words) != len(scale) or any(not 0 < len(word) <= LONGEST_WORD for word in words):
        raise Invalid(f"Each score needs words of its own, at most {LONGEST_WORD} letters.", "words")
    if len({word.casefold() for word in words}) != len(words):
        raise Invalid("Two scores read the same.", "words")
    for name, value, least, most in (
        ("delay_minutes", rules.delay_minutes, 0, LONGEST_DELAY),
        ("percent", rules.percent, 1, 100),
        ("days_between", rules.days_between, 0, 3650),
        ("low_score", rules.low_score, scale[0], scale[-1] - 1),
        ("follow_up_days", rules.follow_up_days, 1, 90),
    ):
        if not least <= value <= most:
            raise Invalid(f"Choose a number from {least} to {most}.", name)
    if rules.follow_up_owner not in OWNERS:
        raise Invalid("Choose who comes back to the customer.", "follow_up_owner")
    return question, words
