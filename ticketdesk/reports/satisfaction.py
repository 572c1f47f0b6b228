"""How content customers were: what those who answered said, and how many were asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Select, and_, cast, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.reports.measuring import Scope
from ticketdesk.reports.statistics import Share, share
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket

CONTENT = 4
"""From this score on of five a customer counts as content (SEMANTICS 9)."""
PAGE = 30
DIMENSIONS: dict[str, InstrumentedAttribute[Any]] = {
    "queue": SurveyInvitation.queue_id,
    "assignee": SurveyInvitation.agent_id,
    "channel": SurveyInvitation.channel,
}


@dataclass(frozen=True, slots=True)
class Mood:
    """Who was asked, who answered, who was content."""

    asked: int
    answered: int
    content: int

    @property
    def share(self) -> Share | None:
        """The share of the answers that are 4 or 5."""
        return share(self.content, self.answered)

    @property
    def response(self) -> Share | None:
        """The share of those asked who answered."""
        return share(self.answered, self.asked)


@dataclass(frozen=True, slots=True)
class Comment:
    """What one customer said, and what became of it when it was bad."""

    answer_id: int
    number: int
    subject: str
    score: int
    comment: str
    answered_at: datetime
    agent: str | None
    follow_up: FollowUp | None


def overall(scope: Scope) -> Mood:
    """All surveys sent within the period."""
    return Mood(*db.session.execute(_counted(scope)).one())


def own(scope: Scope) -> Mood:
    """Those about tickets that were the reader's own when the survey was sent."""
    return Mood(*db.session.execute(_counted(scope).where(SurveyInvitation.agent_id == scope.agent.id)).one())


def by_day(scope: Scope) -> dict[date, Mood]:
    """By the day on which they were sent."""
    day = cast(func.timezone(scope.period.zone, SurveyInvitation.sent_at), Date)
    found = {row[0]: Mood(*row[1:]) for row in db.session.execute(_counted(scope, day).group_by(day))}
    return {day: found.get(day, Mood(0, 0, 0)) for day in scope.period.days()}


def by(scope: Scope, dimension: str) -> dict[Any, Mood]:
    """By queue, assignee or channel as it was when the survey was sent."""
    column = DIMENSIONS[dimension]
    return {row[0]: Mood(*row[1:]) for row in db.session.execute(_counted(scope, column).group_by(column))}


def scores(scope: Scope) -> dict[int, int]:
    """How many gave which score."""
    query = _within(select(SurveyAnswer.score, func.count()), scope).where(SurveyAnswer.id.is_not(None))
    found = {row[0]: row[1] for row in db.session.execute(query.group_by(SurveyAnswer.score))}
    return {score: found.get(score, 0) for score in range(1, 6)}


def own_comments(scope: Scope) -> Sequence[Comment]:
    """The answers about tickets that were the reader's own when the survey was sent, the newest first."""
    return _commented(_comments(scope, PAGE).where(SurveyInvitation.agent_id == scope.agent.id))


def comments(scope: Scope, before: tuple[datetime, int] | None = None, limit: int = PAGE) -> Sequence[Comment]:
    """The answers, the newest first, with their words and follow-ups."""
    query = _comments(scope, limit)
    if before is not None:
        query = query.where(tuple_(SurveyAnswer.answered_at, SurveyAnswer.id) < tuple_(*before))
    return _commented(query)


def _comments(scope: Scope, limit: int) -> Select[*tuple[Any, ...]]:
    return (
        _within(
            select(
                SurveyAnswer.id,
                Ticket.number,
                Ticket.subject,
                SurveyAnswer.score,
                SurveyAnswer.comment,
                SurveyAnswer.answered_at,
                Agent.name,
                FollowUp,
            ),
            scope,
        )
        .outerjoin(Agent, Agent.id == SurveyInvitation.agent_id)
        .outerjoin(FollowUp, FollowUp.answer_id == SurveyAnswer.id)
        .where(SurveyAnswer.id.is_not(None))
        .order_by(SurveyAnswer.answered_at.desc(), SurveyAnswer.id.desc())
        .limit(limit)
    )


def _commented(query: Select[*tuple[Any, ...]]) -> Sequence[Comment]:
    return [Comment(*row) for row in db.session.execute(query)]


def _counted(scope: Scope, *key: Any) -> Select[*tuple[Any, ...]]:
    content = and_(SurveyAnswer.id.is_not(None), SurveyAnswer.score >= CONTENT)
    return _within(
        select(*key, func.count(), func.count(SurveyAnswer.id), func.count().filter(content)),
        scope,
    )


def _within(query: Select[*tuple[Any, ...]], scope: Scope) -> Select[*tuple[Any, ...]]:
    query = (
        query.select_from(SurveyInvitation)
        .join(Ticket, Ticket.id == SurveyInvitation.ticket_id)
        .outerjoin(SurveyAnswer, SurveyAnswer.invitation_id == SurveyInvitation.id)
        .where(
            SurveyInvitation.kind == "csat",
            SurveyInvitation.sent_at >= scope.period.start,
            SurveyInvitation.sent_at < scope.period.end,
            visibility.sees(scope.agent),
        )
    )
    return query if scope.queue_id is None else query.where(SurveyInvitation.queue_id == scope.queue_id)
