"""Carrying drafts from one ticket to another: what was begun goes along where its author may write on."""

from collections.abc import Sequence

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.core.db import db
from ticketdesk.tickets import visibility
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def carry(source: Ticket, survivor: Ticket, seq: int) -> list[int]:
    """Both are locked: take along what agents have begun to write; returns which.

    It stays for those who have begun the same in the survivor, and for those who may not answer there: the page of the
    source shows it to them.
    """
    moved = []
    for draft in _movable(source, survivor):
        draft.ticket_id, draft.based_on_seq = survivor.id, seq
        moved.append(draft.id)
    return moved


def give_back(source: Ticket, survivor: Ticket, merged: Event) -> None:
    """Both are locked: give back the drafts that came along and that nobody has touched since."""
    came = set(merged.data["drafts"])
    for draft in _movable(survivor, source):
        if draft.id in came and draft.saved_at <= merged.at:
            draft.ticket_id, draft.based_on_seq = source.id, source.last_seq


def _movable(here: Ticket, there: Ticket) -> Sequence[Draft]:
    """The drafts here whose authors may write on there and have begun nothing of the kind there."""
    begun = set(db.session.execute(select(Draft.agent_id, Draft.kind).where(Draft.ticket_id == there.id)).all())
    rows = db.session.execute(
        select(Draft, Agent, visibility.rank_of(Draft.agent_id, there))
        .join(Agent, Agent.id == Draft.agent_id)
        .where(Draft.ticket_id == here.id)
        .order_by(Draft.id)
    ).all()
    return [
        draft
        for draft, author, rank in rows
        if (draft.agent_id, draft.kind) not in begun
        and allowed(author, "ticket.draft", visibility.level_at(author, there, rank))
    ]
