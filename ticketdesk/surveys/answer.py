"""What a customer answered, and what they had answered before they changed it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model


class SurveyAnswer(Model):
    """The one answer to an invitation; it stays whatever becomes of the ticket."""

    __tablename__ = "survey_answers"
    __table_args__ = (Index("ix_survey_answers_answered_at", "answered_at"),)

    id: Mapped[Id]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("survey_invitations.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[str]
    score: Mapped[int]
    comment: Mapped[str] = mapped_column(default="")
    wording: Mapped[Json]  # {"question", "words"}: what the customer read
    direction: Mapped[str]
    answered_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]


class SurveyAnswerEdit(Model):
    """What an answer said until it was changed."""

    __tablename__ = "survey_answer_edits"
    __table_args__ = (Index("ix_survey_answer_edits_answer_id", "answer_id"),)

    id: Mapped[Id]
    answer_id: Mapped[int] = mapped_column(ForeignKey("survey_answers.id", ondelete="CASCADE"))
    score: Mapped[int]
    comment: Mapped[str]
    replaced_at: Mapped[datetime]
