"""Drafts: what an agent has begun, kept on the server."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import storage, tokens
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.placing import LARGEST_IN_ALL, MOST_FILES, NewFile
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
    """Add files to a draft; raises Invalid when there would be too many or too much for one message."""
    db.session.execute(select(Draft.id).where(Draft.id == draft.id).with_for_update())
    many, size = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(Attachment.draft_id == draft.id)
    ).one()
    if many + len(files) > MOST_FILES or size + sum(len(file.content) for file in files) > LARGEST_IN_ALL:
        raise Invalid(f"At most {MOST_FILES} files and 25 MB go into one message.", "files")
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


def detach(draft: Draft, reference: str) -> None:
    """Take a file off a draft again; raises NotFound for one that is not on it."""
    gone = delete(Attachment).where(Attachment.draft_id == draft.id, Attachment.reference == reference)
    if db.session.scalar(gone.returning(Attachment.id)) is None:
        raise NotFound("There is no such file.")


def hand_over(draft: Draft, message_id: int) -> None:
    """Its files become the message's, and the draft ends."""
    db.session.execute(
        update(Attachment).where(Attachment.draft_id == draft.id).values(draft_id=None, message_id=message_id)
    )
    db.session.delete(draft)


def discard(draft: Draft) -> None:
    """Throw the draft and its files away."""
    db.session.delete(draft)
