"""The people of a ticket: who asks, who else takes part, and what they asked before."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, Organization, called
from ticketdesk.core.db import db
from ticketdesk.tickets import visibility
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket

EARLIER = 5
TYPED = ("form", "chat")
"""Channels on which an address is typed and proves nothing."""


@dataclass(frozen=True, slots=True)
class Person:
    """One identity that takes part."""

    identity_id: int
    role: str
    state: str
    kind: str
    name: str
    value: str
    is_proven: bool
    is_undeliverable: bool
    is_typed: bool  # into a form or a chat; whether it is theirs, nothing shows yet

    @property
    def shown(self) -> str:
        """The name, or the address when there is none."""
        return called(self.kind, self.name, self.value)

    @property
    def address(self) -> str:
        """Where they are reached; a visitor only in the chat."""
        return self.shown if self.kind == "visitor" else self.value


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another ticket of the same contact."""

    number: int
    subject: str
    channel: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class People:
    """Everyone on the customer's side."""

    requester: Person
    others: list[Person]
    contact_name: str
    organization: str | None
    since: datetime | None
    earlier: list[Earlier]


def of(ticket: Ticket, agent: Agent) -> People:
    """The people of a ticket, and the earlier tickets of its requester that the agent may see."""
    persons = []
    contact: tuple[int, str, datetime, str | None] | None = None
    wrote = (
        exists()
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None), Placement.message_id == Message.id)
        .where(Message.identity_id == Identity.id, Message.channel == "email")
    )
    for taking, identity, contact_id, name, since, organization, wrote_mail in db.session.execute(
        select(Participant, Identity, Contact.id, Contact.name, Contact.created_at, Organization.name, wrote)
        .join(Identity, Identity.id == Participant.identity_id)
        .outerjoin(IdentityLink, (IdentityLink.identity_id == Identity.id) & IdentityLink.ended_at.is_(None))
        .outerjoin(Contact, Contact.id == IdentityLink.contact_id)
        .outerjoin(Organization, Organization.id == Contact.organization_id)
        .where(Participant.ticket_id == ticket.id, Participant.state != "removed")
        .order_by(Participant.id)
    ):
        persons.append(_person(taking, identity, wrote_mail or ticket.channel not in TYPED))
        if identity.id == ticket.requester_id:
            contact = (contact_id, name, since, organization)
    requester = next(person for person in persons if person.identity_id == ticket.requester_id)
    return People(
        requester=requester,
        others=[person for person in persons if person is not requester],
        contact_name=(contact[1] if contact else "") or requester.shown,
        organization=contact[3] if contact else None,
        since=contact[2] if contact else None,
        earlier=_earlier(ticket, contact[0], agent) if contact else [],
    )


def _person(taking: Participant, identity: Identity, is_theirs: bool) -> Person:
    return Person(
        identity_id=identity.id,
        role=taking.role,
        state=taking.state,
        kind=identity.kind,
        name=identity.name,
        value=identity.value,
        is_proven=identity.verification != "none",
        is_undeliverable=identity.undeliverable_since is not None,
        is_typed=identity.kind == "email" and identity.verification == "none" and not is_theirs,
    )


def _earlier(ticket: Ticket, contact_id: int, agent: Agent) -> list[Earlier]:
    theirs = select(IdentityLink.identity_id).where(
        IdentityLink.contact_id == contact_id, IdentityLink.ended_at.is_(None)
    )
    found = db.session.execute(
        visibility.visible_tickets(agent)
        .with_only_columns(Ticket.number, Ticket.subject, Ticket.channel, Ticket.opened_at)
        .where(Ticket.requester_id.in_(theirs), Ticket.id != ticket.id, Ticket.merged_into_id.is_(None))
        .order_by(Ticket.id.desc())
        .limit(EARLIER)
    )
    return [Earlier(row.number, row.subject, row.channel, row.opened_at) for row in found]
