"""Who can be asked about a ticket, and what is known of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, func, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core import turns
from ticketdesk.core.db import db
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.opt_out import SurveyOptOut
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.placing import NEWEST_FIRST, STANDING
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


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of whom we would ask, and of what was said in the ticket."""

    customer_wrote: bool  # anybody from outside
    agent_answered: bool  # a person, in public
    forbids_answers: bool  # one of the address's mails is not to be answered by machines (SEMANTICS 1)
    works_here: bool  # the address is that of an agent
    opted_out: bool  # the contact, at any of their addresses
    asked_at: datetime | None  # the last time the contact was sent a survey, at whichever of their addresses


def known(ticket: Ticket, identity: Identity | None, contact_id: int | None) -> Known:
    """All of it at once; nothing is known of a person where there is no address or no contact.

    A form whose sender had been told a short while ago that their words came in forbids no answers.
    """
    asked = {
        "ticket_id": ticket.id,
        "identity_id": identity.id if identity is not None else None,
        "address": identity.value if identity is not None else None,
        "contact_id": contact_id,
    }
    return Known(*db.session.execute(_KNOWN, asked).one())


def who_answered(ticket: Ticket) -> int | None:
    """The agent whom the score is about: the assignee, else whoever answered last."""
    if ticket.assignee_id is not None:
        return ticket.assignee_id
    return db.session.scalar(
        _SAID.with_only_columns(Message.agent_id).where(Message.agent_id.is_not(None)).order_by(*NEWEST_FIRST).limit(1),
        {"ticket_id": ticket.id},
    )


# Built once: they are asked for each ticket that is solved, and building costs more than asking.
_SAID = STANDING.where(Message.kind == "public")
_IDENTITIES = select(IdentityLink.identity_id).where(
    IdentityLink.contact_id == bindparam("contact_id"), IdentityLink.ended_at.is_(None)
)
_KNOWN = select(
    _SAID.where(Message.direction == "in", Message.identity_id.is_not(None)).exists(),
    _SAID.where(Message.direction == "out", Message.automatic.is_(False)).exists(),
    _SAID.where(
        Message.identity_id == bindparam("identity_id"), Message.channel == "email", Message.unanswerable.is_not(None)
    ).exists(),
    exists().where(Agent.email == bindparam("address")),
    exists().where(SurveyOptOut.identity_id.in_(_IDENTITIES)),
    select(func.max(SurveyInvitation.sent_at))
    .where(
        or_(
            SurveyInvitation.contact_id == bindparam("contact_id"),
            SurveyInvitation.identity_id.in_(_IDENTITIES),
        )
    )
    .scalar_subquery(),
)
