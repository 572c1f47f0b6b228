"""A ticket was solved: when its customer will be asked, and what takes that back."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from ticketdesk.core import outbox
from ticketdesk.core.db import db
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.survey import survey_of
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

TASK = "survey.decide"


def plan(event: Event) -> None:
    """Listener of now: a solution sets the delay going, opening again cancels it; closing what is solved does neither.

    Whether anybody is asked is decided at the end of the delay (`surveys.dispatching`).
    """
    was, becomes = event.data["from_category"] in DONE, event.data["to_category"] in DONE
    if was and not becomes:
        _cancel(event.ticket_id, event.at)
    elif becomes and not was:
        _begin(event)


def _begin(event: Event) -> None:
    ticket = db.session.get_one(Ticket, event.ticket_id)
    with db.session.no_autoflush:  # what is being changed is the ticket
        survey = survey_of(ticket.brand_id)
        if survey is None or not survey.enabled:
            return
        before = db.session.execute(_BEFORE, {"survey_id": survey.id, "ticket_id": ticket.id}).scalar_one()
    invitation = SurveyInvitation(
        survey_id=survey.id,
        ticket_id=ticket.id,
        cycle=before + 1,
        kind=survey.kind,
        solved_at=event.at,
        solved_by=event.actor_kind,
        due_at=event.at + timedelta(minutes=survey.delay_minutes),
        state="waiting",
    )
    db.session.add(invitation)
    db.session.flush()
    outbox.add(TASK, {"invitation_id": invitation.id}, due_at=invitation.due_at, once=f"survey:{invitation.id}")


_BEFORE = select(func.count()).where(
    SurveyInvitation.survey_id == bindparam("survey_id"), SurveyInvitation.ticket_id == bindparam("ticket_id")
)


def _cancel(ticket_id: int, at: datetime) -> None:
    waiting = select(SurveyInvitation).where(
        SurveyInvitation.ticket_id == ticket_id, SurveyInvitation.state == "waiting"
    )
    for invitation in db.session.scalars(waiting):
        invitation.state, invitation.reason, invitation.decided_at = "cancelled", "reopened", at
