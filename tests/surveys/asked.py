"""Surveys that were sent, as tests hold them."""

from datetime import datetime

from tests.people import World
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.surveys import settings
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket


def asked(world: World, ticket: Ticket, at: datetime, *, due_at: datetime | None = None) -> SurveyInvitation:
    """Dana was asked about a ticket; committed."""
    survey = settings.save(world.brand.id, settings.Rules(enabled=True), SYSTEM, at)
    made = SurveyInvitation(
        survey_id=survey.id,
        ticket_id=ticket.id,
        cycle=1,
        kind="csat",
        solved_at=at,
        solved_by="agent",
        due_at=due_at or at,
        state="sent",
        decided_at=at,
        sent_at=at,
        identity_id=world.dana.id,
        team_id=db.session.get_one(Queue, ticket.queue_id).team_id,
    )
    db.session.add(made)
    db.session.commit()
    return made
