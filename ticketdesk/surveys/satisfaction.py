"""What customers said of a ticket: for its side panel, in one query."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from ticketdesk.core.db import db
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.tickets.ticket import Ticket

NEWEST = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """One solution: whether its customer was asked, what they said, and what was made of it."""

    invitation: SurveyInvitation
    answer: SurveyAnswer | None
    follow_up: FollowUp | None

    @property
    def words(self) -> str:
        """The score in the words the customer read."""
        if self.answer is None:
            return ""
        words: list[str] = self.answer.wording["words"]
        lowest = 0 if self.answer.kind == "nps" else 1
        return words[self.answer.score - lowest]

    @property
    def at(self) -> datetime:
        """When the last thing happened to it."""
        if self.answer is not None:
            return self.answer.edited_at or self.answer.answered_at
        return self.invitation.decided_at or self.invitation.solved_at


def of_ticket(ticket_id: int) -> list[Asked]:
    """The newest solutions of a ticket, and of those that were merged into it, first."""
    rows = db.session.execute(
        select(SurveyInvitation, SurveyAnswer, FollowUp)
        .outerjoin(SurveyAnswer, SurveyAnswer.invitation_id == SurveyInvitation.id)
        .outerjoin(FollowUp, FollowUp.answer_id == SurveyAnswer.id)
        .where(_of(ticket_id))
        .order_by(SurveyInvitation.id.desc())
        .limit(NEWEST)
    )
    return [Asked(row[0], row[1], row[2]) for row in rows]


def was_solved() -> ColumnElement[bool]:
    """As a condition on Ticket: whether there is anything for `of_ticket` to find."""
    return exists().where(_of(Ticket.id)).correlate(Ticket)


def _of(ticket_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    merged = aliased(Ticket)
    into_it = select(merged.id).where(merged.merged_into_id == ticket_id)
    return or_(SurveyInvitation.ticket_id == ticket_id, SurveyInvitation.ticket_id.in_(into_it))
