"""The mail that asks: the question with a link for each score, and a way to be asked no more."""

from datetime import datetime

from flask import current_app
from sqlalchemy import select

from ticketdesk.channels.email import letters
from ticketdesk.channels.email.sending import hand_over
from ticketdesk.core import links
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.outbox import Claim
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.survey import SCALES, Survey
from ticketdesk.tickets.message import Message

LINK = "survey"
"""What the signature of a survey's link is good for, and nothing else."""


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: carry one survey to its customer; raises DeliveryFailed."""
    if claim.message_id is None or claim.recipient is None:
        raise DeliveryFailed("The row names no message or no recipient.", permanent=True)
    message = db.session.get_one(Message, claim.message_id)
    invitation = db.session.scalar(select(SurveyInvitation).where(SurveyInvitation.message_id == message.id))
    if message.redacted_at is not None or invitation is None or invitation.revoked_at is not None:
        return "cancelled", "The survey was taken back before it left."
    survey = db.session.get_one(Survey, invitation.survey_id)
    address = address_of(invitation.id)
    outgoing, mailbox = letters.of_message(
        message, claim.purpose or "survey", words(survey, address), f"{address}/unsubscribe"
    )
    return hand_over(claim, outgoing, mailbox, claim.recipient, now)


def address_of(invitation_id: int) -> str:
    """Where a customer answers; built from the configuration, never from a request (SECURITY R23)."""
    config: Config = current_app.extensions["ticketdesk.config"]
    return f"{config.public_url}/s/{links.signed(LINK, invitation_id)}"


def words(survey: Survey, address: str) -> dict[str, object]:
    """What the templates of this mail know beside the usual: the question, and each score with its link."""
    scores = [
        {"score": score, "words": survey.words[number], "link": f"{address}?score={score}"}
        for number, score in enumerate(SCALES[survey.kind])
    ]
    return {"question": survey.question, "scores": scores, "link": address}
