"""Customers who were not content: who comes back to them, and by when."""

from flask import render_template, request
from sqlalchemy import func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.surveys import following_up
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.survey import SCALES
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.supervisor import door
from ticketdesk.web.supervisor.door import blueprint

MOST = 200


@blueprint.get("/follow-ups")
def follow_ups() -> str:
    """What is not done yet, due first; `mine` leaves those of others out."""
    waiting = following_up.waiting_for(door.me())
    is_mine = "mine" in request.args
    if is_mine:
        waiting = waiting.where(FollowUp.owner_id == door.me().id)
    many = db.session.execute(select(func.count()).select_from(waiting.order_by(None).subquery())).scalar_one()
    rows = db.session.execute(
        waiting.add_columns(SurveyAnswer, Ticket, Agent.name)
        .join(SurveyAnswer, SurveyAnswer.id == FollowUp.answer_id)
        .outerjoin(Agent, Agent.id == FollowUp.owner_id)
        .limit(MOST)
    ).all()
    shown = [
        (task, answer, _words(answer), SCALES[answer.kind][-1], ticket, owner) for task, answer, ticket, owner in rows
    ]
    return render_template("supervisor/follow_ups.html", rows=shown, many=many, most=MOST, is_mine=is_mine)


def _words(answer: SurveyAnswer) -> str:
    words: list[str] = answer.wording["words"]
    return words[answer.score - SCALES[answer.kind][0]]
