"""How was it, asked where the talk was: in the chat itself, when it is over.

An offer beside the talk is no mail: nobody is written to, so what speaks against a mail only (no address, asked not
long ago, not drawn) does not speak against it. What is answered here is the answer to the same solution: the mail that
waits for it is not written any more, and one that was written shows this answer. It counts as having been asked, so
that ninety days pass before a mail asks the same person again (SEMANTICS 9).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import NotFound
from ticketdesk.surveys import answering, asking, rules
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.survey import Survey
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import Ticket

ABOUT_MAIL = frozenset(
    [
        "no_address",
        "own_address",
        "unanswerable",
        "undeliverable",
        "asked_lately",
        "not_drawn",
        "too_many_mails",
        "no_mailbox",
    ]
)
"""Reasons of `surveys.rules` that speak against writing to somebody, and not against asking who is there."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be answered beside a talk, and what was answered already."""

    survey: Survey
    invitation: SurveyInvitation
    identity_id: int  # who asked for help, and is asked
    answer: SurveyAnswer | None

    def may_change(self, now: datetime) -> bool:
        """Whether an answer would be taken at this moment."""
        return self.answer is None or now < self.answer.answered_at + answering.CHANGEABLE_FOR


def offered(ticket: Ticket, identity_id: int, now: datetime) -> Offer | None:
    """What the person behind an identity may be asked about a ticket at this moment; reads only.

    Only who asked for help is asked: the ticket must be theirs, and solved.
    """
    if ticket.category not in DONE or ticket.requester_id != identity_id:
        return None
    invitation = db.session.scalar(
        select(SurveyInvitation)
        .where(SurveyInvitation.ticket_id == ticket.id)
        .order_by(SurveyInvitation.cycle.desc(), SurveyInvitation.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if invitation is None or now >= invitation.solved_at + answering.OPEN_FOR:
        return None
    survey = db.session.get_one(Survey, invitation.survey_id)
    answer = db.session.scalar(select(SurveyAnswer).where(SurveyAnswer.invitation_id == invitation.id))
    if answer is None and _against(invitation, survey, ticket, now) is not None:
        return None
    return Offer(survey, invitation, identity_id, answer)


def rate(ticket_id: int, identity_id: int, score: int, comment: str, wording: Json, at: datetime) -> SurveyAnswer:
    """Keep what somebody says beside their talk; `wording` is what they read.

    Raises NotFound where nothing is offered, and what `answering.answer` raises.
    """
    ticket = lock_one(ticket_id)
    found = offered(ticket, identity_id, at)
    if found is None:
        raise NotFound("There is nothing to answer here.")
    invitation = found.invitation
    if invitation.sent_at is None:
        _take_over(invitation, ticket, identity_id, at)
    return answering.answer(invitation.id, score, comment, at, wording)


def _take_over(invitation: SurveyInvitation, ticket: Ticket, identity_id: int, at: datetime) -> None:
    """From here on it was asked: the mail that waits finds that, and whom the score is about is kept as it is now."""
    address = asking.addressee(ticket)
    person = address.id if address is not None else identity_id
    invitation.state, invitation.reason = "sent", None
    invitation.decided_at = invitation.sent_at = at
    invitation.identity_id, invitation.contact_id = person, asking.contact_of(person)
    invitation.agent_id = asking.who_answered(ticket)
    invitation.queue_id = ticket.queue_id
    invitation.team_id = db.session.get_one(Queue, ticket.queue_id).team_id
    invitation.channel = ticket.channel
    db.session.flush()


def _against(invitation: SurveyInvitation, survey: Survey, ticket: Ticket, now: datetime) -> str | None:
    """Why nobody is asked here; None when nothing speaks against it."""
    if invitation.state == "cancelled" or invitation.revoked_at is not None:
        return "reopened"
    if invitation.state == "skipped" and invitation.reason not in ABOUT_MAIL:
        return invitation.reason
    identity = asking.addressee(ticket)
    person = identity.id if identity is not None else ticket.requester_id
    known = asking.known(ticket, identity, asking.contact_of(person))
    return rules.against(
        rules.Facts(
            is_solved=True,
            is_merged=ticket.merged_into_id is not None,
            is_spam=ticket.spam_at is not None,
            is_trashed=ticket.trashed_at is not None,
            is_enabled=survey.enabled,
            solved_by=invitation.solved_by,
            customer_wrote=known.customer_wrote and not known.works_here,
            agent_answered=known.agent_answered,
            has_address=True,
            is_ours=False,
            is_answerable=True,
            is_undeliverable=False,
            opted_out=known.opted_out,
            asked_at=None,
            days_between=survey.days_between,
            is_drawn=True,
            has_room=True,
            has_mailbox=True,
        ),
        now,
    )
