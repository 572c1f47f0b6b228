"""Coming back to a customer who was not content: it is somebody's, it is due, and it ends with an outcome."""

from datetime import datetime, timedelta

from sqlalchemy import Select, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import supervisors_of
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.survey import Survey
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import sees

LONGEST_OUTCOME = 2000


def open_if_low(
    answer: SurveyAnswer, invitation: SurveyInvitation, survey: Survey, ticket: Ticket, at: datetime
) -> FollowUp | None:
    """Make a low score somebody's work, under the ticket's lock; None for a good score, or when it is already."""
    if answer.score > survey.low_score or _of(answer.id) is not None:
        return None
    owner_id = _owner(invitation, survey)
    made = FollowUp(
        answer_id=answer.id,
        ticket_id=ticket.id,
        owner_id=owner_id,
        due_at=at + timedelta(days=survey.follow_up_days),
        created_at=at,
    )
    db.session.add(made)
    db.session.flush()
    timeline.record(
        ticket,
        "follow_up_opened",
        SYSTEM,
        at,
        {
            "follow_up_id": made.id,
            "answer_id": answer.id,
            "score": answer.score,
            "owner_id": owner_id,
            "team_id": invitation.team_id,
        },
    )
    return made


def finish(follow_up: FollowUp, outcome: str, by: Agent, at: datetime) -> FollowUp:
    """Say what came of it; raises Invalid without an outcome, Conflict when somebody has said so already."""
    ticket = lock_one(follow_up.ticket_id)
    db.session.refresh(follow_up)
    words = outcome.replace("\r\n", "\n").strip()
    if not words:
        raise Invalid("Say what came of it.", "outcome")
    if len(words) > LONGEST_OUTCOME:
        raise Invalid(f"This is too long: at most {LONGEST_OUTCOME:,} letters fit.", "outcome")
    if follow_up.done_at is not None:
        raise Conflict("This follow-up is done already.")
    follow_up.outcome, follow_up.done_at, follow_up.done_by_id = words, at, by.id
    timeline.record(ticket, "follow_up_done", by.actor, at, {"follow_up_id": follow_up.id})
    return follow_up


def waiting_for(agent: Agent) -> Select[FollowUp]:
    """The follow-ups that are not done, of tickets the agent may see; what is due first comes first."""
    return (
        select(FollowUp)
        .join(Ticket, Ticket.id == FollowUp.ticket_id)
        .where(FollowUp.done_at.is_(None), sees(agent))
        .order_by(FollowUp.due_at, FollowUp.id)
    )


def _of(answer_id: int) -> FollowUp | None:
    return db.session.scalar(select(FollowUp).where(FollowUp.answer_id == answer_id))


def _owner(invitation: SurveyInvitation, survey: Survey) -> int | None:
    """Whoever the settings name and who still works here; else the team's supervisor."""
    if survey.follow_up_owner == "agent" and invitation.agent_id is not None:
        agent = db.session.get_one(Agent, invitation.agent_id)
        if agent.is_active:
            return agent.id
    found = supervisors_of(invitation.team_id) if invitation.team_id is not None else []
    return found[0] if found else None
