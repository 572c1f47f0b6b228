"""Drafts: what an agent has begun, kept on the server."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import storage, tokens
from ticketdesk.core.db import Json, db
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.ticket import Ticket


def draft_of(ticket: Ticket, agent: Agent, kind: str) -> Draft | None:
    """An agent's own draft of one kind on a ticket."""
    return db.session.scalar(
        select(Draft).where(Draft.ticket_id == ticket.id, Draft.agent_id == agent.id, Draft.kind == kind)
    )


def save(
    ticket: Ticket, agent: Agent, kind: str, text: str, recipients: Json, based_on_seq: int, at: datetime
) -> Draft:
    """Keep what was typed so far; the last writer wins, both being the same person."""
    statement = insert(Draft).values(
        ticket_id=ticket.id,
        agent_id=agent.id,
        kind=kind,
        text=text,
        recipients=recipients,
        based_on_seq=based_on_seq,
        saved_at=at,
    )
    return db.session.scalars(
        statement.on_conflict_do_update(
            index_elements=[Draft.ticket_id, Draft.agent_id, Draft.kind],
            set_={name: statement.excluded[name] for name in ("text", "recipients", "based_on_seq", "saved_at")},
        ).returning(Draft),
        execution_options={"populate_existing": True},
    ).one()


def attach(draft: Draft, files: Sequence[NewFile], at: datetime) -> list[Attachment]:
    """Add files to a draft."""
    made = [
        Attachment(
            reference=tokens.reference(),
            draft_id=draft.id,
            blob_sha256=storage.keep(file.content, at),
            filename=file.filename,
            content_type=file.content_type,
            size=len(file.content),
        )
        for file in files
    ]
    db.session.add_all(made)
    db.session.flush()
    return made


def hand_over(draft: Draft, message_id: int) -> None:
    """Its files become the message's, and the draft ends."""
    db.session.execute(
        update(Attachment).where(Attachment.draft_id == draft.id).values(draft_id=None, message_id=message_id)
    )
    db.session.delete(draft)


def discard(draft: Draft) -> None:
    """Throw the draft and its files away."""
    db.session.delete(draft)
