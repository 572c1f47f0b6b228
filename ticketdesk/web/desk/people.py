"""The people of a ticket: who asks, who else takes part, and what they asked before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Select, bindparam, exists, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import identifying
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.contacts.contact import CHATTING, Contact, Identity, IdentityLink, Organization, called
from ticketdesk.core.db import db
from ticketdesk.tickets import visibility
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Known

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
    proven_by: str | None  # the chat whose site says who it is
    is_typed: bool  # into a form or a chat; whether it is theirs, nothing shows yet

    @property
    def shown(self) -> str:
        """The name, or the address when there is none."""
        return called(self.kind, self.name, self.value)

    @property
    def address(self) -> str:
        """Where they are reached; a visitor only in the chat."""
        return self.shown if self.kind in CHATTING else self.value


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
    contact_id: int | None


def of(ticket: Ticket) -> People:
    """The people of a ticket."""
    persons = []
    contact: tuple[int, str, datetime, str | None] | None = None
    for taking, identity, contact_id, name, since, organization, wrote_mail in db.session.execute(
        _TAKING, {"ticket_id": ticket.id}
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
        contact_id=contact[0] if contact else None,
    )


def earlier(ticket: Ticket, people: People, agent: Agent) -> list[Earlier]:
    """The newest other tickets of whoever asks, among those that the agent may see."""
    if people.contact_id is None:
        return []
    of = {"contact_id": people.contact_id, "ticket_id": ticket.id}
    found = db.session.execute(_asked(visibility.reader(agent)), of)
    return [Earlier(row.number, row.subject, row.channel, row.opened_at) for row in found]


def requesters(tickets: Sequence[Ticket]) -> dict[int, str]:
    """The names of those who ask in some tickets, by identity."""
    ids = {ticket.requester_id for ticket in tickets}
    if not ids:
        return {}
    return {one.id: one.called for one in db.session.scalars(select(Identity).where(Identity.id.in_(ids)))}


def _site(identity: Identity) -> str | None:
    """The name of the chat whose site signed for an identity."""
    if identity.kind != identifying.KIND:
        return None
    widget = db.session.get(Widget, identifying.widget_of(identity.value))
    return widget.name if widget is not None else None


def _person(taking: Participant, identity: Identity, is_theirs: bool) -> Person:
    return Person(
        identity_id=identity.id,
        role=taking.role,
        state=taking.state,
        kind=identity.kind,
        name=identity.name,
        value=identity.value,
        is_proven=identity.verification != "none",
        proven_by=_site(identity),
        is_undeliverable=identity.undeliverable_since is not None,
        is_typed=identity.kind == "email" and identity.verification == "none" and not is_theirs,
    )


# Built once, and once for each who asks: building costs more than asking.
_WROTE = (
    exists()
    .where(
        Placement.ticket_id == bindparam("ticket_id"),
        Placement.ended_at.is_(None),
        Placement.message_id == Message.id,
    )
    .where(Message.identity_id == Identity.id, Message.channel == "email")
)
_TAKING = (
    select(Participant, Identity, Contact.id, Contact.name, Contact.created_at, Organization.name, _WROTE)
    .join(Identity, Identity.id == Participant.identity_id)
    .outerjoin(IdentityLink, (IdentityLink.identity_id == Identity.id) & IdentityLink.ended_at.is_(None))
    .outerjoin(Contact, Contact.id == IdentityLink.contact_id)
    .outerjoin(Organization, Organization.id == Contact.organization_id)
    .where(Participant.ticket_id == bindparam("ticket_id"), Participant.state != "removed")
    .order_by(Participant.id)
)


@lru_cache(maxsize=500)
def _asked(agent: Known) -> Select[int, str, str, datetime]:
    theirs = select(IdentityLink.identity_id).where(
        IdentityLink.contact_id == bindparam("contact_id"), IdentityLink.ended_at.is_(None)
    )
    return (
        visibility.visible_tickets(agent)
        .with_only_columns(Ticket.number, Ticket.subject, Ticket.channel, Ticket.opened_at)
        .where(Ticket.requester_id.in_(theirs), Ticket.id != bindparam("ticket_id"), Ticket.merged_into_id.is_(None))
        .order_by(Ticket.id.desc())
        .limit(EARLIER)
    )
