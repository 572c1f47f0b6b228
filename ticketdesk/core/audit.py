"""What was changed that is not a ticket's: settings, people, rights."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Id, Json, Model, db


class AuditEntry(Model):
    """One change outside the tickets, never edited or deleted."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject", "subject_id", "id"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    action: Mapped[str]  # e.g. "mailbox_changed"
    subject: Mapped[str]  # the kind of thing, e.g. "mailbox"
    subject_id: Mapped[int | None]
    data: Mapped[Json]  # ids, codes and settings; never secrets, never people's words


def note(
    action: str, subject: str, subject_id: int | None, by: Actor, at: datetime, data: Json | None = None
) -> AuditEntry:
    """Write one entry in the caller's transaction."""
    entry = AuditEntry(
        at=at,
        actor_kind=by.kind,
        actor_id=by.id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        data=data or {},
    )
    db.session.add(entry)
    return entry
