"""What a ticket became part of, what became part of it, and which other one looks like the same matter."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets import visibility
from ticketdesk.tickets.suggestion import JoinSuggestion
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk.conversation import Conversation, Fold


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a merged ticket went on; its subject only for those who see it."""

    number: int
    subject: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class Suggested:
    """A ticket that looks like the same matter."""

    number: int
    who: str
    at: datetime
    is_equal: bool


@dataclass(frozen=True, slots=True)
class Parted:
    """Another ticket that was one with this before a split."""

    can_return: bool  # the part stands for itself, so that the split can be taken back


def into(ticket: Ticket, agent: Agent) -> Joined | None:
    """The ticket that this one was merged into; None for one that stands for itself."""
    if ticket.merged_into_id is None:
        return None
    survivor = db.session.get_one(Ticket, ticket.merged_into_id)
    is_visible = visibility.level(agent, survivor) is not None
    return Joined(survivor.number, survivor.subject if is_visible else "", is_visible)


def standing(ticket: Ticket, talk: Conversation, agent: Agent) -> dict[int, int]:
    """The tickets that are part of this one and that the agent may see, of those told in a talk.

    By number, each with the event of its merge; an earlier merge that was undone is past.
    """
    told: dict[int, int] = {}
    for entry in talk.entries:
        if isinstance(entry, Fold):
            told |= {one.source: one.seq for one in entry.happenings if one.source is not None}
    if not told:
        return {}
    wanted = visibility.visible_tickets(agent).with_only_columns(Ticket.number)
    merged = db.session.scalars(wanted.where(Ticket.merged_into_id == ticket.id, Ticket.number.in_(told)))
    return {number: told[number] for number in merged}


def parted(ticket: Ticket, talk: Conversation, agent: Agent) -> dict[int, Parted]:
    """What was split off from this ticket, or what it was split off from, by number: those that the agent may see."""
    told: dict[int, bool] = {}
    for entry in talk.entries:
        if isinstance(entry, Fold):
            told |= {one.parted: one.is_source for one in entry.happenings if one.parted is not None}
    if not told:
        return {}
    wanted = visibility.visible_tickets(agent).with_only_columns(Ticket.number, Ticket.merged_into_id)
    rows = db.session.execute(wanted.where(Ticket.number.in_(told)))
    return {
        number: Parted((merged_into_id if told[number] else ticket.merged_into_id) is None)
        for number, merged_into_id in rows
    }


def is_suggested() -> ScalarSelect[Any]:
    """Whether anything is suggested for a ticket, beside its row."""
    open_ones = select(JoinSuggestion.id).where(
        JoinSuggestion.ticket_id == Ticket.id, JoinSuggestion.dismissed_at.is_(None)
    )
    return open_ones.limit(1).scalar_subquery()


def suggested(ticket: Ticket, agent: Agent) -> Suggested | None:
    """What is suggested, while both are open and the agent may see the other."""
    if not ticket.is_active:
        return None
    row = db.session.execute(
        visibility.visible_tickets(agent)
        .with_only_columns(Ticket.number, Ticket.opened_at, Ticket.customer_wrote_at, JoinSuggestion.why, Identity)
        .join(JoinSuggestion, JoinSuggestion.other_id == Ticket.id)
        .join(Identity, Identity.id == Ticket.requester_id)
        .where(JoinSuggestion.ticket_id == ticket.id, JoinSuggestion.dismissed_at.is_(None), Ticket.active())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    number, opened_at, wrote_at, why, identity = row
    return Suggested(number, identity.called, wrote_at or opened_at, why == "subject")
