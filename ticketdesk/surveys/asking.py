"""Who can be asked about a ticket, and what is known of them."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core import turns
from ticketdesk.core.db import db
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.opt_out import SurveyOptOut
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket


def addressee(ticket: Ticket) -> Identity | None:
    """Whom to ask: the requester, or, when that is a visitor, the address they left; None when there is none."""
    requester = db.session.get_one(Identity, ticket.requester_id)
    if requester.kind == "email":
        return requester
    return db.session.scalar(
        select(Identity)
        .join(Visitor, Visitor.email_identity_id == Identity.id)
        .join(Participant, Participant.identity_id == Identity.id)
        .where(
            Visitor.identity_id == requester.id,
            Participant.ticket_id == ticket.id,
            Participant.state == "active",
        )
        .order_by(Visitor.id.desc())
        .limit(1)
    )


def contact_of(identity_id: int) -> int | None:
    """The contact an identity belongs to now."""
    return db.session.scalar(
        select(IdentityLink.contact_id).where(IdentityLink.identity_id == identity_id, IdentityLink.ended_at.is_(None))
    )


def take_turn(contact_id: int) -> None:
    """Let no other decision about this contact be made until the transaction ends."""
    turns.take(turns.Turn.SURVEY, contact_id)


def last_asked(contact_id: int) -> datetime | None:
    """When this contact was last sent a survey, at whichever of their addresses."""
    return db.session.execute(
        select(func.max(SurveyInvitation.sent_at)).where(
            or_(
                SurveyInvitation.contact_id == contact_id,
                SurveyInvitation.identity_id.in_(_identities(contact_id)),
            )
        )
    ).scalar_one()


def opted_out(contact_id: int) -> bool:
    """Whether this contact said at any of their addresses that they do not want to be asked."""
    return _is_so(exists().where(SurveyOptOut.identity_id.in_(_identities(contact_id))))


def customer_wrote(ticket: Ticket) -> bool:
    """Whether anybody from outside wrote to us in this ticket."""
    return _is_so(_said(ticket).where(Message.direction == "in", Message.identity_id.is_not(None)).exists())


def agent_answered(ticket: Ticket) -> bool:
    """Whether a person of ours wrote to the customer."""
    return _is_so(_said(ticket).where(Message.direction == "out", Message.automatic.is_(False)).exists())


def is_answerable(ticket: Ticket, identity: Identity) -> bool:
    """Whether none of the mails of this address in the ticket forbids automatic answers (SEMANTICS 1).

    A form whose sender had been told a short while ago that their words came in forbids nothing.
    """
    forbids = _said(ticket).where(
        Message.identity_id == identity.id, Message.channel == "email", Message.unanswerable.is_not(None)
    )
    return not _is_so(forbids.exists())


def works_here(identity: Identity) -> bool:
    """Whether the address is that of an agent."""
    return _is_so(exists().where(Agent.email == identity.value))


def who_answered(ticket: Ticket) -> int | None:
    """The agent whom the score is about: the assignee, else whoever answered last."""
    if ticket.assignee_id is not None:
        return ticket.assignee_id
    return db.session.scalar(
        _said(ticket)
        .with_only_columns(Message.agent_id)
        .where(Message.agent_id.is_not(None))
        .order_by(Placement.written_at.desc(), Placement.message_id.desc())
        .limit(1)
    )


def _said(ticket: Ticket) -> Select[int]:
    return (
        select(Message.id)
        .join(Placement, Placement.message_id == Message.id)
        .where(
            Placement.ticket_id == ticket.id,
            Placement.ended_at.is_(None),
            Placement.held.is_(False),
            Message.kind == "public",
        )
    )


def _identities(contact_id: int) -> Select[int]:
    return select(IdentityLink.identity_id).where(
        IdentityLink.contact_id == contact_id, IdentityLink.ended_at.is_(None)
    )


def _is_so(condition: ColumnElement[bool]) -> bool:
    return bool(db.session.execute(select(condition)).scalar_one())
