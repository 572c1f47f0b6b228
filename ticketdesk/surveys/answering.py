"""A customer answers, once; for a day they may change their mind, and what they said before is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.core import links
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.surveys import following_up
from ticketdesk.surveys.answer import SurveyAnswer, SurveyAnswerEdit
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.sending import LINK
from ticketdesk.surveys.survey import SCALES, Survey
from ticketdesk.tickets import chain, timeline
from ticketdesk.tickets.ticket import Ticket

OPEN_FOR = timedelta(days=30)
"""How long the link in the mail opens the page."""
CHANGEABLE_FOR = timedelta(hours=24)
LONGEST_COMMENT = 4000


@dataclass(frozen=True, slots=True)
class Invited:
    """What a link opens: the question, and the answer if there is one already."""

    invitation: SurveyInvitation
    survey: Survey
    ticket: Ticket
    answer: SurveyAnswer | None

    def may_change(self, now: datetime) -> bool:
        """Whether an answer would be taken at this moment."""
        return self.answer is None or now < self.answer.answered_at + CHANGEABLE_FOR


def invited(token: str, now: datetime) -> Invited | None:
    """Where a token leads; None alike for a made-up one, one that has expired and one that was taken back."""
    invitation = behind(token)
    if invitation is None or invitation.sent_at is None or now >= invitation.sent_at + OPEN_FOR:
        return None
    ticket = chain.end(invitation.ticket_id)
    if ticket is None or ticket.trashed_at is not None or ticket.spam_at is not None:
        return None
    survey = db.session.get_one(Survey, invitation.survey_id)
    return Invited(invitation, survey, ticket, _answer_to(invitation.id))


def behind(token: str) -> SurveyInvitation | None:
    """The survey that a link was mailed with, unless it was taken back; whether it still takes an answer or not."""
    row_id = links.read(LINK, token)
    invitation = db.session.get(SurveyInvitation, row_id) if row_id is not None else None
    if invitation is None or invitation.sent_at is None or invitation.revoked_at is not None:
        return None
    return invitation


def answer(invitation_id: int, score: int, comment: str, at: datetime, wording: Json | None = None) -> SurveyAnswer:
    """Keep what a customer says; the same again changes nothing, something else within a day replaces it.

    `wording` is what they read when that was not the survey's own words, but a translation.
    Raises Invalid for a score that is not on the scale, Conflict for a change that comes too late, NotFound for an
    invitation that was never sent.
    """
    invitation = db.session.get(SurveyInvitation, invitation_id)
    if invitation is None or invitation.sent_at is None:
        raise NotFound("There is no such survey.")
    ticket = chain.locked_end(invitation.ticket_id)
    if ticket is None:
        raise NotFound("There is no such survey.")
    survey = db.session.get_one(Survey, invitation.survey_id)
    if score not in SCALES[survey.kind]:
        raise Invalid("Choose one of the answers.", "score")
    words = comment.replace("\r\n", "\n").strip()
    if len(words) > LONGEST_COMMENT:
        raise Invalid(f"This is too long: at most {LONGEST_COMMENT:,} letters fit.", "comment")
    found = _answer_to(invitation.id)
    if found is None:
        return _first(invitation, survey, ticket, score, words, at, wording)
    if (found.score, found.comment) != (score, words):
        _change(found, invitation, survey, ticket, score, words, at)
    return found


def _first(
    invitation: SurveyInvitation,
    survey: Survey,
    ticket: Ticket,
    score: int,
    comment: str,
    at: datetime,
    wording: Json | None,
) -> SurveyAnswer:
    made = SurveyAnswer(
        invitation_id=invitation.id,
        kind=survey.kind,
        score=score,
        comment=comment,
        wording=wording or {"question": survey.question, "words": survey.words},
        direction=survey.direction,
        answered_at=at,
    )
    invitation.state = "answered"
    db.session.add(made)
    db.session.flush()
    timeline.record(ticket, "survey_answered", _by(invitation), at, _told(made))
    following_up.open_if_low(made, invitation, survey, ticket, at)
    return made


def _change(
    found: SurveyAnswer,
    invitation: SurveyInvitation,
    survey: Survey,
    ticket: Ticket,
    score: int,
    comment: str,
    at: datetime,
) -> None:
    if at >= found.answered_at + CHANGEABLE_FOR:
        raise Conflict("Your answer can be changed for a day. Write to us if there is more to say.")
    db.session.add(SurveyAnswerEdit(answer_id=found.id, score=found.score, comment=found.comment, replaced_at=at))
    found.score, found.comment, found.edited_at = score, comment, at
    timeline.record(ticket, "survey_changed", _by(invitation), at, _told(found))
    following_up.open_if_low(found, invitation, survey, ticket, at)


def _answer_to(invitation_id: int) -> SurveyAnswer | None:
    return db.session.scalar(
        select(SurveyAnswer)
        .where(SurveyAnswer.invitation_id == invitation_id)
        .execution_options(populate_existing=True)
    )


def _by(invitation: SurveyInvitation) -> Actor:
    return Actor("contact", invitation.identity_id)


def _told(made: SurveyAnswer) -> dict[str, object]:
    return {"invitation_id": made.invitation_id, "answer_id": made.id, "kind": made.kind, "score": made.score}
