"""The one place that decides whether a customer is asked, and keeps why."""

from datetime import datetime

from ticketdesk.brands.brand import Brand
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.delivery import sending_mailbox
from ticketdesk.channels.email import acknowledging, letters
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim
from ticketdesk.surveys import asking, rules
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.survey import Survey
from ticketdesk.tickets import replying, timeline
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import Ticket

PURPOSE = "survey"


def decide(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task at the end of the delay: ask, or keep the reason against it. Done again, it does nothing."""
    invitation = db.session.get_one(SurveyInvitation, claim.payload["invitation_id"])
    ticket = lock_one(invitation.ticket_id)
    db.session.refresh(invitation)
    if invitation.state != "waiting":
        return "done", invitation.reason
    survey = db.session.get_one(Survey, invitation.survey_id)
    identity = asking.addressee(ticket)
    _snapshot(invitation, ticket, identity, now)
    reason = rules.against(_facts(invitation, survey, ticket, identity, now), now)
    if identity is None or reason is not None:
        invitation.state, invitation.reason = "skipped", reason
        timeline.record(ticket, "survey_skipped", SYSTEM, now, {"invitation_id": invitation.id, "reason": reason})
    else:
        _ask(invitation, survey, ticket, identity, now)
    return "done", reason


def _snapshot(invitation: SurveyInvitation, ticket: Ticket, identity: Identity | None, now: datetime) -> None:
    """Keep whom the answer will be about, whatever becomes of the ticket later."""
    invitation.decided_at = now
    invitation.identity_id = identity.id if identity is not None else None
    invitation.contact_id = asking.contact_of(identity.id) if identity is not None else None
    invitation.agent_id = asking.who_answered(ticket)
    invitation.queue_id = ticket.queue_id
    invitation.team_id = db.session.get_one(Queue, ticket.queue_id).team_id
    invitation.channel = ticket.channel


def _facts(
    invitation: SurveyInvitation, survey: Survey, ticket: Ticket, identity: Identity | None, now: datetime
) -> rules.Facts:
    # An address that belongs to nobody known stands for itself.
    contact_id = invitation.contact_id
    if contact_id is not None:
        asking.take_turn(contact_id)
    drawn_by = contact_id if contact_id is not None else -(invitation.identity_id or 0)
    known = asking.known(ticket, identity, contact_id)
    return rules.Facts(
        is_solved=ticket.category in DONE,
        is_merged=ticket.merged_into_id is not None,
        is_spam=ticket.spam_at is not None,
        is_trashed=ticket.trashed_at is not None,
        is_enabled=survey.enabled,
        solved_by=invitation.solved_by,
        customer_wrote=known.customer_wrote and not known.works_here,
        agent_answered=known.agent_answered,
        has_address=identity is not None,
        is_ours=identity is not None and _is_ours(identity.value),
        is_answerable=identity is not None and not known.forbids_answers,
        is_undeliverable=identity is not None and identity.undeliverable_since is not None,
        opted_out=known.opted_out,
        asked_at=known.asked_at,
        days_between=survey.days_between,
        is_drawn=rules.is_drawn(drawn_by, rules.wave(now), survey.percent),
        has_room=identity is not None and _has_room(identity, ticket, now),
        has_mailbox=sending_mailbox(ticket) is not None,
    )


def _ask(invitation: SurveyInvitation, survey: Survey, ticket: Ticket, identity: Identity, now: datetime) -> None:
    brand = db.session.get_one(Brand, ticket.brand_id)
    words = letters.words_of(PURPOSE, brand.locale, {"survey": survey, "brand": brand, "number": ticket.number})
    message = replying.tell_automatically(ticket, words, ((identity.value, ""),), PURPOSE, now)
    invitation.state, invitation.sent_at, invitation.message_id = "sent", now, message.id
    data = {"invitation_id": invitation.id, "message_id": message.id}
    timeline.record(ticket, "survey_sent", SYSTEM, now, data)


def _is_ours(address: str) -> bool:
    return bool({address, without_token(address)} & mailboxes.addresses())


def _has_room(identity: Identity, ticket: Ticket, now: datetime) -> bool:
    """Whether one more automatic mail stays within what an address may get (SEMANTICS 1)."""
    since = now - acknowledging.WITHIN
    sent = sum(acknowledging.automatic_mails(of, since) for of in sorted({identity.id, ticket.requester_id}))
    return sent < acknowledging.MOST
