"""Carrying drafts from one ticket to another: what was begun goes along where its author may write on."""

from collections.abc import Sequence

from sqlalchemy import delete, exists, select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.core.db import db
from ticketdesk.tickets import chain, visibility
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.ticket import Ticket


def carry(source: Ticket, survivor: Ticket, seq: int) -> list[int]:
    """Both are locked: take along what agents have begun to write; returns which.

    It stays for those who have begun the same in the survivor, and for those who may not answer there: the page of the
    source shows it to them.
    """
    moved = []
    for draft in _movable(source, survivor):
        draft.ticket_id, draft.based_on_seq = survivor.id, seq
        draft.from_ticket_id = draft.from_ticket_id or source.id
        moved.append(draft.id)
    return moved


def give_back(source: Ticket, survivor: Ticket) -> None:
    """A merge was taken back, and both are locked: what was written in the place of the source, or of what had become
    part of it, goes back with it, also what came of it since.
    """
    parts = chain.parts(source)
    for draft in _movable(survivor, source):
        if draft.from_ticket_id in parts:
            draft.ticket_id, draft.based_on_seq = source.id, source.last_seq
            draft.from_ticket_id = draft.from_ticket_id if draft.from_ticket_id != source.id else None
    # What cannot go back belongs here from now on, wherever this ticket goes.
    stays = update(Draft).where(Draft.ticket_id == survivor.id, Draft.from_ticket_id.in_(parts))
    db.session.execute(stays.values(from_ticket_id=None), execution_options={"synchronize_session": "fetch"})


def _movable(here: Ticket, there: Ticket) -> Sequence[Draft]:
    """The drafts here whose authors may write on there and have begun nothing of the kind there."""
    _clear(there)
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


def _clear(ticket: Ticket) -> None:
    """What holds neither words nor files is nothing, and stands in nobody's way."""
    has_files = exists().where(Attachment.draft_id == Draft.id)
    nothing = delete(Draft).where(Draft.ticket_id == ticket.id, ~Draft.text.regexp_match(r"\S"), ~has_files)
    db.session.execute(nothing, execution_options={"synchronize_session": "fetch"})
