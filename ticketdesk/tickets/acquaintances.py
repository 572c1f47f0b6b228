"""Which contacts an agent may see, and whom they may change: through the tickets in which these take part."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import LEVELS
from ticketdesk.contacts.contact import Contact, IdentityLink
from ticketdesk.core.db import db
from ticketdesk.tickets import visibility
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Reader


def visible_contacts(agent: Reader) -> Select[Contact]:
    """The contacts an agent may see: of tickets that they see, and those that asked for nothing yet."""
    return select(Contact).where(knows(agent))


def knows(agent: Reader) -> ColumnElement[bool]:
    """The same as a condition on Contact. A contact that was joined into another is no contact any more."""
    if not agent.is_active:
        return false()
    if agent.is_administrator:
        return is_somebody()
    return or_(_takes_part(visibility.sees(agent)), and_(is_somebody(), ~_takes_part(true())))


def is_somebody() -> ColumnElement[bool]:
    """Whether a contact has any address; one that was joined into another has none."""
    links = select(IdentityLink.id).where(IdentityLink.contact_id == Contact.id, IdentityLink.ended_at.is_(None))
    return _one_by_one(links)


def may_change(agent: Agent, contact: Contact) -> bool:
    """Whether an agent who sees a contact may change what is said of it: who may answer in one of its tickets."""
    if agent.is_administrator:
        return True
    answers = or_(Ticket.assignee_id == agent.id, visibility.rank(agent) >= LEVELS.index("reply") + 1)
    changes = or_(_takes_part(and_(visibility.sees(agent), answers)), ~_takes_part(true()))
    return db.session.scalar(select(Contact.id).where(Contact.id == contact.id, changes)) is not None


def sees_all(agent: Agent, contact_ids: Collection[int]) -> bool:
    """Whether an agent sees every ticket in which some contacts take part, and so can say who may read them."""
    sees = func.coalesce(visibility.sees(agent), false())  # of a ticket that is nobody's, SQL says neither yes nor no
    hidden = select(Ticket.id).where(Ticket.id.in_(taken_part(contact_ids)), ~sees)
    return db.session.scalar(hidden.limit(1)) is None


def tickets_of(agent: Reader, contact_ids: Collection[int]) -> Select[Ticket]:
    """The tickets of some contacts that an agent may see; what was merged stands under the ticket it went into."""
    return visibility.visible_tickets(agent).where(
        Ticket.id.in_(taken_part(contact_ids)), Ticket.merged_into_id.is_(None)
    )


def taken_part(contact_ids: Collection[int]) -> Select[int]:
    """The ids of the tickets in which some contacts take part by any of their identities."""
    return (
        select(Participant.ticket_id)
        .join(IdentityLink, IdentityLink.identity_id == Participant.identity_id)
        .where(
            IdentityLink.contact_id.in_(contact_ids), IdentityLink.ended_at.is_(None), Participant.state != "removed"
        )
    )


def _takes_part(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a contact takes part in a ticket for which a condition holds."""
    taking = select(Participant.id).where(
        IdentityLink.contact_id == Contact.id,
        IdentityLink.ended_at.is_(None),
        Participant.identity_id == IdentityLink.identity_id,  # also where they were removed: their words are there
        Ticket.id == Participant.ticket_id,
        condition,
    )
    return _one_by_one(taking)


def _one_by_one(found: Select[int]) -> ColumnElement[bool]:
    """Whether there is any, looked up for each contact by itself.

    PostgreSQL would rather join all contacts with all tickets at once; with an offset it cannot, so that a list in the
    order of an index ends when its page is full.
    """
    return found.offset(0).correlate(Contact).exists()
